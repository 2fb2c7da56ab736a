"""Compressed request bodies, unpacked up to a limit: a small body may unpack to an endless one."""

from __future__ import annotations

import zlib

from textcnn.errors import TooLargeError
from textcnn.service.service_errors import RequestError

GZIP_OR_ZLIB = zlib.MAX_WBITS | 32
"""Lets zlib tell by the first bytes which of the two it is."""

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
    room = limit
    while body:
        member = zlib.decompressobj(GZIP_OR_ZLIB)
        part = member.decompress(body, room + 1)
        room -= len(part)
        if room < 0:
            raise TooLargeError(f"The body is larger than the {limit:,} bytes that are taken, once unpacked.")
        if not member.eof:
            raise RequestError("The packed body is cut short.")
        parts.append(part)
        body = member.unused_data
    return b"".join(parts)
