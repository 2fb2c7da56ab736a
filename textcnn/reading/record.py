"""One record of a file, before anybody knows which of its columns is the text; and what is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

SAMPLE_RECORDS: Final = 200
"""How many records are looked at to find the columns."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record: what stands in each column, as the file has it."""

    line: int
    """The physical line where it starts, from 1; in Parquet, Arrow and hf:NAME the row."""
    file: str
    """The file as the user named it."""
    values: Mapping[str, object]
    lines: int = 1
    """How many physical lines it covers."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A place of a file that is no row: it is counted, and named."""

    line: int
    """The first physical line, from 1; in Parquet, Arrow and hf:NAME the row."""
    file: str
    """The file as the user named it."""
    reason: str
    """The same for all of a kind, in the plural, such as "blank lines" or "rejected annotations"."""
    lines: int = 1
    """How many physical lines it covers."""
