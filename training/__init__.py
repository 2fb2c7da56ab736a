"""Training: labelled texts to a model directory. Needs the extra `train`.

A name that needs a library which is not installed raises `MissingExtraError` when it is first used.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING

from textcnn.errors import MissingExtraError

if TYPE_CHECKING:
    from textcnn.recipe import Recipe
    from textcnn.training.train import fit, train

# OpenMP threads that wait for work by spinning take the cores from whatever else runs on the machine, and a
# training beside a busy process from itself: measured 8 times slower
# (docs/LOG.md#threads-that-wait-must-not-spin). OpenMP reads this when PyTorch is loaded, which every way
# into this package does later than here.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

__all__ = ["Recipe", "fit", "train"]

_HOME = {
    "Recipe": "textcnn.recipe",
    "fit": "textcnn.training.train",
    "train": "textcnn.training.train",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(import_module(_HOME[name]), name)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("textcnn"):
            raise
        raise MissingExtraError("Training", "train") from error
