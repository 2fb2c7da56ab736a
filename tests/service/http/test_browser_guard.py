"""A page of somebody else changes nothing, whatever name it asks by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fastapi.testclient import TestClient

from textcnn.service.app import create_app
from textcnn.service.http.access import KeyScope
from textcnn.service.http.keys import new_key
from textcnn.service.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from textcnn.service.loaded.registry import Registry

SECRET, KEY = new_key("both", KeyScope)
BEARER = {"authorization": f"Bearer {SECRET}"}
NAMED = "https://a.example"
FORGED = ("evil.example:8000", "evil.example", "127.0.0.1.evil.example", "localhost.evil.example",
          "a@localhost", "evil-localhost", "evillocalhost:8000",
          "127.0.0.1:8000:1", "[::1", "", "x" * 9_000, "\xff")  # fmt: skip
OURS = ("127.0.0.1:8000", "192.168.1.7", "[::1]:8000", "[2001:db8::7]", "localhost:8000", "LOCALHOST.",
        "me.localhost:8000")  # fmt: skip
FOREIGN = (
    {"origin": NAMED},
    {"origin": "null"},
    {"origin": "http://127.0.0.1:9000"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site", "origin": "http://127.0.0.1:9000"},
    {"sec-fetch-site": "cross-site", "origin": "http://127.0.0.1:8000"},
)
OWN: tuple[dict[str, str], ...] = (
    {},
    {"origin": "http://127.0.0.1:8000"},
    {"sec-fetch-site": "same-origin", "origin": "https://behind.a.proxy"},
    {"sec-fetch-site": "none"},
)


@pytest.fixture(scope="module")
def service(
    registry: Registry, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., TestClient]]:
    """Makes services with a data directory, which a browser on this machine asks."""
    data: Path = tmp_path_factory.mktemp("data")
    clients: list[TestClient] = []

    def make(**settings: object) -> TestClient:
        values: dict[str, object] = {"allowed_hosts": (), "access_log": False, "data_dir": data}
        models = {"models": ("tiny", "tiny-multi")}
        app = create_app(Settings(**{**values, **models, **settings}), registry)  # type: ignore[arg-type]
        clients.append(TestClient(app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


def changing_routes(client: TestClient) -> list[tuple[str, str]]:
    """Every method and path that is not there to be read."""
    paths = client.get("/openapi.json").json()["paths"]
    changing = [(method.upper(), path) for path, methods in paths.items() for method in methods]
    return [
        (method, path.replace("{model}", "tiny").replace("{", "").replace("}", ""))
        for method, path in changing
        if method != "GET"
    ]


@pytest.mark.parametrize("host", FORGED)
def test_without_keys_a_name_that_is_not_ours_is_misdirected(
    service: Callable[..., TestClient], host: str
) -> None:
    client, told = service(), {b"host": host.encode("latin-1")}
    for path in ("/v1/models", "/v1/info", "/docs", "/", "/nowhere", "/console/main.js", "/v1/classify"):
        answer = client.get(path, headers=told)
        assert answer.status_code == 421, path
        assert "location" not in answer.headers
    answer = client.post("/v1/classify", json={"text": "a"}, headers=told)
    assert (answer.status_code, answer.json()["code"]) == (421, "misdirected")
    assert "evil" not in answer.text
    for path in ("/livez", "/readyz", "/metrics"):
        assert client.get(path, headers=told).status_code == 200


def test_addresses_loopback_names_and_names_that_are_told_are_ours(
    service: Callable[..., TestClient],
) -> None:
    for host in OURS:
        assert service().get("/v1/info", headers={"host": host}).status_code == 200, host
    told = service(host="box.example", allowed_hosts=("Texts.example",))
    for host in ("box.example:8000", "texts.example"):
        assert told.get("/v1/info", headers={"host": host}).status_code == 200, host
    assert told.get("/v1/info", headers={"host": "evil.example"}).status_code == 421
    assert service(allowed_hosts=("*",)).get("/v1/info", headers={"host": "a.example"}).status_code == 200


def test_with_keys_names_are_looked_at_where_they_are_told(service: Callable[..., TestClient]) -> None:
    keyed, told = service(keys=(KEY.line(),)), {**BEARER, "host": "evil.example"}
    assert keyed.get("/v1/info", headers=told).status_code == 200
    strict = service(keys=(KEY.line(),), allowed_hosts=("texts.example",))
    assert strict.get("/v1/info", headers=told).status_code == 421
    assert strict.get("/v1/info", headers={**BEARER, "host": "texts.example"}).status_code == 200
    assert strict.get("/readyz", headers={"host": "10.0.0.1:8000"}).status_code == 200


@pytest.mark.parametrize("keys", [(), (KEY.line(),)], ids=["keyless", "keys"])
@pytest.mark.parametrize("page", FOREIGN, ids=str)
def test_a_page_of_another_origin_changes_nothing_anywhere(
    service: Callable[..., TestClient], page: dict[str, str], keys: tuple[str, ...]
) -> None:
    client, told = service(keys=keys), {**page, **(BEARER if keys else {})}
    routes = changing_routes(service())
    assert {"/v1/feedback", "/v1/models/tiny/train", "/v1/models/tiny/versions", "/v2/models/tiny/infer"} <= {
        path for _, path in routes
    }
    for method, path in routes:
        assert client.request(method, path, headers=told, content=b"{}").status_code == 403, (method, path)
    for path in ("/v1/models", "/livez"):  # what is read, a browser keeps from the page by itself
        assert client.get(path, headers=told).status_code == 200


@pytest.mark.parametrize("page", OWN, ids=str)
def test_our_own_page_and_programs_may(service: Callable[..., TestClient], page: dict[str, str]) -> None:
    feedback = {"model": "tiny", "text": "a", "label": "good"}
    assert service().post("/v1/feedback", json=feedback, headers=page).status_code == 201


def test_origins_that_are_told_change_things_with_a_key_alone(service: Callable[..., TestClient]) -> None:
    feedback, text = {"model": "tiny", "text": "a", "label": "good"}, {"text": "a"}
    page = {"origin": NAMED, "sec-fetch-site": "cross-site"}
    keyless = service(cors_origins=(NAMED,))
    assert keyless.post("/v1/classify", json=text, headers=page).status_code == 200
    assert keyless.post("/v1/feedback", json=feedback, headers=page).status_code == 403
    keeping = service(cors_origins=(NAMED,), keep_answers=True)
    assert keeping.post("/v1/classify", json=text, headers=page).status_code == 403
    keyed = service(cors_origins=(NAMED,), keys=(KEY.line(),))
    assert keyed.post("/v1/feedback", json=feedback, headers={**page, **BEARER}).status_code == 201
    assert keyed.post("/v1/feedback", json=feedback, headers=page).status_code == 401
    other = {**page, **BEARER, "origin": "https://b.example"}
    assert keyed.post("/v1/feedback", json=feedback, headers=other).status_code == 403


def test_no_redirect_follows_a_foreign_host(service: Callable[..., TestClient]) -> None:
    client = service(keys=(KEY.line(),))
    for path in ("/v1/models/", "/v1/classify/", "/docs/", "/console/"):
        told = {**BEARER, "host": "evil.example"}
        for method in ("GET", "POST"):
            answer = client.request(method, path, headers=told, follow_redirects=False)
            assert answer.status_code in (404, 405), path
            assert "evil" not in str(answer.headers)
