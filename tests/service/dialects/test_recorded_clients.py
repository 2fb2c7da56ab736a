"""Requests of the dialects' real clients are answered as they understood it.

`make proof-clients` runs these clients, and records what they send and get (`clients/conftest.py`).
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.service.dialects import recording
from tests.service.dialects.recording import RECORDED, Json, Placeholders

OF_THE_MACHINE = ("version", "tokenization_workers")
"""Keys of answers whose values are those of a release or of a machine."""

EXCHANGES = [
    pytest.param(exchange, id=f"{file.stem}-{number}-{exchange['test']}")
    for file in sorted(RECORDED.glob("*.jsonl"))
    for number, exchange in enumerate(recording.read(file)[1])
]


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_a_clients_request_is_answered_as_when_the_client_understood_it(
    exchange: Json, url: str, placeholders: Placeholders
) -> None:
    answer = recording.send(url.removeprefix("http://"), exchange["request"], placeholders)
    recorded = exchange["answer"]
    assert answer["status"] == recorded["status"]
    assert answer["headers"] == recorded["headers"]
    require_alike(content(answer), content(recorded))


def content(answer: Json) -> Any:  # noqa: ANN401  # any JSON
    body = answer["body"]["text"]
    return json.loads(body) if body else None


def require_alike(found: Any, recorded: Any) -> None:  # noqa: ANN401  # any JSON
    """Two answers are the same, but for the last bits of scores."""
    assert type(found) is type(recorded)
    if isinstance(recorded, dict):
        assert [*found] == [*recorded]
        for key in recorded.keys() - OF_THE_MACHINE:
            require_alike(found[key], recorded[key])
    elif isinstance(recorded, list):
        assert len(found) == len(recorded)
        for one, other in zip(found, recorded, strict=True):
            require_alike(one, other)
    elif isinstance(recorded, float):
        assert found == pytest.approx(recorded, abs=1e-5)
    elif isinstance(recorded, str) and re.match(r"\d\.\d+:", recorded):  # SCORE:NUMBER:LABEL of an extension
        assert float(found[: found.index(":")]) == pytest.approx(float(recorded[: recorded.index(":")]))
        assert found.split(":")[1:] == recorded.split(":")[1:]
    else:
        assert found == recorded


def test_every_client_that_the_proof_runs_is_recorded_in_the_version_that_is_pinned() -> None:
    pins = (Path(__file__).parents[3] / "constraints.txt").read_text(encoding="utf-8").splitlines()
    clients = [recording.read(file)[0] for file in RECORDED.glob("*.jsonl")]
    assert len(clients) == 4
    for client in clients:
        assert f"{client['client']}=={client['version']}" in pins
