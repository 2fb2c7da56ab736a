"""Parquet, in batches of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from textcnn.errors import CorpusError
from textcnn.reading.columnar.batch_records import BATCH_ROWS, batch_records, damaged_columns
from textcnn.reading.columnar.read_bounds import UNBOUNDED_FILE, ReadBounds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from textcnn.reading.layout import Layout
    from textcnn.reading.record import EndOfFile, Record

_VALUE: Final = 8
"""Bytes of a repeated value, about: it may be stored in less than a bit."""
_DEEPEST: Final = 64
"""Levels of nesting, as Arrow's own format has them at most."""


def read(path: Path, _layout: Layout, bounds: ReadBounds = UNBOUNDED_FILE) -> Iterator[Record | EndOfFile]:
    """The rows of a Parquet file.

    Raises:
        CorpusError: the file is compressed as a whole, damaged or not Parquet, or has row groups over the
            bounds.
    """
    return batch_records(path, _batches(path, bounds), bounds)


def schema_of(path: Path, bounds: ReadBounds) -> Any:  # noqa: ANN401  # pyarrow ships no types
    """The types of the columns.

    Raises:
        CorpusError: the file is damaged or not Parquet, or has row groups over the bounds.
    """
    try:
        with pq.ParquetFile(path, schema_depth_limit=_DEEPEST) as file:
            _check_sizes(path, file.metadata, bounds.decoded)
            return file.schema_arrow
    except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
        raise damaged_columns(path, error) from error


def _batches(path: Path, bounds: ReadBounds) -> Iterator[Any]:
    with pq.ParquetFile(path, schema_depth_limit=_DEEPEST) as file:
        _check_sizes(path, file.metadata, bounds.decoded)
        repeating = _repeating(file.metadata)
    # What stands once in the file, for many rows, stays once in memory.
    with pq.ParquetFile(path, schema_depth_limit=_DEEPEST, read_dictionary=repeating) as file:
        yield from file.iter_batches(batch_size=BATCH_ROWS)


def _check_sizes(path: Path, metadata: Any, most: int) -> None:  # noqa: ANN401
    for index in range(metadata.num_row_groups):
        size = _decoded(metadata, index)
        if size > most:
            raise CorpusError(
                f"row group {index} holds {size / 1e6:,.0f} MB, over the limit of {most / 1e6:,.0f} MB; "
                "write the file with smaller row groups, or raise --memory",
                file=path,
            )


def _decoded(metadata: Any, index: int) -> int:  # noqa: ANN401
    """Bytes of a row group; values of lists count one by one, as a row may have any number of them."""
    group = metadata.row_group(index)
    columns = [group.column(number) for number in range(group.num_columns)]
    lists = [
        column.num_values * _VALUE
        for number, column in enumerate(columns)
        if metadata.schema.column(number).max_repetition_level
    ]
    return int(
        max(group.total_byte_size, sum(column.total_uncompressed_size for column in columns)) + sum(lists)
    )


def _repeating(metadata: Any) -> list[str]:  # noqa: ANN401
    """The columns of text that have a dictionary."""
    if not metadata.num_row_groups:
        return []
    groups = [metadata.row_group(index) for index in range(metadata.num_row_groups)]
    return [
        metadata.schema.column(number).path
        for number in range(metadata.num_columns)
        if metadata.schema.column(number).physical_type == "BYTE_ARRAY"
        and any(group.column(number).has_dictionary_page for group in groups)
    ]
