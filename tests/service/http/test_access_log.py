"""The access log: what is written down, and what is not."""

from __future__ import annotations

import io
import json
import re
from typing import TYPE_CHECKING, Any

from fastapi.testclient import TestClient

from textcnn.service.app import create_app
from textcnn.service.http.access import KeyScope
from textcnn.service.http.access_log import AccessLog
from textcnn.service.http.keys import new_key
from textcnn.service.settings import Settings

if TYPE_CHECKING:
    import pytest

    from textcnn.service.loaded.registry import Registry

SECRET = "my-private-words"


def test_each_request_is_a_line_that_never_holds_a_text(
    registry: Registry, capfd: pytest.CaptureFixture[str]
) -> None:
    secret, key = new_key("reporting", [KeyScope.CLASSIFY])
    settings = Settings(keys=(key.line(),), max_batch_texts=2)
    headers = {"authorization": f"Bearer {secret}", "x-request-id": "abc-1"}
    with TestClient(create_app(settings, registry), headers=headers) as client:
        client.post("/v1/classify", json={"text": SECRET})
        client.post("/v1/classify", json={SECRET: 1})
        client.post("/v1/classify/batch", json={"texts": [SECRET] * 3})
        client.post("/v1/classify/file", files={"file": (SECRET, SECRET)}, params={"model": SECRET})
        client.get(f"/v1/models/{SECRET}", params={"text": SECRET})
        client.get(f"/{SECRET}", headers={"authorization": SECRET})
    written = capfd.readouterr().err
    assert SECRET not in written
    assert secret not in written
    lines = [json.loads(line) for line in written.splitlines()]
    assert [(line["route"], line["status"]) for line in lines] == [
        ("/v1/classify", 200),
        ("/v1/classify", 422),
        ("/v1/classify/batch", 422),
        ("/v1/classify/file", 404),
        ("/v1/models/{model}", 404),
        ("other", 401),
    ]
    first = lines[0]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", first["time"])
    assert (first["request_id"], first["method"], first["key"]) == ("abc-1", "POST", "reporting")
    assert first["bytes_in"] == len(json.dumps({"text": SECRET}, separators=(",", ":")))
    assert first["bytes_out"] > 0
    assert first["milliseconds"] > 0


def test_no_line_is_written_where_none_is_wanted(
    registry: Registry, capfd: pytest.CaptureFixture[str]
) -> None:
    with TestClient(create_app(Settings(access_log=False), registry)) as client:
        client.post("/v1/classify", json={"text": "a"})
    assert capfd.readouterr().err == ""


def test_a_log_that_nobody_reads_any_more_stops_nothing(registry: Registry) -> None:
    class Gone(io.BytesIO):
        def write(self, data: Any) -> int:  # noqa: ANN401, ARG002  # as io has it
            raise BrokenPipeError

    log = AccessLog(Gone())
    log._lines.append(b"{}")
    log.flush()
    log.flush()
