"""Readers for columnar files: Parquet and Arrow, in batches; a record's line is its row, from 1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet

from textcnn.errors import CorpusError
from textcnn.reading.compression import compression_of, damaged
from textcnn.reading.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

BATCH_ROWS: Final = 1000

_FILE_MAGIC: Final = b"ARROW1"


def read_parquet(path: Path) -> Iterator[Record]:
    """The rows of a Parquet file.

    Raises:
        CorpusError: the file is compressed as a whole, damaged or not Parquet.
    """
    return _records(path, _parquet_batches(path))


def read_arrow(path: Path) -> Iterator[Record]:
    """The rows of an Arrow IPC file (Feather 2) or stream, as `datasets` writes it.

    Raises:
        CorpusError: the file is compressed as a whole, damaged or not Arrow.
    """
    return _records(path, _arrow_batches(path))


READERS: Final[dict[str, Callable[[Path], Iterator[Record]]]] = {
    "parquet": read_parquet,
    "arrow": read_arrow,
}


def _records(path: Path, batches: Iterable[Any]) -> Iterator[Record]:
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


def _parquet_batches(path: Path) -> Iterator[Any]:
    with pa.parquet.ParquetFile(path) as file:
        yield from file.iter_batches(batch_size=BATCH_ROWS)


def _arrow_batches(path: Path) -> Iterator[Any]:
    with pa.memory_map(str(path)) as source:
        is_file = source.read(len(_FILE_MAGIC)) == _FILE_MAGIC
        source.seek(0)
        if not is_file:
            yield from pa.ipc.open_stream(source)
            return
        reader = pa.ipc.open_file(source)
        for index in range(reader.num_record_batches):
            yield reader.get_batch(index)
