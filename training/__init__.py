"""Training: labelled texts to a model directory. Needs the extra `train`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from training.config import Recipe
    from training.recipe import fit, train

__all__ = ["Recipe", "fit", "train"]

_HOME = {"Recipe": "training.config", "fit": "training.recipe", "train": "training.recipe"}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
