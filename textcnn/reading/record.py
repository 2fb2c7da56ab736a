"""A place of a file: a record, before anybody knows which column is the text, or what is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

SAMPLE_RECORDS: Final = 200
"""How many records are looked at to find the columns."""


class Record(NamedTuple):
    """One record: what stands in each column, as the file has it."""

    line: int
    """The physical line where it starts, from 1; in Parquet, Arrow and hf:NAME the row."""
    file: str
    """The file as the user named it."""
    values: Mapping[str, object]
    lines: int = 1
    """How many physical lines it covers."""
    error: str | None = None
    """Why it cannot be used, though its cells are there: bytes that stand for no character, say."""
    note: str | None = None
    """How it was read, where that is not sure: a quote that was taken as text, say."""


class LeftOut(NamedTuple):
    """A place of a file that is no row: it is counted, and named."""

    line: int
    """The first physical line, from 1; in Parquet, Arrow and hf:NAME the row."""
    file: str
    """The file as the user named it."""
    reason: str
    """The same for all of a kind, in the plural, such as "blank lines" or "rejected annotations"."""
    lines: int = 1
    """How many physical lines it covers."""


class EndOfFile(NamedTuple):
    """The end of a physical file, with what was passed by on the way, counted apart from the records."""

    file: str
    """The file as the user named it."""
    lines: int
    """Its physical lines; in Parquet, Arrow and hf:NAME its rows; in a folder its files."""


HEADER: Final = "header lines"
"""The reason for which lines that name the columns are left out."""
BLANK: Final = "blank lines"
EMPTY: Final = "rows without any value"
"""Records of several cells that are all empty, such as `;;;;`."""
UNLABELLED: Final = "rows without a label"
"""Rows that only miss a label, where these are to be left out."""
