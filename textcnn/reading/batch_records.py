"""The records of a columnar file, a batch of rows at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from textcnn.errors import CorpusError
from textcnn.reading.compression import compression_of, damaged
from textcnn.reading.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

BATCH_ROWS: Final = 1000


def batch_records(path: Path, batches: Iterable[Any]) -> Iterator[Record]:
    """The rows of a columnar file, of its batches; a record's line is its row, from 1.

    Raises:
        CorpusError: while iterating; the file is compressed as a whole, or damaged.
    """
    if compression_of(path):
        message = "a columnar file inside a compressed one is not read; decompress it first"
        raise CorpusError(message, file=path)
    row = 0
    file = str(path)
    try:
        for batch in batches:
            for values in batch.to_pylist():
                row += 1
                yield Record(row, file, values)
    except UnicodeDecodeError as error:
        message = (
            f"a text between rows {row + 1} and {row + BATCH_ROWS} is not valid UTF-8; write the file again"
        )
        raise CorpusError(message, file=path) from error
    except (pa.ArrowException, OSError) as error:
        raise damaged(path) from error
