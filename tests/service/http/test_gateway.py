"""The layer that every request passes."""

from __future__ import annotations

import asyncio
import json
import re
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from starlette.responses import Response

from textcnn.service.http.access import Area, Areas, KeyScope
from textcnn.service.http.access_log import AccessLog
from textcnn.service.http.gateway import Direct, Gateway
from textcnn.service.http.in_flight import InFlight
from textcnn.service.http.keys import Keyring
from textcnn.service.http.prometheus import Metrics
from textcnn.service.labelling.model_tallies import ModelTallies
from textcnn.service.service_errors import OverloadedError, StorageError
from textcnn.service.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from fastapi.testclient import TestClient
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from textcnn.errors import TextCNNError


def test_a_request_id_comes_back_and_one_is_made_where_there_is_none(client: TestClient) -> None:
    assert client.get("/livez", headers={"x-request-id": "abc-1"}).headers["x-request-id"] == "abc-1"
    made = [client.post("/v1/classify", json={"text": "a"}).headers["x-request-id"] for _ in range(3)]
    assert len(set(made)) == 3
    assert client.get("/nowhere", headers={"x-request-id": "abc-2"}).headers["x-request-id"] == "abc-2"


@pytest.mark.parametrize("given", ["", "two words", 'quo"te', "x" * 129])
def test_a_request_id_that_is_not_fit_for_a_log_is_replaced(client: TestClient, given: str) -> None:
    answer = client.get("/livez", headers={"x-request-id": given})
    assert re.fullmatch(r"[0-9a-f]+-[0-9a-f]+", answer.headers["x-request-id"])


@pytest.mark.parametrize("path", ["/v1/classify", "/v1/models", "/nowhere", "/livez"])
def test_every_answer_has_the_security_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"


def test_head_is_answered_as_get_without_the_body(client: TestClient) -> None:
    for path in (
        "/livez",
        "/readyz",
        "/metrics",
        "/v1/models",
        "/v1/info",
        "/openapi.json",
        "/console/main.js",
    ):
        got, head = client.get(path), client.head(path)
        assert (head.status_code, head.content) == (200, b""), path
        assert head.headers["content-type"] == got.headers["content-type"]
        if path not in ("/metrics", "/v1/info"):
            assert head.headers["content-length"] == str(len(got.content))
    refused = client.head("/v1/classify")
    assert (refused.status_code, refused.headers["allow"], refused.content) == (405, "POST", b"")
    assert client.head("/nowhere").status_code == 404


def test_a_body_that_is_told_to_be_too_large_is_not_read() -> None:
    read: list[int] = []

    async def receive() -> Message:
        read.append(1)
        return {"type": "http.request", "body": b"x" * 100, "more_body": False}

    sent = ask(gateway(echo, max_body_bytes=50), receive, [(b"content-length", b"100")])
    assert sent[0]["status"] == 413
    assert (b"connection", b"close") in sent[0]["headers"]
    assert not read


def test_a_slow_request_is_ended_and_told_so() -> None:
    async def never() -> Message:
        await asyncio.sleep(60)
        raise AssertionError

    sent = ask(gateway(echo, request_seconds=0.01), never)
    assert sent[0]["status"] == 408
    assert (b"connection", b"close") in sent[0]["headers"]


def test_slow_work_is_ended_and_told_so() -> None:
    async def slow(_: bytes, request_id: str = "") -> bytes:
        await asyncio.sleep(60)
        return b""

    sent = ask(gateway(echo, direct=slow, request_seconds=0.01), whole(b"{}"))
    assert sent[0]["status"] == 504


def test_a_client_that_goes_away_ends_its_work_and_gets_nothing() -> None:
    ended = asyncio.Event()

    async def slow(_: bytes, request_id: str = "") -> bytes:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()
        return b""

    assert ask(gateway(echo, direct=slow, light_text_characters=1), whole(b"{...}", then_gone=True)) == []
    assert ended.is_set()

    async def reads_and_waits(_: Scope, receive: Receive, __: Send) -> None:
        ended.clear()
        await receive()
        await slow(b"")

    assert ask(gateway(reads_and_waits), whole(b"{}", then_gone=True), path="/v1/slow") == []
    assert ended.is_set()


def test_a_client_that_goes_away_before_its_request_is_whole_holds_nothing() -> None:
    async def gone() -> Message:
        return {"type": "http.disconnect"}

    in_flight = InFlight(1_000)
    assert ask(gateway(echo, in_flight=in_flight), gone) == []
    assert len(in_flight) == 0


def test_bodies_together_hold_no_more_than_they_may() -> None:
    in_flight = InFlight(150)

    async def two_at_once() -> list[int]:
        door = asyncio.Event()

        async def waits(body: bytes, request_id: str) -> bytes:
            await door.wait()
            return body

        app = gateway(echo, direct=waits, in_flight=in_flight)
        first = asyncio.create_task(asked(app, whole(b"x" * 100)))
        await asyncio.sleep(0)
        second = await asked(app, whole(b"x" * 100))
        door.set()
        third = await asked(app, whole(b"x" * 100)) if await first else []
        return [(await first)[0]["status"], second[0]["status"], third[0]["status"]]

    assert asyncio.run(two_at_once()) == [200, 429, 200]


def test_an_area_writes_its_errors_in_its_own_shape() -> None:
    def write(error: TextCNNError) -> Response:
        return Response(json.dumps({"detail": error.code}), 418, media_type="application/json")

    async def busy(_: Scope, __: Receive, ___: Send) -> None:
        raise OverloadedError("busy")

    app = gateway(busy, areas=Areas([Area(prefix="/dialect", write_error=write, max_body_bytes=10)]))
    sent = ask(app, whole(b"{}"), path="/dialect/infer")
    assert (sent[0]["status"], json.loads(sent[1]["body"])) == (418, {"detail": "overloaded"})
    assert (b"retry-after", b"1") in sent[0]["headers"]
    refused = ask(app, whole(b"x" * 11), [(b"content-length", b"11")], path="/dialect/infer")
    assert json.loads(refused[1]["body"]) == {"detail": "too_large"}
    ours = ask(app, whole(b"{}"), path="/v1/nix")
    assert ours[0]["status"] == 429


def test_without_keys_a_page_of_another_origin_changes_nothing() -> None:
    app = gateway(echo, areas=Areas([Area(prefix="/v1/admin", needs=KeyScope.ADMIN)]))

    def status(*headers: tuple[bytes, bytes]) -> int:
        told = [(b"host", b"127.0.0.1:8000"), *headers]
        found: int = ask(app, whole(b"{}"), told, path="/v1/admin/models")[0]["status"]
        return found

    assert status() == 200
    assert status((b"origin", b"http://127.0.0.1:8000")) == 200
    assert status((b"origin", b"https://a.example")) == 403
    assert status((b"origin", b"null")) == 403


def test_a_bug_is_one_answer_and_its_message_is_not_told(caplog: pytest.LogCaptureFixture) -> None:
    async def broken(body: bytes, request_id: str) -> bytes:
        raise KeyError(body)

    sent = ask(gateway(echo, direct=broken), whole(b"my private words"))
    assert sent[0]["status"] == 500
    assert json.loads(sent[1]["body"])["code"] == "internal_error"
    assert "private" not in sent[1]["body"].decode()
    assert caplog.records[0].__dict__["request_id"]


def test_no_answer_names_a_path_of_the_server(tmp_path: Path) -> None:
    async def full(body: bytes, request_id: str) -> bytes:
        raise StorageError(f"{tmp_path}/models/tiny/aliases.json is damaged.")

    sent = ask(gateway(echo, direct=full), whole(b"{}"))
    assert json.loads(sent[1]["body"])["error"] == "aliases.json is damaged."


def test_while_draining_each_answer_closes_its_connection() -> None:
    in_flight = InFlight(1_000)
    in_flight.draining = True
    sent = ask(gateway(echo, in_flight=in_flight), whole(b"{}"))
    assert sent[0]["status"] == 200
    assert (b"connection", b"close") in sent[0]["headers"]


async def echo(_: Scope, receive: Receive, send: Send) -> None:
    """An application."""
    body = (await receive())["body"]
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


def gateway(
    app: ASGIApp,
    *,
    direct: Direct | None = None,
    areas: Areas | None = None,
    in_flight: InFlight | None = None,
    **settings: Any,  # noqa: ANN401  # as Settings takes them
) -> Gateway:
    return Gateway(
        app,
        settings=Settings(**settings),
        areas=areas or Areas([]),
        keyring=Keyring(),
        in_flight=InFlight(1_000_000) if in_flight is None else in_flight,
        metrics=Metrics(ModelTallies()),
        access_log=AccessLog(None),
        direct={"/v1/direct": direct} if direct else {},
    )


def whole(body: bytes, *, then_gone: bool = False) -> Receive:
    """A client that sent all, and stays or leaves."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        if messages:
            return messages.pop()
        await asyncio.sleep(0.01 if then_gone else 60)
        return {"type": "http.disconnect"}

    return receive


def ask(
    app: Gateway, receive: Receive, headers: list[tuple[bytes, bytes]] | None = None, path: str = "/v1/direct"
) -> list[Message]:
    """The messages that answer a request, while late ones are ended."""

    async def run() -> list[Message]:
        async def look() -> None:
            while True:
                app._in_flight.end_late_ones()  # as the housekeeping does
                await asyncio.sleep(0.01)

        looking = asyncio.create_task(look())
        sent = await asked(app, receive, headers, path)
        looking.cancel()
        return sent

    return asyncio.run(run())


async def asked(
    app: Gateway, receive: Receive, headers: list[tuple[bytes, bytes]] | None = None, path: str = "/v1/direct"
) -> list[Message]:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    told = [(b"host", b"127.0.0.1:8000"), *(headers or [])]
    scope = {"type": "http", "method": "POST", "path": path, "headers": told, "query_string": b""}
    await app(scope, receive, send)
    return sent


def test_the_shape_of_a_problem_is_that_of_the_document() -> None:
    sent = ask(gateway(echo, max_body_bytes=1), whole(b"{}"))
    assert set(msgspec.json.decode(sent[1]["body"])) == {"error", "code"}
