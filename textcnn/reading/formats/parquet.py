"""Parquet, in batches of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from textcnn.reading.batch_records import BATCH_ROWS, batch_records

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from textcnn.reading.layout import Layout
    from textcnn.reading.record import Record


def read(path: Path, _layout: Layout) -> Iterator[Record]:
    """The rows of a Parquet file.

    Raises:
        CorpusError: the file is compressed as a whole, damaged or not Parquet.
    """
    return batch_records(path, _batches(path))


def _batches(path: Path) -> Iterator[Any]:
    with pq.ParquetFile(path) as file:
        yield from file.iter_batches(batch_size=BATCH_ROWS)
