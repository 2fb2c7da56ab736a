from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from textcnn.compilation import disk_cache

if TYPE_CHECKING:
    import pytest


def test_the_cache_lies_where_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEXTCNN_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert disk_cache.cache_directory() == Path("/somewhere/textcnn")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert disk_cache.cache_directory() == Path.home() / ".cache" / "textcnn"
