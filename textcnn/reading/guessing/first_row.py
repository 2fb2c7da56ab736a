"""Evidence for and against a first row that names the columns, cell by cell against the values below it."""

from __future__ import annotations

from collections import Counter
from math import log
from typing import TYPE_CHECKING, Final

from textcnn.reading.guessing.column_names import is_known, is_usual
from textcnn.reading.guessing.column_profile import kind_of, words_in

if TYPE_CHECKING:
    from collections.abc import Sequence

_ENOUGH: Final = 1.5
"""Evidence that outweighs how rarely a file begins with a row that only looks unlike the others."""
_MOST: Final = 4.0
"""Of one part of the evidence; what speaks against a header as strongly is its negative."""
_NAMED: Final = 3.0
_ALIKE: Final = 0.9
_FEW_ROWS: Final = 3
_NAME_LENGTH: Final = 60
_NAME_WORDS: Final = 6
_SHORT_WORDS: Final = 3
_CLEARLY: Final = 1.5
"""A name is so many times shorter than a text."""


def is_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row is unlike those below it."""
    first = [cell.strip() for cell in rows[0]]
    names = [cell for cell in first if cell]
    are_known = _are_known(names)
    if not names or (len(set(names)) < len(names) and not are_known):
        return False
    below = [row for row in rows[1:] if list(row) != list(rows[0])] if are_known else rows[1:]
    return sum(_evidence(cell, _column(below, place)) for place, cell in enumerate(first)) >= _ENOUGH


def _are_known(names: Sequence[str]) -> bool:
    """Whether two names are known: such a row that comes back is the header of a file that was joined on."""
    return sum(map(is_known, set(names))) > 1


def _column(rows: Sequence[Sequence[str]], place: int) -> list[str]:
    return [cell for row in rows if place < len(row) and (cell := row[place].strip())]


def _evidence(cell: str, values: Sequence[str]) -> float:
    """How much a cell speaks for being the name of the values below it, in natural logarithms of odds."""
    if not cell:
        return 0
    if cell in values:
        return -_MOST
    if is_known(cell):
        return _NAMED
    return _by_kind(cell, values) + _by_return(cell, values) + _by_length(cell, values) + _by_name(cell)


def _by_kind(cell: str, values: Sequence[str]) -> float:
    """Words above numbers or codes are a name; a number above numbers, or a code above codes, is data."""
    kind = kind_of(cell)
    if not values:
        return 0
    others, count = Counter(map(kind_of, values)).most_common(1)[0]
    if others == "words" or count < _ALIKE * len(values):
        return 0 if kind == "words" or cell.isdecimal() else -_NAMED
    if kind == "words":
        return min(log(len(values) + 1), _NAMED)
    return -_NAMED


def _by_return(cell: str, values: Sequence[str]) -> float:
    """Where values come back, a row of data would most likely hold one of them."""
    counts = Counter(values)
    if len(counts) == len(values) or len(cell) > _NAME_LENGTH:
        return 0
    once = sum(count == 1 for count in counts.values())
    return min(log((len(values) + 1) / (once + 1)), _MOST)


def _by_length(cell: str, values: Sequence[str]) -> float:
    """A name is short, and shorter than texts; a sentence is no name."""
    words = sum(1 for _ in words_in(cell[: 2 * _NAME_LENGTH]))
    if len(cell) > _NAME_LENGTH or words > _NAME_WORDS * (1 if cell.isascii() else 2):
        return -_MOST
    if cell[-1] in ".!?,;。！？" or (cell.isascii() and words > _SHORT_WORDS):
        return -2
    if len(values) < _FEW_ROWS:
        return 0
    as_short = sum(len(value) <= _CLEARLY * len(cell) for value in values)
    return max(min(log((len(values) + 1) / (as_short + 1)), _MOST) - 1, 0)


def _by_name(cell: str) -> float:
    """Names that columns of other things often have, and those that only programs give."""
    return 1.0 if is_usual(cell) or ("_" in cell.strip("_") and cell.isidentifier()) else 0
