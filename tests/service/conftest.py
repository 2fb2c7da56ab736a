"""The service in-process, over the small models of every test."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from fastapi.testclient import TestClient

from service.app import create_app
from service.registry import Registry
from service.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path


@pytest.fixture(scope="session")
def registry(model_dir: Path, multi_label_model_dir: Path) -> Registry:
    """Two models; `tiny` is the default."""
    registry = Registry()
    registry.load([str(model_dir), str(multi_label_model_dir)])
    return registry


@pytest.fixture(scope="session")
def settings() -> Settings:
    """Small limits, so that tests reach them."""
    return Settings(
        max_body_bytes=20_000,
        max_batch_texts=5,
        max_text_characters=9_000,
        truncate_texts=False,
        light_text_characters=100,
    )


@dataclass
class Server:
    """A real process that serves, and where."""

    process: subprocess.Popen[str]
    port: int
    log: Path

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def lines(self) -> list[dict[str, Any]]:
        """What it logged so far."""
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]


@contextmanager
def serving(model_dir: Path, log: Path, *arguments: str, **settings: str) -> Iterator[Server]:
    """A server that has said where it is; it is ended by a signal when the block ends."""
    variables = {f"TEXTCNN_{key.upper()}": value for key, value in settings.items()}
    command = [sys.executable, "-m", "textcnn", "serve", "--port", "0", "--model", str(model_dir), *arguments]
    with (
        log.open("w") as errors,
        subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **variables},
        ) as process,
    ):
        try:
            assert process.stdout is not None
            found = re.search(r"http://[\d.]+:(\d+)", process.stdout.readline())
            assert found, log.read_text(encoding="utf-8")
            server = Server(process, int(found[1]), log)
            _await_ready(server)
            yield server
        finally:
            process.terminate()


def _await_ready(server: Server) -> None:
    with httpx.Client(transport=httpx.HTTPTransport(retries=3), timeout=60) as asked:
        assert asked.get(f"{server.url}/readyz").status_code == 200


@pytest.fixture(name="serving", scope="session")
def give_serving(model_dir: Path) -> Callable[..., AbstractContextManager[Server]]:
    """What starts a server with the small model: `with serving(log, "--workers", "2", threads="1")`."""
    return partial(serving, model_dir)


@pytest.fixture
def client(registry: Registry, settings: Settings) -> Iterator[TestClient]:
    """A client that gets an answer even where the service has a bug."""
    with TestClient(create_app(settings, registry), raise_server_exceptions=False) as client:
        yield client
