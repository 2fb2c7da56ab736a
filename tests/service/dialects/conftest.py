"""A real process that the real clients ask: two models, and a key that every request needs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from fastapi.testclient import TestClient

from tests.service.dialects.recording import Placeholders
from textcnn.classifier import TextClassifier
from textcnn.directory import ModelDirectory
from textcnn.service.app import create_app
from textcnn.service.http.access import KeyScope
from textcnn.service.http.keys import new_key
from textcnn.service.loaded.registry import Registry
from textcnn.service.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def key_and_line() -> tuple[str, str]:
    """A key, and the line by which the process knows it."""
    secret, known = new_key("tests", [KeyScope.CLASSIFY])
    return secret, known.line()


@pytest.fixture(scope="session")
def key(key_and_line: tuple[str, str]) -> str:
    """The API key that the process asks for."""
    return key_and_line[0]


@pytest.fixture(scope="session")
def url(
    model_dir: Path,
    multi_label_model_dir: Path,
    key_and_line: tuple[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """The URL of the process; `tiny` is the default model, `tiny-multi` gives several labels."""
    command = [sys.executable, "-m", "textcnn", "serve", "--port", "0", "--model", str(model_dir)]
    command += ["--model", str(multi_label_model_dir)]
    environment = {
        **os.environ,
        "PYTHONUNBUFFERED": "1",
        "TEXTCNN_ACCESS_LOG": "false",
        "TEXTCNN_DATA_DIR": str(tmp_path_factory.mktemp("data")),
        "TEXTCNN_KEYS": json.dumps(key_and_line[1:]),
        "TEXTCNN_WORKER": "false",
    }
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as server:
        assert server.stdout is not None
        try:
            found = re.search(r"http://127\.0\.0\.1:\d+", server.stdout.readline())
            assert found
            yield found[0]
        finally:
            server.terminate()


@pytest.fixture(scope="session")
def placeholders(key: str, model_dir: Path, multi_label_model_dir: Path) -> Placeholders:
    """Placeholders in recorded requests, with the key and the versions of this run."""
    versions = {path.name: ModelDirectory(path).version() for path in (model_dir, multi_label_model_dir)}
    return Placeholders(key, versions)


@pytest.fixture(scope="session")
def tiny(model_dir: Path) -> TextClassifier:
    """The default model, in this process."""
    return TextClassifier.load(model_dir)


@pytest.fixture(scope="session")
def multi(multi_label_model_dir: Path) -> TextClassifier:
    """The model of several labels, in this process."""
    return TextClassifier.load(multi_label_model_dir)


@pytest.fixture
def unready(settings: Settings) -> TestClient:
    """A service that has not started, so that no model is loaded."""
    return TestClient(create_app(settings, Registry()))  # as no context, it does not start


@pytest.fixture
def locked(registry: Registry, key_and_line: tuple[str, str]) -> Iterator[TestClient]:
    """A service that asks for a key, and a client that has none."""
    settings = Settings(keys=key_and_line[1:], access_log=False)
    with TestClient(create_app(settings, registry), raise_server_exceptions=False) as client:
        yield client
