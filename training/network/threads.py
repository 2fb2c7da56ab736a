"""How many threads PyTorch computes on: one for a folded step, but for its products all that it was given."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

import numba
import torch

if TYPE_CHECKING:
    from collections.abc import Iterator


_GIVEN: ContextVar[int] = ContextVar("given")
"""Threads outside of `one_thread`."""


@contextmanager
def one_thread() -> Iterator[None]:
    """One thread, as most work of a step is too little to share out; `all_threads` inside has them back."""
    token = _GIVEN.set(torch.get_num_threads())
    try:
        with _threads(1):
            yield
    finally:
        _GIVEN.reset(token)


@contextmanager
def all_threads() -> Iterator[None]:
    """As many threads as there were outside of `one_thread`."""
    with _threads(_GIVEN.get(torch.get_num_threads())):
        yield


@contextmanager
def at_most(count: int) -> Iterator[None]:
    """So many threads for PyTorch and for compiled loops, while others compute on the rest."""
    before = numba.get_num_threads()
    numba.set_num_threads(min(count, before))
    try:
        with _threads(min(count, torch.get_num_threads())):
            yield
    finally:
        numba.set_num_threads(before)


@contextmanager
def _threads(count: int) -> Iterator[None]:
    """So many threads, and afterwards as many as before."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
