"""The real clients, in an environment of their own; what they send is recorded for `make test`.

`make proof-clients` holds each test's requests to those in `recorded/`, which `test_recorded_clients.py`
sends again. Where a new version sends others, `TEXTCNN_RECORD=1 make proof-clients` records them.
"""

from __future__ import annotations

import os
import threading
from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest

from tests.service.dialects import recording
from tests.service.dialects.recording import RECORDED, Json, Placeholders, Recorder

if TYPE_CHECKING:
    from collections.abc import Iterator

RECORD = bool(os.environ.get("TEXTCNN_RECORD"))
CLIENTS = {
    "test_huggingface_hub": "huggingface_hub",
    "test_openapi_client": "open-inference-openapi",
    "test_tei_client": "tei-client",
    "test_tritonclient": "tritonclient",
}
"""The distribution that each of these files has its client from."""


@pytest.fixture(scope="session")
def exchanges() -> list[Json]:
    """Requests that the clients sent so far, and the answers."""
    return []


@pytest.fixture(name="url", scope="session")
def recorded_url(url: str, placeholders: Placeholders, exchanges: list[Json]) -> Iterator[str]:
    """Where the clients ask: a recorder before the service."""
    with Recorder(url.removeprefix("http://"), placeholders, exchanges) as recorder:
        serving = threading.Thread(target=recorder.serve_forever)
        serving.start()
        yield f"http://127.0.0.1:{recorder.server_port}"
        recorder.shutdown()
        serving.join()


@pytest.fixture(autouse=True)
def _as_recorded(request: pytest.FixtureRequest, exchanges: list[Json]) -> Iterator[None]:
    """Hold what a test's client sends to what is recorded, or record it."""
    exchanges.clear()
    yield
    client = CLIENTS.get(request.path.stem)
    sent = [{"test": request.node.name, **exchange} for exchange in exchanges]
    if client and RECORD:
        _record(client, request.node.name, sent)
    elif client:
        _require_recorded(client, request.node.name, sent)


def _record(client: str, test: str, sent: list[Json]) -> None:
    file = RECORDED / f"{client}.jsonl"
    known = recording.read(file)[1] if file.exists() else []
    others = [exchange for exchange in known if exchange["test"] != test]
    recording.write(file, {"client": client, "version": version(client)}, [*others, *sent])


def _require_recorded(client: str, test: str, sent: list[Json]) -> None:
    _, known = recording.read(RECORDED / f"{client}.jsonl")
    recorded = [exchange for exchange in known if exchange["test"] == test]
    assert len(sent) == len(recorded), f"{client} sends other requests than are recorded"
    for one, other in zip(sent, recorded, strict=True):
        same = recording.same_request(one["request"], other["request"])
        assert same, f"{client} sent {one['request']}, and {other['request']} is recorded"
