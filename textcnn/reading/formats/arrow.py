"""Arrow IPC, as a file (Feather 2) or a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.ipc

from textcnn.reading.batch_records import batch_records

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from textcnn.reading.layout import Layout
    from textcnn.reading.record import Record

_FILE_MAGIC: Final = b"ARROW1"


def read(path: Path, _layout: Layout) -> Iterator[Record]:
    """The rows of an Arrow IPC file or stream, as `datasets` writes it.

    Raises:
        CorpusError: the file is compressed as a whole, damaged or not Arrow.
    """
    return batch_records(path, _batches(path))


def _batches(path: Path) -> Iterator[Any]:
    with pa.memory_map(str(path)) as source:
        is_file = source.read(len(_FILE_MAGIC)) == _FILE_MAGIC
        source.seek(0)
        if not is_file:
            yield from pa.ipc.open_stream(source)
            return
        reader = pa.ipc.open_file(source)
        for index in range(reader.num_record_batches):
            yield reader.get_batch(index)
