"""A chunk of rows to labelled rows: pure, and the same in every process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textcnn.errors import ConfigError, CorpusError
from textcnn.reading.columns import Columns
from textcnn.reading.record import Record
from textcnn.rows import text_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textcnn.classifier import TextClassifier
    from textcnn.files.options import FileOptions
    from textcnn.files.source import Row, Source
    from textcnn.prediction import Prediction


@dataclass(frozen=True, slots=True)
class Labelled:
    """One row of the output."""

    values: Mapping[str, object]
    """What the input had; nothing where it could not be read."""
    prediction: Prediction | None
    error: str | None


@dataclass(frozen=True, slots=True)
class AddedColumns:
    """The names of the columns that are added, in their order."""

    label: str
    score: str
    scores: tuple[str, ...]
    error: str

    @property
    def names(self) -> tuple[str, ...]:
        """All of them."""
        return (self.label, self.score, *self.scores, self.error)


def added_columns(source: Source, classifier: TextClassifier, options: FileOptions) -> AddedColumns:
    """The names of what is added to the columns of a source.

    Raises:
        ConfigError: the source has a column of such a name.
    """
    prefix = options.prefix
    scores = tuple(f"{prefix}score_{label}" for label in classifier.labels) if options.scores else ()
    added = AddedColumns(f"{prefix}label", f"{prefix}score", scores, f"{prefix}error")
    clash = [name for name in added.names if name in source.columns]
    if clash:
        raise ConfigError(
            f"{source.file} has a column '{clash[0]}' already, and all its columns are kept. "
            "Say --prefix model_, or another one, for the names of the added columns.",
            field="prefix",
        )
    return added


def label_rows(
    classifier: TextClassifier, file: str, text_columns: tuple[str, ...], rows: Sequence[Row]
) -> list[Labelled]:
    """Each row with its prediction, or with the reason why there is none."""
    texts = [_text_or_error(file, text_columns, row) for row in rows]
    predictions = iter(classifier.classify_batch([text for text, error in texts if error is None]))
    return [
        Labelled(
            {} if isinstance(values, str) else values,
            next(predictions) if error is None else None,
            error,
        )
        for (_, values), (_, error) in zip(rows, texts, strict=True)
    ]


def _text_or_error(file: str, text_columns: tuple[str, ...], row: Row) -> tuple[str, str | None]:
    line, values = row
    if isinstance(values, str):
        return "", values
    text = values.get(text_columns[0])
    if len(text_columns) == 1 and isinstance(text, str):
        return text, None
    try:
        return text_of(Record(line, file, values), Columns(text_columns, None)), None
    except CorpusError as error:
        return "", error.message.replace(f"{file}:{line}: ", f"line {line}: ", 1)
