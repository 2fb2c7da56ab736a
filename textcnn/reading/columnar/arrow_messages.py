"""The messages of an Arrow IPC stream, measured by their heads before any of them is decoded.

A compressed buffer says how long it is when it is unpacked, and the library allocates that: a small file can
ask for a terabyte. The heads are flatbuffers (https://arrow.apache.org/docs/format/Columnar.html); what of
them is read here is read within bounds.
"""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

_CONTINUES: Final = b"\xff\xff\xff\xff"
_DICTIONARY, _BATCH = 2, 3
_LONGEST_HEAD: Final = 64 << 20


def decoded_sizes(file: BinaryIO) -> Iterator[int]:
    """Bytes that each message of a stream takes when it is decoded, from where the file stands.

    Raises:
        ValueError: while iterating; the file is damaged.
    """
    end = os.fstat(file.fileno()).st_size
    try:
        while head := _head(file):
            body = file.tell()
            message = _table(head, 0)
            length = _number(message, 3, "<q")
            if not 0 <= length <= end - body:
                raise ValueError("a message is cut short")
            yield _decoded(file, message, body, length)
            file.seek(body + length)
    except (struct.error, IndexError) as error:
        raise ValueError("a message is damaged") from error


def _head(file: BinaryIO) -> bytes:
    """The head of the next message; nothing at the end. Before 2019 its length stood there alone."""
    start = file.read(4)
    if start == _CONTINUES:
        start = file.read(4)
    size = struct.unpack("<i", start)[0] if len(start) == 4 else 0
    if not 0 <= size <= _LONGEST_HEAD:
        raise ValueError("a message's head is damaged")
    head = file.read(size)
    if len(head) < size:
        raise ValueError("a message's head is cut short")
    return head


def _decoded(file: BinaryIO, message: _Table, body: int, length: int) -> int:
    kind = _number(message, 1, "<B")
    batch = _child(message, 2)
    if kind == _DICTIONARY and batch is not None:
        batch = _child(batch, 1)
    if kind not in (_DICTIONARY, _BATCH) or batch is None or _child(batch, 3) is None:
        return length  # as it lies there
    return sum(_unpacked(file, body, length, *each) for each in _buffers(batch))


def _unpacked(file: BinaryIO, body: int, length: int, offset: int, size: int) -> int:
    """Bytes of a compressed buffer when it is unpacked; they stand before it, or -1 where it is not."""
    if not size:
        return 0
    if offset < 0 or not 8 <= size <= length - offset:
        raise ValueError("a buffer lies outside of its message")
    file.seek(body + offset)
    told: int = struct.unpack("<q", file.read(8))[0]
    if told < -1:
        raise ValueError("a buffer has no length")
    return size if told == -1 else told


_Table = tuple[bytes, int]
"""A flatbuffer, and where a table of it begins."""


def _table(data: bytes, at: int) -> _Table:
    place = at + int(struct.unpack_from("<I", data, at)[0])
    if place >= len(data):
        raise ValueError("a table lies outside of its message")
    return data, place


def _place(table: _Table, field: int) -> int | None:
    """Where a field of a table lies; None where it has its default."""
    data, at = table
    names = at - int(struct.unpack_from("<i", data, at)[0])
    if names < 0:
        raise ValueError("a table has no fields")
    size = struct.unpack_from("<H", data, names)[0]
    entry = 4 + 2 * field
    offset = struct.unpack_from("<H", data, names + entry)[0] if entry + 2 <= size else 0
    return at + int(offset) if offset else None


def _number(table: _Table, field: int, kind: str) -> int:
    place = _place(table, field)
    return 0 if place is None else int(struct.unpack_from(kind, table[0], place)[0])


def _child(table: _Table, field: int) -> _Table | None:
    place = _place(table, field)
    return None if place is None else _table(table[0], place)


def _buffers(batch: _Table) -> Iterator[tuple[int, int]]:
    """Offset and length of each buffer of a batch."""
    vector = _child(batch, 2)
    if vector is None:
        return
    data, at = vector
    count = struct.unpack_from("<I", data, at)[0]
    if count * 16 > len(data) - at - 4:
        raise ValueError("a batch has more buffers than its head has room for")
    yield from struct.iter_unpack("<qq", data[at + 4 : at + 4 + 16 * count])
