from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

COMMITTED = Path(__file__).parents[3] / "docs" / "openapi.json"


def test_the_committed_document_is_the_one_that_is_served(client: TestClient) -> None:
    served = client.get("/openapi.json").json()
    again = "write it again: .venv/bin/python -m textcnn.service.openapi_document > docs/openapi.json"
    assert json.loads(COMMITTED.read_text(encoding="utf-8")) == served, again


def test_every_reference_leads_somewhere(client: TestClient) -> None:
    text = client.get("/openapi.json").text
    schemas = json.loads(text)["components"]["schemas"]
    for part in text.split('"#/components/schemas/')[1:]:
        assert part.split('"')[0] in schemas


def test_only_what_needs_a_model_is_said_to_answer_503(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    unready = {path for path, ways in paths.items() for way in ways.values() if "503" in way["responses"]}
    ours = {path for path in unready if path.startswith(("/v1/", "/readyz"))}
    assert ours == {
        "/v1/classify",
        "/v1/classify/batch",
        "/v1/classify/file",
        "/v1/models/{model}",
        "/readyz",
    }
    never = {"/v2", "/v2/health/live", "/v2/models", "/v2/repository/index"}
    assert unready - ours == {
        path for path in paths if not path.startswith(("/v1/", "/livez", "/metrics"))
    } - {
        *ours,
        *never,
    }


def test_the_page_for_people_is_there(client: TestClient) -> None:
    assert client.get("/docs").status_code == 200
