"""The HTTP service: model directories to `POST text -> label`. Needs the extra `serve`, and no PyTorch."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textcnn.service.app import create_app
    from textcnn.service.loaded.registry import Registry
    from textcnn.service.settings import Settings

__all__ = ["Registry", "Settings", "create_app"]

_HOME = {
    "Registry": "textcnn.service.loaded.registry",
    "Settings": "textcnn.service.settings",
    "create_app": "textcnn.service.app",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
