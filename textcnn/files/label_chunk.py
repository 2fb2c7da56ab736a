"""A chunk of rows to labelled rows: pure, and the same in every process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textcnn.errors import ConfigError, CorpusError
from textcnn.reading.columns import Columns
from textcnn.reading.record import Record
from textcnn.reading.rows import text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from textcnn.classifier import TextClassifier
    from textcnn.files.chunks import Source, SourceRow
    from textcnn.files.file_options import FileOptions
    from textcnn.prediction import Prediction


@dataclass(frozen=True, slots=True)
class Labelled:
    """One row of the output."""

    values: Mapping[str, object]
    """The input's own values; nothing where it could not be read."""
    prediction: Prediction | None
    error: str | None
    """Why there is no prediction; beside one, how the row was read, where that is not sure."""
    evidence: tuple[str, ...] | None = None
    """The n-grams that decided, where they are wanted."""


@dataclass(frozen=True, slots=True)
class AddedColumns:
    """The names of the columns that are added, in their order."""

    label: str
    score: str
    scores: tuple[str, ...]
    evidence: str | None
    """None where it is not wanted."""
    error: str

    @property
    def names(self) -> tuple[str, ...]:
        """All of them."""
        evidence = () if self.evidence is None else (self.evidence,)
        return (self.label, self.score, *self.scores, *evidence, self.error)


def added_columns(source: Source, classifier: TextClassifier, options: FileOptions) -> AddedColumns:
    """The names of what is added to the columns of a source.

    Raises:
        ConfigError: the source has a column of such a name.
    """
    prefix = options.prefix
    scores = tuple(f"{prefix}score_{label}" for label in classifier.labels) if options.scores else ()
    evidence = f"{prefix}evidence" if options.evidence else None
    added = AddedColumns(f"{prefix}label", f"{prefix}score", scores, evidence, f"{prefix}error")
    there = frozenset(source.columns)
    clash = [name for name in added.names if name in there]
    if clash:
        raise ConfigError(
            f"{source.file} has a column '{clash[0]}' already, and all its columns are kept. "
            "Say --prefix model_, or another one, for the names of the added columns.",
            field="prefix",
        )
    return added


def label_rows(
    classifier: TextClassifier,
    file: str,
    text_columns: tuple[str, ...],
    rows: Sequence[SourceRow],
    *,
    evidence: bool = False,
) -> list[Labelled]:
    """Each row with its prediction, or with the reason why there is none; `evidence` costs ten times more."""
    texts = [_text_or_error(file, text_columns, row) for row in rows]
    answers = _answers(classifier, [text for text, error in texts if error is None], evidence=evidence)
    labelled = []
    for (_, values, _, note), (_, error) in zip(rows, texts, strict=True):
        prediction, n_grams = next(answers) if error is None else (None, None)
        labelled.append(Labelled(values, prediction, error or note, n_grams))
    return labelled


def _answers(
    classifier: TextClassifier, texts: list[str], *, evidence: bool
) -> Iterator[tuple[Prediction, tuple[str, ...] | None]]:
    """The prediction of each text, and what decided it where that is wanted."""
    if not evidence:
        return ((prediction, None) for prediction in classifier.classify_batch(texts))
    explanations = map(classifier.explain, texts)
    return ((each.prediction, tuple(item.text for item in each.deciding())) for each in explanations)


def _text_or_error(file: str, text_columns: tuple[str, ...], row: SourceRow) -> tuple[str, str | None]:
    line, values, error, _ = row
    if error is not None:
        return "", error
    text = values.get(text_columns[0])
    if len(text_columns) == 1 and isinstance(text, str):
        return text, None
    try:
        return text_of(Record(line, file, values), Columns(text_columns, None)), None
    except CorpusError as problem:
        return "", problem.message.replace(f"{file}:{line}: ", f"line {line}: ", 1)
