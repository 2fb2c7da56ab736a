"""How well a column would do as the text, and as the label: a product of named parts, each explained.

A score of 0 says that the column is none; `lack` says why, in words.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod, sqrt
from typing import TYPE_CHECKING, Final

from textcnn.reading.guessing.column_names import (
    is_label_name,
    is_sure_label,
    is_sure_text,
    label_rank,
    text_rank,
)
from textcnn.reading.guessing.column_profile import kind_of

if TYPE_CHECKING:
    from textcnn.reading.guessing.column_profile import ColumnProfile

LABEL_LENGTH: Final = 40
"""Characters of a label, on average, at most; a name that labels have allows more."""
ENOUGH_ROWS: Final = 10
"""So many values tell whether they come back."""

_LEAST_REPEATED: Final = 0.3
_CODED: Final = 0.9
_MOST_NUMBERS: Final = 20
"""Different numbers that may still be classes."""
_LEAST: Final = 1e-3


@dataclass(frozen=True, slots=True)
class Score:
    """A product of parts."""

    parts: dict[str, float]
    lack: str = ""
    """Why the column is none, as it goes on after its name; empty where it may be one."""

    @property
    def value(self) -> float:
        """The product; 0 where something is lacking."""
        return 0 if self.lack else prod(self.parts.values())


def text_score(column: ColumnProfile) -> Score:
    """How well a column would do as the text: it says much, in words of its own, in every row."""
    parts = {
        "words": sqrt(max(column.words, _LEAST)),
        "fresh": max(column.fresh, _LEAST * max(column.length, 1)),
        "own": max(1 - column.boilerplate, 0.1),
        "read": max(1 - column.coded, 0.05),
        "filled": column.filled,
        "name": text_rank(column.name),
    }
    return Score(parts, _text_lack(column))


def label_score(column: ColumnProfile, *, alone: bool) -> Score:
    """How well a column would do as the label: few, short values that come back.

    `alone` says that no other one beside the text has values that come back.
    """
    named = is_label_name(column.name)
    repeated = 1 - column.distinct / max(len(column.values), 1)
    parts = {
        "repeated": max(repeated, 0.5 if named else _LEAST_REPEATED if alone else 0.0),
        "short": min(1.0, LABEL_LENGTH / max(column.length, 1)),
        "classes": 0.1 if _is_measure(column) else 1.0,
        "several": 1.0 if column.distinct > 1 else 0.1,
        "filled": column.filled,
        "name": label_rank(column.name),
    }
    return Score(parts, _label_lack(column, repeated, named=named, alone=alone))


def may_return(column: ColumnProfile) -> bool:
    """Whether a column has short values that come back, and no name that speaks against a label."""
    is_short = column.length <= LABEL_LENGTH and label_rank(column.name) >= 1
    return is_short and column.distinct < len(column.values)


def _text_lack(column: ColumnProfile) -> str:
    if not column.plain or column.lists:
        return "holds lists or objects"
    if not column.values:
        return "is empty"
    if is_sure_text(column.name):
        return ""
    coded = column.coded > _CODED and (text_rank(column.name) <= 1)
    return "holds numbers or codes" if coded and len(column.values) > 1 else ""


def _label_lack(column: ColumnProfile, repeated: float, *, named: bool, alone: bool) -> str:
    """Why a column is no label. A name that labels have excuses values that hardly come back."""
    if not column.plain:
        return "holds objects"
    if not column.values:
        return "is empty"
    if is_sure_label(column.name):
        return ""
    if column.length > LABEL_LENGTH * (2 if named else 1):
        return f"is too long for a label, with {column.length:,.0f} characters on average"
    return _return_lack(column, repeated, named=named, alone=alone)


def _return_lack(column: ColumnProfile, repeated: float, *, named: bool, alone: bool) -> str:
    """Why the values come back too seldom, or too often."""
    rows = len(column.values)
    if repeated == 0 and rows > 1 and not _may_all_differ(column, named=named, alone=alone):
        return "has a different value in each row"
    if named or alone:
        return ""
    if repeated < _LEAST_REPEATED:
        return f"has {column.distinct:,} different values in {rows:,} rows"
    return "has the same value in each row" if column.distinct == 1 and rows >= ENOUGH_ROWS else ""


def _may_all_differ(column: ColumnProfile, *, named: bool, alone: bool) -> bool:
    """Whether so few rows may have as many labels."""
    return len(column.values) < ENOUGH_ROWS and (named or (alone and label_rank(column.name) >= 1))


def _is_measure(column: ColumnProfile) -> bool:
    """Whether the values are numbers or dates of many kinds, and so no classes."""
    if column.lists or column.coded < _CODED:
        return False
    return column.distinct > _MOST_NUMBERS or any(
        kind_of(value) == "number" and not value.lstrip("-+").removesuffix(".0").isdigit()
        for value in column.values
    )
