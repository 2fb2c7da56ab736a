"""The first values of a column, in figures."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

RUN_WORDS: Final = 6
"""Words in a row that two rows hardly share by chance."""

_LONGEST: Final = 1_000
"""Characters of a value that are looked at."""
_CODE_LENGTH: Final = 8
_LONGEST_CODE: Final = 100
_NUMBER: Final = re.compile(r"[+\-]?[\d.,:/\-\s]*\d[\d.,:/\-\s]*(?:e[+\-]?\d+|%|[€$£¥]|[TZ][\d:.+Z]*)?")
_PLACE: Final = re.compile(r"\S+(?:://|@)\S+|www\.\S+")
# Writing without blanks between words: each character counts as a word.
_UNSPACED: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
)
_WORD: Final = re.compile(
    rf"[0-9A-Za-z]*\d[0-9A-Za-z]*|[{_UNSPACED}]|[^\W\d_{_UNSPACED}]+|[^\w\s\x00-\x7f\u2000-\u206f\u3000-\u303f]"
)


@dataclass(frozen=True)
class ColumnProfile:
    """The figures of one column over the first records."""

    name: str
    rows: int
    values: tuple[str, ...]
    """Those that are not blank."""
    plain: bool
    """No value is an object, or anything else that is neither a string nor a number nor a list of these."""
    lists: bool
    """Some value is a list."""

    @classmethod
    def of(cls, name: str, column: Sequence[object]) -> ColumnProfile:
        """The profile of a column's values; None is one that is not there."""
        present = [value for value in column if value is not None]
        strings = [str(value).strip() for value in present]
        plain = not any(isinstance(value, (dict, bytes)) or _holds_objects(value) for value in present)
        lists = any(isinstance(value, list) for value in present)
        return cls(name, len(column), tuple(filter(None, strings)), plain, lists)

    @property
    def filled(self) -> float:
        """The share of the rows that have a value."""
        return len(self.values) / self.rows if self.rows else 0

    @cached_property
    def length(self) -> float:
        """The mean number of characters of a value."""
        return fmean(map(len, self.values)) if self.values else 0

    @cached_property
    def distinct(self) -> int:
        """How many different values there are."""
        return len(set(self.values))

    @cached_property
    def coded(self) -> float:
        """The share of values that are numbers, dates, codes or addresses."""
        return fmean(kind_of(value) != "words" for value in self.values) if self.values else 0

    @cached_property
    def words(self) -> float:
        """The mean number of words of a value."""
        return fmean(map(len, self._words)) if self.values else 0

    @cached_property
    def fresh(self) -> float:
        """How many pairs of neighbouring words a row adds to the others; all numbers are one word."""
        if not self.values:
            return 0
        pairs = {pair for words in self._words for pair in zip(("", *words), (*words, ""), strict=True)}
        return len(pairs) / len(self.values)

    @cached_property
    def boilerplate(self) -> float:
        """The share of the words that stand in a run of `RUN_WORDS` that another row has, too."""
        counts = Counter(run for words in self._words for run in set(_runs(words)))
        total = sum(map(len, self._words))
        repeated = sum(_covered(words, counts) for words in self._words)
        return repeated / total if total else 0

    @cached_property
    def _words(self) -> list[tuple[str, ...]]:
        return [tuple(words_in(value[:_LONGEST])) for value in self.values]


def kind_of(value: str) -> Literal["number", "code", "words"]:
    """Whether a value is a number or a date, a code or an address, or something to be read."""
    if len(value) > _LONGEST_CODE:
        return "words"
    if _NUMBER.fullmatch(value):
        return "number"
    if _PLACE.fullmatch(value):
        return "code"
    is_code = (
        len(value) >= _CODE_LENGTH
        and value.isascii()
        and not any(character.isspace() for character in value)
        and any(character.isdigit() for character in value)
    )
    return "code" if is_code else "words"


def words_in(text: str) -> Iterator[str]:
    """The words of a text; all numbers are the same word, and each character of Chinese is one."""
    for word in _WORD.findall(text.casefold()):
        yield "0" if any(character.isdigit() for character in word) else word


def _holds_objects(value: object) -> bool:
    return isinstance(value, list) and any(isinstance(item, (dict, list, bytes)) for item in value)


def _runs(words: Sequence[str]) -> Iterable[tuple[str, ...]]:
    return (tuple(words[start : start + RUN_WORDS]) for start in range(len(words) - RUN_WORDS + 1))


def _covered(words: Sequence[str], counts: Counter[tuple[str, ...]]) -> int:
    """How many words stand in a run that other rows have."""
    covered = end = 0
    for start, run in enumerate(_runs(words)):
        if counts[run] > 1:
            covered += start + RUN_WORDS - max(start, end)
            end = start + RUN_WORDS
    return covered
