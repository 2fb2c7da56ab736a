"""The service in-process, over the small models of every test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fastapi.testclient import TestClient

from service.app import create_app
from service.registry import Registry
from service.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
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


@pytest.fixture
def client(registry: Registry, settings: Settings) -> Iterator[TestClient]:
    """A client that gets an answer even where the service has a bug."""
    with TestClient(create_app(settings, registry), raise_server_exceptions=False) as client:
        yield client
