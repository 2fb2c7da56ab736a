"""Whichever loops are chosen, the engine can call them alike."""

from __future__ import annotations

import inspect
from typing import get_args

import pytest

from textcnn.config import Pooling
from textcnn.engine import numba_kernels, numpy_kernels
from textcnn.engine.choose_kernels import kernels

FUNCTIONS = [name for name in numba_kernels.__all__ if callable(getattr(numba_kernels, name))]


def parameters(function: object) -> list[str]:
    return list(inspect.signature(getattr(function, "py_func", function)).parameters)  # type: ignore[arg-type]  # callable


@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_kinds_of_loops_take_the_same(name: str) -> None:
    assert parameters(getattr(numpy_kernels, name)) == parameters(getattr(numba_kernels, name))


@pytest.mark.parametrize("pooling", get_args(Pooling))
def test_both_pool_in_every_way_that_a_network_may_have(pooling: Pooling) -> None:
    assert parameters(numpy_kernels.POOLS[pooling]) == parameters(numba_kernels.POOLS[pooling])


def test_compiled_loops_are_chosen_unless_they_are_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    choose = kernels.__wrapped__  # the choice is made once in a process
    monkeypatch.delenv("TEXTCNN_NO_JIT", raising=False)
    assert choose() is numba_kernels
    monkeypatch.setenv("TEXTCNN_NO_JIT", "1")
    assert choose() is numpy_kernels
