"""Compressed request bodies, unpacked up to a limit: a small body may unpack to an endless one."""

from __future__ import annotations

import zlib

from textcnn.errors import TooLargeError
from textcnn.service.service_errors import RequestError

GZIP_OR_ZLIB = zlib.MAX_WBITS | 32
"""Lets zlib tell by the first bytes which of the two it is."""

_BLOCK = 4_096
"""Bytes given to a member at once. What lies behind it is copied back, so a body given whole to each of its
members would take time as the square of its size."""

ENCODINGS = ("identity", "gzip", "x-gzip", "deflate")


def unpack(body: bytes, encoding: str, limit: int) -> bytes:
    """The body without its `Content-Encoding`. Never makes more than `limit` bytes and a little.

    Raises:
        TooLargeError: it would be larger than the limit.
        RequestError: it is damaged, cut short, or packed in another way.
    """
    names = [name.strip().lower() for name in encoding.split(",") if name.strip()]
    if len(names) > 1 or not set(names) <= set(ENCODINGS):
        raise RequestError(
            f"The Content-Encoding is unknown; {', '.join(ENCODINGS)} are taken, one at a time."
        )
    if not names or names == ["identity"]:
        return body
    try:
        return _inflate(body, limit)
    except zlib.error as error:
        raise RequestError("The body is not what its Content-Encoding says; it is damaged.") from error


def _inflate(body: bytes, limit: int) -> bytes:
    """All members of a packed body, one after the other, as gzip allows."""
    parts: list[bytes] = []
    room, place = limit, 0
    while place < len(body):
        member = zlib.decompressobj(GZIP_OR_ZLIB)
        while not member.eof:
            block = body[place : place + _BLOCK]
            if not block:
                raise RequestError("The packed body is cut short.")
            place += len(block)
            parts.append(member.decompress(block, room + 1))
            room -= len(parts[-1])
            if room < 0:
                raise TooLargeError(
                    f"The body is larger than the {limit:,} bytes that are taken, once unpacked."
                )
        place -= len(member.unused_data)
    return b"".join(parts)
