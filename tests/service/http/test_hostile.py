"""Hostile bodies on every route: refused or answered, never a fault. `benchmarks/fuzz.py` sends more."""

from __future__ import annotations

from itertools import islice
from random import Random
from typing import TYPE_CHECKING

import pytest
from fastapi.testclient import TestClient

from benchmarks.hostile import EXAMPLES, JSON, KINDS, hostile_requests
from textcnn.service.app import create_app
from textcnn.service.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textcnn.service.loaded.registry import Registry

COUNT = 500


@pytest.fixture(scope="module")
def service(registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The service with the limits that it has when nobody says others."""
    # Named, so that the models stay what they are for all tests that share them.
    data, models = tmp_path_factory.mktemp("data"), ("tiny", "tiny-multi")
    settings = Settings(access_log=False, data_dir=data, models=models)
    app = create_app(settings, registry)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def post_routes(client: TestClient) -> list[str]:
    paths = client.get("/openapi.json").json()["paths"]
    return [path for path, methods in paths.items() if "post" in methods]


def filled(path: str, registry: Registry) -> str:
    return path.replace("{model}", "tiny").replace("{version}", registry.get("tiny").version)


@pytest.mark.parametrize("path", EXAMPLES)
def test_what_is_spoiled_is_good_at_first(service: TestClient, registry: Registry, path: str) -> None:
    answer = service.post(filled(path, registry), json=EXAMPLES[path], headers=JSON)
    assert answer.status_code == 200, answer.text


def test_every_route_that_takes_json_has_an_example(service: TestClient) -> None:
    documents = service.get("/openapi.json").json()["paths"]
    bodies = {path: documents[path]["post"].get("requestBody", {}) for path in post_routes(service)}
    takers = {path for path, body in bodies.items() if "application/json" in body.get("content", {})}
    assert takers == set(EXAMPLES)


# Starlette leaves the file of an unfinished part of a form to be closed when it is collected.
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_no_hostile_body_is_a_fault(service: TestClient, registry: Registry) -> None:
    seen = set()
    for hostile in islice(hostile_requests(post_routes(service), Random(7)), COUNT):
        path = filled(hostile.path, registry)
        answer = service.post(path, content=hostile.body, headers=hostile.raw_headers)
        assert answer.status_code < 500, (hostile.kind, hostile.path, hostile.headers, hostile.body[:200])
        seen.add(hostile.kind)
    assert len(seen) == len(KINDS)
    assert service.post("/v1/classify", json={"text": "still here"}).status_code == 200
