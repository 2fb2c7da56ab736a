"""Which of the two implementations of the inner loops this process uses."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from textcnn.compilation.jit import compilation_wanted

if TYPE_CHECKING:
    from types import ModuleType


@cache
def kernels() -> ModuleType:
    """`numba_kernels`, or `numpy_kernels` where compilation is switched off."""
    return import_module(f"textcnn.engine.{'numba' if compilation_wanted() else 'numpy'}_kernels")
