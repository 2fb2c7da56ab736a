"""A file to be labelled, as chunks of rows; a row that cannot be read is its error, in its place."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from textcnn.errors import CorpusError, NoRowsError
from textcnn.reading.columns import find_columns, has_names
from textcnn.reading.compression import compression_of, open_bytes
from textcnn.reading.detection import find_format
from textcnn.reading.dialect import find_dialect
from textcnn.reading.format_table import FORMATS
from textcnn.reading.reading import Reading
from textcnn.reading.record import Record
from textcnn.reading.records import open_records

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from textcnn.reading.account import Account
    from textcnn.reading.columnar.read_bounds import ReadBounds
    from textcnn.reading.columns import KnownColumns
    from textcnn.reading.layout import Layout

CHUNK_ROWS: Final = 4096
"""Rows that are labelled at once; fixed, so that a resumed run cuts the file in the same places."""

_COUNTED_AT_ONCE: Final = 1 << 20


SourceRow = tuple[int, "Mapping[str, object]", str | None, str | None]
"""A row's line; its values by column, none where it cannot be read at all; why it cannot be labelled; how it
was read, where that is not sure. A plain tuple: it goes to other processes, and one with names takes a
microsecond more on the way."""


@dataclass(frozen=True)
class Source:
    """A file opened for reading: what is known of it, and its rows once."""

    file: str
    format: str
    columns: tuple[str, ...]
    text_columns: tuple[str, ...]
    delimiter: str
    schema: Any
    """The Arrow schema of a columnar file; None for the others."""
    chunks: Iterator[list[SourceRow]]
    account: Account
    """The counts of what has been read so far."""
    reading: Reading
    """How it is read, and what was guessed of that."""

    @property
    def has_names(self) -> bool:
        """Whether the columns have names, and not numbers that stand for a missing header."""
        return has_names(self.columns)


def open_source(path: Path, layout: Layout, bounds: ReadBounds, known: KnownColumns | None = None) -> Source:
    """Open a file to be labelled; `known` are the columns of the corpus that the model was trained on.

    Raises:
        CorpusError: it cannot be read, holds no row that can, or a part of it is over the bounds.
        NoRowsError: it holds none at all.
        TooLargeError: the whole of it is.
    """
    name = find_format(path, layout)
    schema = FORMATS[name].module.schema_of(path, bounds) if FORMATS[name].is_columnar else None
    records = open_records(path, layout, bounds, labelled=False)
    if not records.sample:
        kind = CorpusError if records.account.errors else NoRowsError
        raise kind("found no row that can be read; expected a text in each", file=path)
    columns = find_columns(records, layout, labelled=False, known=known)
    delimiter = ","
    if name == "csv":
        delimiter = find_dialect(path, layout).delimiter
    return Source(
        str(path),
        name,
        tuple(schema.names) if schema is not None else records.outer,
        columns.text,
        delimiter,
        schema,
        _chunks(records.stream),
        records.account,
        Reading.of(records, layout, columns),
    )


def count_lines(path: Path, source: Source) -> int | None:
    """Lines (rows of a columnar file) in all, for telling the time left; None where that would take long."""
    if not FORMATS[source.format].has_lines or path.is_dir() or compression_of(path):
        return None
    with open_bytes(path) as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(_COUNTED_AT_ONCE), b""))


def _chunks(stream: Iterator[Record | CorpusError]) -> Iterator[list[SourceRow]]:
    rows = (_row(item) for item in stream)
    while chunk := list(islice(rows, CHUNK_ROWS)):
        yield chunk


def _row(item: Record | CorpusError) -> SourceRow:
    if isinstance(item, Record):
        line, _, values, _, error, note = item
        return line, values, error and f"line {line}: {error}", note and f"line {line}: {note}"
    reason = item.message.removeprefix(f"{item.file}:{item.line}: ")
    return item.line or 0, {}, f"line {item.line}: {reason}" if item.line else reason, None
