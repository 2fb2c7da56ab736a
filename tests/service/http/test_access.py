"""Access by keys and scopes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fastapi.testclient import TestClient

from textcnn.errors import ConfigError
from textcnn.service.app import create_app
from textcnn.service.http.access import Area, Areas, KeyScope
from textcnn.service.http.keys import new_key
from textcnn.service.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from textcnn.service.loaded.registry import Registry

KEYS = {
    "labels": new_key("labels", [KeyScope.CLASSIFY]),
    "rules": new_key("rules", [KeyScope.ADMIN]),
    "both": new_key("both", KeyScope),
}
GUARDED = [
    ("POST", "/v1/classify"),
    ("POST", "/v1/classify/batch"),
    ("POST", "/v1/classify/file"),
    ("GET", "/v1/models"),
    ("GET", "/v1/models/tiny"),
    ("GET", "/v1/info"),
    ("GET", "/metrics"),
    ("GET", "/docs"),
    ("GET", "/openapi.json"),
    ("GET", "/nowhere"),
]
BODIES = {
    "/v1/classify": b'{"text": "a film"}',
    "/v1/classify/batch": b'{"texts": ["a film"]}',
    "/v1/classify/file": b"text\na film\n",
}
SPELLINGS = (
    "",
    "/",
    "%0A",
    "%0a%0A",
    "%0D",
    "%0D%0A",
    "%20",
    "%00",
    "%7F",
    "%85",
    "%E2%80%A8",
    "%2F",
    ";",
    ".",
    "%3F",
)
FILE = {"file": ("films.csv", b"text\na film\n")}


@pytest.fixture(scope="module")
def guarded(registry: Registry) -> Iterator[TestClient]:
    """A service that asks for keys."""
    keys = tuple(key.line() for _, key in KEYS.values())
    with TestClient(create_app(Settings(keys=keys), registry)) as client:
        yield client


def bearer(name: str) -> dict[str, str]:
    return {"authorization": f"Bearer {KEYS[name][0]}"}


@pytest.mark.parametrize(("method", "path"), GUARDED)
def test_only_a_key_with_the_scope_opens_a_route(guarded: TestClient, method: str, path: str) -> None:
    def status(headers: dict[str, str]) -> int:
        return guarded.request(method, path, content=BODIES.get(path), headers=headers).status_code

    opened = 404 if path == "/nowhere" else 200
    assert status({}) == 401
    assert status({"authorization": "Bearer wrong"}) == 401
    assert status({"authorization": "Basic dTpw"}) == 401
    assert status({"authorization": KEYS["both"][0]}) == 401
    assert status({"authorization": "Bearer " + "x" * 9_000}) == 401
    assert status(bearer("rules")) == 403
    assert status(bearer("labels")) == opened
    assert status(bearer("both")) == opened


def test_refusals_say_how_to_ask_and_which_scope_is_missing(guarded: TestClient) -> None:
    answer = guarded.get("/v1/info")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.json()["code"] == "unauthenticated"
    assert guarded.get("/v1/info", headers=bearer("rules")).json() == {
        "error": "The API key lacks the scope 'classify', which this needs.",
        "code": "forbidden",
    }


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_health_is_for_everybody(guarded: TestClient, path: str) -> None:
    assert guarded.get(path).status_code == 200


def test_figures_are_for_everybody_where_that_is_said(registry: Registry) -> None:
    settings = Settings(keys=(KEYS["both"][1].line(),), public_metrics=True)
    with TestClient(create_app(settings, registry)) as client:
        assert client.get("/metrics").status_code == 200
        assert client.get("/v1/info").status_code == 401


def test_without_keys_everybody_may_ask(client: TestClient) -> None:
    for method, path in GUARDED[:-1]:
        assert client.request(method, path, content=BODIES.get(path)).status_code == 200


def test_a_key_that_is_none_ends_the_start(registry: Registry) -> None:
    with pytest.raises(ConfigError, match="TEXTCNN_KEYS"):
        create_app(Settings(keys=("secret",)), registry)


def test_pages_of_other_origins_may_not_call_unless_they_are_named(
    client: TestClient, registry: Registry
) -> None:
    asked = {"origin": "https://a.example", "access-control-request-method": "POST"}
    assert "access-control-allow-origin" not in client.options("/v1/classify", headers=asked).headers
    settings = Settings(keys=(KEYS["both"][1].line(),), cors_origins=("https://a.example",))
    with TestClient(create_app(settings, registry)) as named:
        before = named.options("/v1/classify", headers=asked)
        assert before.status_code == 200
        assert before.headers["access-control-allow-origin"] == "https://a.example"
        refused = named.post("/v1/classify", headers={"origin": "https://a.example"})
        assert refused.status_code == 401
        assert refused.headers["access-control-allow-origin"] == "https://a.example"
        other = named.options("/v1/classify", headers={**asked, "origin": "https://b.example"})
        assert "access-control-allow-origin" not in other.headers


def test_the_longest_prefix_of_whole_segments_decides() -> None:
    areas = Areas([Area(prefix="/v2", needs=None), Area(prefix="/v2/admin", needs=KeyScope.ADMIN)])
    assert areas.of("/v2").needs is None
    assert areas.of("/v2/models").needs is None
    assert areas.of("/v2/admin/jobs").needs is KeyScope.ADMIN
    assert areas.of("/v2/administer").needs is None
    assert areas.of("/v22").needs is KeyScope.CLASSIFY


def test_no_spelling_of_a_path_opens_a_route_to_a_key_without_its_scope(
    registry: Registry, tmp_path: Path
) -> None:
    """A router reads paths by patterns, an area by its beginning: nothing may lie between the two."""
    keys = tuple(key.line() for _, key in KEYS.values())
    with TestClient(create_app(Settings(keys=keys, data_dir=tmp_path, worker=False), registry)) as client:
        opened = {
            f"{method} {path}{more}": answer.status_code
            for method, path in (("GET", "/v1/jobs"), ("POST", "/v1/files"), ("GET", "/v1/answers"))
            for more in SPELLINGS
            if (
                answer := client.request(method, path + more, headers=bearer("labels"), files=FILE)
            ).is_success
        }

    assert opened == {}
