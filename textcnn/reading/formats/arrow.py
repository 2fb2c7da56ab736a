"""Arrow IPC, as a file (Feather 2) or a stream."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.ipc

from textcnn.errors import CorpusError
from textcnn.reading.columnar.arrow_messages import decoded_sizes
from textcnn.reading.columnar.batch_records import batch_records, damaged_columns
from textcnn.reading.columnar.read_bounds import UNBOUNDED_FILE, ReadBounds
from textcnn.reading.compression import damaged

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from textcnn.reading.layout import Layout
    from textcnn.reading.record import EndOfFile, Record

_FILE_MAGIC: Final = b"ARROW1"
_STREAM_OF_FILE: Final = 8
"""Where the stream begins that a file is, before the list of places at its end."""


def read(path: Path, _layout: Layout, bounds: ReadBounds = UNBOUNDED_FILE) -> Iterator[Record | EndOfFile]:
    """The rows of an Arrow IPC file or stream, as `datasets` writes it.

    Raises:
        CorpusError: the file is compressed as a whole, damaged or not Arrow, or has batches over the bounds.
    """
    return batch_records(path, _batches(path, bounds), bounds)


def schema_of(path: Path, bounds: ReadBounds) -> Any:  # noqa: ANN401  # pyarrow ships no types
    """The types of the columns.

    Raises:
        CorpusError: the file is damaged or not Arrow, or has batches over the bounds.
    """
    check_sizes(path, bounds.decoded)
    try:
        with _stream(path) as stream:
            return stream.schema
    except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
        raise damaged_columns(path, error) from error


def check_sizes(path: Path, most: int) -> None:
    """Check that no batch takes more bytes when it is decoded.

    Raises:
        CorpusError: one does, or the file is damaged.
    """
    with path.open("rb") as file:
        file.seek(_start(file.read(len(_FILE_MAGIC))))
        try:
            for number, size in enumerate(decoded_sizes(file)):
                if size > most:
                    raise CorpusError(
                        f"batch {number} holds {size / 1e6:,.0f} MB, over the limit of {most / 1e6:,.0f} MB; "
                        "write the file with smaller batches, or raise --memory",
                        file=path,
                    )
        except ValueError as error:
            raise damaged(path) from error


def _batches(path: Path, bounds: ReadBounds) -> Iterator[Any]:
    check_sizes(path, bounds.decoded)
    with _stream(path) as stream:
        yield from stream


@contextmanager
def _stream(path: Path) -> Iterator[Any]:
    """The batches of a file, too, as those of a stream: so they are the ones whose sizes were checked.

    The file is read and not mapped: a mapped one that is cut short meanwhile ends the process.
    """
    with pa.OSFile(str(path)) as source:
        source.seek(_start(source.read(len(_FILE_MAGIC))))
        yield pa.ipc.open_stream(source)


def _start(magic: bytes) -> int:
    return _STREAM_OF_FILE if magic == _FILE_MAGIC else 0
