"""A real process that the real clients ask: two models, and a key that every request needs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from textcnn.classifier import TextClassifier

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY = "a key for the tests of the dialects"


@pytest.fixture(scope="session")
def key() -> str:
    """What the server asks for."""
    return KEY


@pytest.fixture(scope="session")
def url(
    model_dir: Path, multi_label_model_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Where the process answers; `tiny` is the default model, `tiny-multi` gives several labels."""
    keys = tmp_path_factory.mktemp("keys") / "keys.json"
    command = [sys.executable, "-m", "textcnn", "serve", "--port", "0", "--model", str(model_dir)]
    command += ["--model", str(multi_label_model_dir)]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "TEXTCNN_KEYS_FILE": str(keys)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as server:
        assert server.stdout is not None
        try:
            found = re.search(r"http://127\.0\.0\.1:\d+", server.stdout.readline())
            assert found
            yield found[0]
        finally:
            server.terminate()


@pytest.fixture(scope="session")
def tiny(model_dir: Path) -> TextClassifier:
    """The default model, in this process."""
    return TextClassifier.load(model_dir)


@pytest.fixture(scope="session")
def multi(multi_label_model_dir: Path) -> TextClassifier:
    """The model of several labels, in this process."""
    return TextClassifier.load(multi_label_model_dir)
