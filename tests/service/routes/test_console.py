"""The files of the console as they are served; tests/console drives it in a browser."""

from __future__ import annotations

import re

import pytest
from fastapi.testclient import TestClient

from textcnn.service.app import create_app
from textcnn.service.http.access import KeyScope
from textcnn.service.http.keys import new_key
from textcnn.service.loaded.registry import Registry
from textcnn.service.routes.console import ASSETS
from textcnn.service.settings import Settings

BROWSER = {"accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}
MOST_BYTES = 150_000


@pytest.fixture
def client(model_dir: object) -> TestClient:
    registry = Registry()
    registry.load([str(model_dir)])
    key = new_key("admin", KeyScope)[1]
    return TestClient(create_app(Settings(access_log=False, keys=(key.line(),)), registry))


def test_a_browser_gets_the_page_without_a_key_and_a_program_does_not(client: TestClient) -> None:
    page = client.get("/", headers=BROWSER)
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert client.get("/", headers={"accept": "application/json"}).text == ""
    assert client.get("/v1/models", headers=BROWSER).status_code == 401


def test_the_page_loads_nothing_from_elsewhere_and_runs_nothing_inline(client: TestClient) -> None:
    page = client.get("/", headers=BROWSER)
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert not re.search(r"<script(?![^>]*src=)|style=|\son\w+=", page.text)
    for path in ASSETS.iterdir():
        for address in re.findall(r"https?://[^\s\"']+", path.read_text(encoding="utf-8")):
            assert address == "http://www.w3.org/2000/svg"  # the name of a language, not an address


def test_every_file_that_the_page_names_is_there_and_all_are_light(client: TestClient) -> None:
    page = client.get("/", headers=BROWSER)
    named = re.findall(r"(?:src|href)=\"(console/[^\"]+)\"", page.text)
    assert len(named) >= 3
    total = len(page.content)
    for path in [*named, *(f"console/{each.name}" for each in ASSETS.glob("*.js"))]:
        answer = client.get(f"/{path}")
        assert answer.status_code == 200, path
        total += len(answer.content)
    assert total < MOST_BYTES


@pytest.mark.parametrize("name", ["nothing.js", "..%2fassets%2findex.html", "%2e%2e", "index.html"])
def test_nothing_else_is_served(client: TestClient, name: str) -> None:
    assert client.get(f"/console/{name}").status_code == 404
