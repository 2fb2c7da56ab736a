"""A count of the bytes that all heads and bodies hold, so that many large ones cannot fill the memory."""

from __future__ import annotations


class HeldBytes:
    """A count of bytes with a bound, which all requests share. Only the event loop's thread touches it."""

    __slots__ = ("_bytes", "_max_bytes")

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0

    @property
    def too_many(self) -> bool:
        """Whether more bytes are held than allowed."""
        return self._bytes > self._max_bytes

    def add(self, size: int) -> None:
        """Count bytes that have arrived."""
        self._bytes += size

    def release(self, size: int) -> None:
        """Subtract bytes that were counted before."""
        self._bytes -= size
