"""Functions compiled by numba, with their machine code kept between processes where that is possible.

numba keeps code beside the source file, or else in the user's cache directory; `NUMBA_CACHE_DIR` names
another place. Where neither can be written, or was filled by another processor, it compiles in memory: the
first call takes some seconds longer, and nothing else changes.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., object]")

SWITCH = "TEXTCNN_NO_JIT"
"""Set to anything but 0, this environment variable keeps numba out: NumPy computes the same, slower."""


def compilation_wanted() -> bool:
    """Whether functions are to be compiled in this process."""
    return os.environ.get(SWITCH, "") in ("", "0")


def compiled(function: F) -> F:
    """The function, compiled when it is first called; it releases the GIL."""
    return _compile(function, parallel=False)


def compiled_in_parallel(function: F) -> F:
    """The same, whose `numba.prange` loops run on all cores."""
    return _compile(function, parallel=True)


def _compile(function: F, *, parallel: bool) -> F:
    import numba

    try:
        result: F = numba.njit(function, cache=True, nogil=True, parallel=parallel)
    except RuntimeError:  # numba found no directory that it could write to
        result = numba.njit(function, nogil=True, parallel=parallel)
    return result
