"""Settings of the C library's allocator, for large models and bodies that come and go."""

from __future__ import annotations

import ctypes
from contextlib import suppress
from typing import Final

HEAPS: Final = 2
LARGE: Final = 1 << 20
"""Bytes from which memory goes back to the system when it is freed."""
_M_MMAP_THRESHOLD: Final = -3
_M_ARENA_MAX: Final = -8
"""Both from glibc's malloc.h."""


def limit_malloc_arenas() -> None:
    """Let all threads share two heaps that hold nothing large, where the C library is glibc.

    Its own choice is eight heaps for each core; after the first large block is freed, it keeps large
    ones in them too. Versions, which threads load and replace, left each heap large and full of holes
    (docs/LOG.md#two-heaps-for-all-threads). Python's lock keeps threads apart anyway.
    """
    with suppress(AttributeError, OSError, TypeError):  # another C library, or a system without one to open
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_ARENA_MAX, HEAPS)
        libc.mallopt(_M_MMAP_THRESHOLD, LARGE)
