"""A file of scores as teacher."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from textcnn.errors import CorpusError
from textcnn.layout import Layout
from textcnn.normalise import normalise
from textcnn.reading.columns import find_columns
from textcnn.reading.records import open_records
from textcnn.rows import text_of
from training.distillation.label_order import label_order

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from textcnn.reading.record import Record

PREFIX = "score_"
"""How `textcnn classify --scores` names a label's column."""


class FileTeacher:
    """Scores that somebody computed: a text and a column for each label, named after it or `score_LABEL`."""

    slow = False

    def __init__(self, path: Path, labels: Sequence[str], called: Mapping[str, str]) -> None:
        self.name = path.name
        self._labels = len(labels)
        with path.open("rb") as file:
            self.identity = hashlib.file_digest(file, "sha256").hexdigest()
        records = open_records(path, Layout())
        columns = [name for name in records.columns if name.startswith(PREFIX)] or [
            name for name in records.columns if name in {*labels, *called}
        ]
        order = label_order([name.removeprefix(PREFIX) for name in columns], labels, called)
        named = [columns[place] for place in order]
        text = None
        self._scores: dict[str, list[float]] = {}
        for record in records.stream:
            if isinstance(record, CorpusError):
                raise record
            text = text or find_columns(records, Layout(), labelled=False)
            self._scores[normalise(text_of(record, text))] = _distribution(record, named)

    def scores(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """As the file has them."""
        unknown = [float("nan")] * self._labels
        found = [self._scores.get(normalise(text), unknown) for text in texts]
        return np.array(found, dtype=np.float64).reshape(len(found), self._labels)


def _distribution(record: Record, columns: Sequence[str]) -> list[float]:
    try:
        values = [float(str(record.values[name])) for name in columns]
    except (KeyError, ValueError) as error:
        raise _wrong(record, columns, str(error)) from error
    total = sum(values)
    if not (total > 0 and min(values) >= 0 and total < float("inf")):
        raise _wrong(record, columns, f"found {values}")
    return [value / total for value in values]


def _wrong(record: Record, columns: Sequence[str], found: str) -> CorpusError:
    message = f"{found}; expected a probability of 0 or more in each of {', '.join(columns)}, not all 0"
    return CorpusError(message, file=record.file, line=record.line)
