"""Texts and labels in Python's lists, as the rows of a corpus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textcnn.errors import CorpusError
from textcnn.reading.rows import Row

if TYPE_CHECKING:
    from collections.abc import Sequence


def rows_of_lists(texts: Sequence[str], labels: Sequence[str] | Sequence[Sequence[str]]) -> list[Row]:
    """Make a row of each text and its label, or its labels.

    Raises:
        CorpusError: the lists differ in length, or hold something else than strings.
    """
    if len(texts) != len(labels):
        raise CorpusError(f"There are {len(texts)} texts and {len(labels)} labels; each text needs its own.")
    return [_row(*each) for each in zip(range(1, len(texts) + 1), texts, labels, strict=True)]


def _row(number: int, text: str, label: str | Sequence[str]) -> Row:
    labels = (
        (label,) if isinstance(label, str) else tuple(label) if isinstance(label, list | tuple) else (label,)
    )
    if not isinstance(text, str) or not all(isinstance(each, str) and each.strip() for each in labels):
        raise CorpusError(
            f"found {_kind(text)} with {', '.join(map(_kind, labels)) or 'no label'}; expected a string, and "
            "a label or a list of labels, each a string that is not empty (str(label) makes one)",
            file="texts",
            line=number,
        )
    return Row(number, str(text), tuple(str(each) for each in labels), "texts")


def _kind(value: object) -> str:
    """Name the kind of a value, for an error."""
    return "an empty string" if value == "" else f"'{type(value).__name__}'"
