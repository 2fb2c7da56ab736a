"""A file to be labelled, as chunks of rows; a row that cannot be read is its error, in its place."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from textcnn.errors import CorpusError
from textcnn.reading.columns import find_columns
from textcnn.reading.compression import compression_of, open_bytes
from textcnn.reading.delimiter import find_delimiter
from textcnn.reading.detection import find_format
from textcnn.reading.format_table import FORMATS
from textcnn.reading.numbered_lines import first_lines
from textcnn.reading.record import LeftOut, Record
from textcnn.reading.records import open_records

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from textcnn.reading.layout import Layout
    from textcnn.reading.read_bounds import ReadBounds

CHUNK_ROWS: Final = 4096
"""Rows that are labelled at once; fixed, so that a resumed run cuts the file in the same places."""

_COUNTED_AT_ONCE: Final = 1 << 20

SourceRow = tuple[int, "Mapping[str, object] | str"]
"""A row's line, and its values by column or the reason why it cannot be read."""


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

    @property
    def has_names(self) -> bool:
        """Whether the columns have names, and not numbers that stand for a missing header."""
        return self.columns != tuple(str(number) for number in range(1, len(self.columns) + 1))


def open_source(path: Path, layout: Layout, bounds: ReadBounds) -> Source:
    """Open a file to be labelled.

    Raises:
        CorpusError: it cannot be read, holds no row that can, or a part of it is over the bounds.
        TooLargeError: the whole of it is.
    """
    name = find_format(path, layout)
    schema = FORMATS[name].module.schema_of(path, bounds) if FORMATS[name].is_columnar else None
    records = open_records(path, layout, bounds, labelled=False)
    if not records.sample:
        raise CorpusError("found no row that can be read; expected a text in each", file=path)
    columns = find_columns(records, layout, labelled=False)
    delimiter = ","
    if name == "csv":
        delimiter = layout.delimiter or find_delimiter(first_lines(path, layout.encoding))
    names = tuple(schema.names) if schema is not None else records.outer
    chunks = _chunks(records.stream)
    return Source(str(path), name, names, columns.text, delimiter, schema, chunks)


def count_lines(path: Path, source: Source) -> int | None:
    """Lines (rows of a columnar file) in all, for telling the time left; None where that would take long."""
    if not FORMATS[source.format].has_lines or path.is_dir() or compression_of(path):
        return None
    with open_bytes(path) as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(_COUNTED_AT_ONCE), b""))


def _chunks(stream: Iterator[Record | CorpusError | LeftOut]) -> Iterator[list[SourceRow]]:
    rows = (_row(item) for item in stream if not isinstance(item, LeftOut))
    while chunk := list(islice(rows, CHUNK_ROWS)):
        yield chunk


def _row(item: Record | CorpusError) -> SourceRow:
    if isinstance(item, Record):
        return item.line, item.values
    reason = item.message.removeprefix(f"{item.file}:{item.line}: ")
    return item.line or 0, f"line {item.line}: {reason}" if item.line else reason
