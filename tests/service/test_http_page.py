"""docs/http.md tells what the service does."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from textcnn.errors import ModelNotFoundError, TextError, TooLargeError
from textcnn.service.http.problems import STATUS, status_of
from textcnn.service.http.schemas import BatchAnswer, ClassifyAnswer, Info, ModelList, Status
from textcnn.service.service_errors import NotReadyError, OverloadedError, RequestError
from textcnn.service.settings import Settings

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

PAGE = (Path(__file__).parents[2] / "docs" / "http.md").read_text(encoding="utf-8")
EXAMPLE = re.compile(
    r"```sh\ncurl -s localhost:8000(\S+)(?: -d '([^\n]*)')?\n```\n\n```json\n(.*?)\n```", re.DOTALL
)
ANSWERS: dict[str, type[msgspec.Struct]] = {
    "/v1/classify": ClassifyAnswer,
    "/v1/classify/batch": BatchAnswer,
    "/v1/models": ModelList,
    "/v1/info": Info,
    "/livez": Status,
    "/readyz": Status,
}


def test_every_route_has_a_curl_line_and_an_answer(client: TestClient) -> None:
    documented = client.get("/openapi.json").json()["paths"]
    # Those with a tag are of another dialect, which has a page of its own.
    routes = {path for path, ways in documented.items() if not any("tags" in way for way in ways.values())}
    assert {path for path, _, _ in EXAMPLE.findall(PAGE)} == set(ANSWERS)
    assert routes - set(ANSWERS) == {"/v1/classify/file", "/v1/models/{model}", "/metrics"}
    for route in routes:
        assert f"curl -s localhost:8000{route.replace('{model}', 'spam')}" in PAGE, route


@pytest.mark.parametrize(("path", "body", "shown"), EXAMPLE.findall(PAGE))
def test_the_answers_shown_have_the_shape_of_those_sent(
    path: str, body: str, shown: str, client: TestClient
) -> None:
    msgspec.json.decode(shown, type=ANSWERS[path])
    request = {key: value for key, value in json.loads(body).items() if key != "model"} if body else None
    sent = client.post(path, json=request) if request else client.get(path)
    assert sent.status_code == 200
    assert list(json.loads(shown)) == list(sent.json())


@pytest.mark.parametrize(
    "error", [TextError, RequestError, TooLargeError, ModelNotFoundError, OverloadedError, NotReadyError]
)
def test_every_error_of_a_request_is_listed_with_its_status(error: type[TextError]) -> None:
    assert f"| {status_of(error('')).value} | `{error.code}` |" in PAGE


def test_no_status_is_sent_that_is_not_listed() -> None:
    assert {str(status.value) for status in STATUS.values()} <= set(
        re.findall(r"^\| (\d{3}) ", PAGE, re.MULTILINE)
    )


@pytest.mark.parametrize("key", Settings.model_fields)
def test_every_setting_is_listed_with_its_default(key: str) -> None:
    default = Settings.model_fields[key].default
    shown = "unset" if default is None else f"`{list(default) if isinstance(default, tuple) else default}`"
    assert f"| `TEXTCNN_{key.upper()}` | {shown} |" in PAGE
