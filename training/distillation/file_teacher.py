"""A file of scores as teacher."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from textcnn.errors import CorpusError
from textcnn.reading.columns import find_columns
from textcnn.reading.layout import Layout
from textcnn.reading.records import open_records
from textcnn.reading.rows import text_of
from textcnn.tokens.normalise import normalise
from textcnn.training.distillation.label_order import label_order

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from textcnn.reading.record import Record
    from textcnn.reading.records import Records

PREFIX = "score_"
"""How `textcnn classify --scores` names a label's column."""


class FileTeacher:
    """Scores that somebody computed: a text and a column for each label, named after it or `score_LABEL`.

    A text that comes several times has the mean of its scores; texts equal after `normalise` count as one.

    Raises:
        CorpusError: the file or a row cannot be read, or a label has no column.
        ConfigError: the columns are of other labels.
    """

    slow = False
    seen = frozenset[str]()

    def __init__(self, path: Path, labels: Sequence[str], called: Mapping[str, str]) -> None:
        self.name = path.name
        self._labels = len(labels)
        with path.open("rb") as file:
            self.identity = hashlib.file_digest(file, "sha256").hexdigest()
        records = open_records(path, Layout(), labelled=False)
        columns = _score_columns(records, labels, called)
        order = label_order([name.removeprefix(PREFIX) for name in columns], labels, called)
        our_columns = [columns[place] for place in order]
        text = None
        self._sums: dict[str, list[float]] = {}
        for record in records.strict():
            text = text or find_columns(records, Layout(), labelled=False)
            key, scores = normalise(text_of(record, text)), _distribution(record, our_columns)
            sums = self._sums.get(key)
            self._sums[key] = (
                [one + other for one, other in zip(scores, sums, strict=True)] if sums else scores
            )

    def scores(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Probabilities (texts x L), as the file has them."""
        unknown = [float("nan")] * self._labels
        rows = [self._sums.get(normalise(text), unknown) for text in texts]
        sums = np.array(rows, dtype=np.float64).reshape(len(rows), self._labels)
        return np.asarray(sums / sums.sum(axis=1, keepdims=True))


def _score_columns(records: Records, labels: Sequence[str], called: Mapping[str, str]) -> list[str]:
    """The columns of scores: those with the prefix, else those named as a label, whatever the case."""
    known = {*labels, *called}
    exact = {name.casefold() for name in records.columns if name in known}
    others = {label.casefold() for label in labels} - exact  # `label` is none where there is `Label`
    columns = [name for name in records.columns if name.startswith(PREFIX)] or [
        name for name in records.columns if name in known or name.casefold() in others
    ]
    if len(columns) < len(labels):
        wanted = ", ".join(f"{PREFIX}{label}" for label in labels[:20])
        raise CorpusError(
            f"found the columns {', '.join(records.columns[:20])}; expected a text, and each label's scores "
            f"in {wanted}, or in columns named as the labels; where names differ, say which is which with "
            "--label THEIRS=OURS",
            file=records.file,
            field="teacher",
        )
    return columns


def _distribution(record: Record, columns: Sequence[str]) -> list[float]:
    try:
        values = [float(str(record.values[name])) for name in columns]
    except (KeyError, ValueError) as error:
        raise _wrong(record, columns, str(error)) from error
    total = sum(values)
    if not (total > 0 and min(values) >= 0 and total < float("inf")):
        raise _wrong(record, columns, f"found {values}")
    return [value / total for value in values]


def _wrong(record: Record, columns: Sequence[str], problem: str) -> CorpusError:
    message = f"{problem}; expected a probability of 0 or more in each of {', '.join(columns)}, not all 0"
    return CorpusError(message, file=record.file, line=record.line)
