"""TextCNN: train on your own labelled texts, classify without PyTorch, keep what you trained.

Names are imported when they are first used (PEP 562), so `import textcnn` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textcnn.catalogue import bundled_models
    from textcnn.classifier import TextClassifier
    from textcnn.config import ModelConfig, NetworkConfig
    from textcnn.directory import ModelDirectory
    from textcnn.errors import TextCNNError
    from textcnn.prediction import Prediction
    from textcnn.training.train import fit

__all__ = [
    "ModelConfig",
    "ModelDirectory",
    "NetworkConfig",
    "Prediction",
    "TextCNNError",
    "TextClassifier",
    "bundled_models",
    "fit",
]

_HOME = {
    "ModelConfig": "textcnn.config",
    "ModelDirectory": "textcnn.directory",
    "NetworkConfig": "textcnn.config",
    "Prediction": "textcnn.prediction",
    "TextCNNError": "textcnn.errors",
    "TextClassifier": "textcnn.classifier",
    "bundled_models": "textcnn.catalogue",
    "fit": "textcnn.training",  # which says what it needs, where that is not installed
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
