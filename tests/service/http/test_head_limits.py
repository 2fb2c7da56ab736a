"""A connection's first words: in time, and few."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import time
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import uvicorn
from fastapi.testclient import TestClient

from textcnn.service.app import create_app
from textcnn.service.http.head_limits import HELD, MOST_BYTES, MOST_FIELDS, MOST_WAITING, Connection
from textcnn.service.http.held_bytes import HeldBytes
from textcnn.service.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractContextManager

    from starlette.types import ASGIApp, Receive, Scope, Send

    from textcnn.service.loaded.registry import Registry


async def slow(scope: Scope, receive: Receive, send: Send) -> None:
    await asyncio.sleep(0.3)  # longer than a head may take
    await quick(scope, receive, send)


async def quick(_: Scope, receive: Receive, send: Send) -> None:
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.mark.parametrize(
    ("pieces", "answers"),
    [
        ([], 0),
        ([b"POST / HT"], 0),
        ([b"GET / HTTP/1.1\r\nhost: x\r\n\r\n", b"GET / HT"], 1),
        ([b"GET / HTTP/1.1\r\nho", b"st: x\r\n\r\n"], 1),
    ],
)
def test_a_connection_is_closed_when_a_head_takes_too_long_and_not_before(
    pieces: list[bytes], answers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("textcnn.service.http.head_limits.HEAD_SECONDS", 0.1)

    assert ask(pieces, slow).count(b"200 OK") == answers


def fields(count: int, size: int = 1) -> bytes:
    return b"".join(b"x-%d: %s\r\n" % (number, b"v" * size) for number in range(count))


WHOLE = b"GET / HTTP/1.1\r\n" + fields(1) + b"\r\n"
CHUNKED = b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "pieces",
    [
        [b"GET / HTTP/1.1\r\n" + fields(MOST_FIELDS + 1) + b"\r\n"],
        [b"GET / HTTP/1.1\r\n" + fields(MOST_FIELDS + 2)],
        [b"GET / HTTP/1.1\r\n" + fields(1, MOST_BYTES) + b"\r\n"],
        [b"GET / HTTP/1.1\r\n" + fields(1, MOST_BYTES)],
        [b"GET / HTTP/1.1\r\n" + fields(50, MOST_BYTES // 50)],
        [b"GET / HTTP/1.1\r\nx: ", *[b"v" * 10_000] * 8],
        [b"GET /" + b"a" * MOST_BYTES + b" HTTP/1.1\r\n\r\n"],
        [b"GET /", *[b"a" * 10_000] * 8],
    ],
)
def test_a_head_that_is_too_large_is_refused_and_never_reaches_the_app(pieces: list[bytes]) -> None:
    head, _, body = ask(pieces).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")
    assert b"connection: close" in head
    assert json.loads(body)["code"] == "head_too_large"


@pytest.mark.slow
def test_a_head_may_be_as_large_as_said_and_a_body_larger() -> None:
    most = b"GET / HTTP/1.1\r\n" + fields(MOST_FIELDS, 500) + b"\r\n"
    long = b"POST / HTTP/1.1\r\ncontent-length: 300000\r\n\r\n" + b"x" * 300_000
    chunked = CHUNKED + b"1000\r\n" + b"x" * 4_096 + b"\r\n0\r\n\r\n"
    for request in (most, long, chunked):
        assert ask([request, WHOLE]).count(b"200 OK") == 2


@pytest.mark.parametrize(
    "rest",
    [[b"1;" + b"e" * 30_000] * 3, [b"0\r\n" + fields(MOST_FIELDS + 2)], [b"0\r\nx: ", *[b"v" * 30_000] * 3]],
)
def test_what_stands_around_a_body_is_bounded_too(rest: list[bytes]) -> None:
    assert b"200 OK" not in ask([CHUNKED, *rest])


def test_few_requests_wait_on_one_connection() -> None:
    assert ask([WHOLE * MOST_WAITING]).count(b"200 OK") == MOST_WAITING
    assert ask([WHOLE * 5_000]).count(b"200 OK") == 0


@pytest.mark.slow
def test_what_heads_hold_counts_with_all_that_is_held() -> None:
    held = HeldBytes(100_000)
    part = b"GET / HTTP/1.1\r\n" + fields(1, 50_000)

    async def several() -> list[bytes]:
        async with serving_here(held=held) as port:
            first = asyncio.create_task(exchange(port, [part], patience=1.0))
            await asyncio.sleep(0.1)
            assert 50_000 < held._bytes < 51_000
            answers = await asyncio.gather(*(exchange(port, [part]) for _ in range(3)))
            await first
            await asyncio.sleep(0.05)
            assert held._bytes == 0
            assert b"200 OK" in await exchange(port, [WHOLE])
            assert held._bytes == 0
            return answers

    assert sum(b"429 Too Many" in answer for answer in asyncio.run(several())) >= 2


def test_a_whole_head_counts_until_its_request_is_answered() -> None:
    held = HeldBytes(100_000)
    head = b"GET / HTTP/1.1\r\n" + fields(1, 50_000) + b"\r\n"

    async def several() -> list[bytes]:
        async with serving_here(slow, held=held) as port:
            first = asyncio.create_task(exchange(port, [head]))
            await asyncio.sleep(0.15)
            assert 50_000 < held._bytes < 51_000
            refused = await asyncio.gather(*(exchange(port, [head]) for _ in range(3)))
            assert b"200 OK" in await first
            assert held._bytes == 0
            return refused

    assert sum(b"429 Too Many" in answer for answer in asyncio.run(several())) >= 2


def test_heads_count_with_the_bodies_of_the_service(registry: Registry) -> None:
    settings = Settings(access_log=False)
    with TestClient(create_app(settings, registry)) as client:
        heads: HeldBytes = client.app_state[HELD]  # the server gives it to each connection
        heads.add(settings.max_held_bytes)
        assert client.post("/v1/classify", json={"text": "a"}).status_code == 429
        heads.release(settings.max_held_bytes)
        assert client.post("/v1/classify", json={"text": "a"}).status_code == 200


@asynccontextmanager
async def serving_here(app: ASGIApp = quick, held: HeldBytes | None = None) -> AsyncIterator[int]:
    """An app behind such connections; the port."""
    config = uvicorn.Config(app, http=Connection, lifespan="off", log_config=None, timeout_keep_alive=1)
    server = uvicorn.Server(config)
    config.load()
    state: dict[str, Any] = {} if held is None else {HELD: held}
    listening = await asyncio.get_running_loop().create_server(
        lambda: Connection(config, server.server_state, state), "127.0.0.1", 0
    )
    yield listening.sockets[0].getsockname()[1]
    listening.close()


async def exchange(port: int, pieces: list[bytes], patience: float = 20.0) -> bytes:
    """All that is answered to what is sent piece by piece, until the connection is closed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answer = bytearray()
    try:
        async with asyncio.timeout(patience):
            for piece in pieces:
                writer.write(piece)
                await asyncio.sleep(0.02)
            while data := await reader.read(65_536):
                answer += data
    except (TimeoutError, ConnectionError):
        pass
    writer.close()
    return bytes(answer)


def ask(pieces: list[bytes], app: ASGIApp = quick) -> bytes:
    async def run() -> bytes:
        async with serving_here(app) as port:
            return await exchange(port, pieces)

    return asyncio.run(run())


def test_what_is_refused_before_it_is_a_request_is_logged_and_counted(
    serving: Callable[..., AbstractContextManager[Any]], tmp_path: Path
) -> None:
    with serving(tmp_path / "log", public_metrics="true") as server:
        for head in (b"GET / HTTP/1.1\r\n" + fields(MOST_FIELDS + 1) + b"\r\n", b"no HTTP\r\n\r\n"):
            with socket.create_connection(("127.0.0.1", server.port), timeout=5) as client:
                client.sendall(head)
                while client.recv(65_536):
                    pass
        page = httpx.get(f"{server.url}/metrics").text
        until = time.monotonic() + 5
        while len(logged := [line for line in server.lines() if line.get("route") == "other"]) < 2:
            assert time.monotonic() < until
            time.sleep(0.1)
    for status in (431, 400):
        assert f'textcnn_requests_total{{method="other",route="other",status="{status}"}} 1.0' in page
    assert [(line["event"], line["status"]) for line in logged] == [("request", 431), ("request", 400)]
    assert logged[0]["bytes_in"] > 100
    assert logged[0]["bytes_out"] > 100


@pytest.mark.slow
def test_long_heads_take_no_memory(
    serving: Callable[..., AbstractContextManager[Any]], tmp_path: Path
) -> None:
    line, limit = b"v" * 1_000_000, 20
    with serving(tmp_path / "log") as server, ExitStack() as stack:
        before = peak_bytes(server.process.pid)
        for _ in range(6):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=5))
            with contextlib.suppress(OSError):
                client.sendall(b"GET /v1/info HTTP/1.1\r\nx: ")
                for _ in range(limit):
                    client.sendall(line)
        time.sleep(0.2)
        assert peak_bytes(server.process.pid) - before < 20_000_000


def peak_bytes(process: int) -> int:
    """The most memory that a process ever held."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return 1024 * int(status.partition("VmHWM:")[2].split()[0])


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the fields that begin with `x-`, and the body."""
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    fields = b",".join(name + value for name, value in scope["headers"] if name.startswith(b"x-"))
    told = fields + b"|" + body
    length = str(len(told)).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]})
    await send({"type": "http.response.body", "body": told})


SWITCHING = b"POST / HTTP/1.1\r\nhost: x\r\nconnection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\n"


@pytest.mark.parametrize(
    "length", [b"content-length: %d\r\n\r\n%b", b"transfer-encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n"]
)
@pytest.mark.parametrize("parts", [1, 2])
def test_a_body_stays_a_body_where_its_head_asks_for_another_protocol(length: bytes, parts: int) -> None:
    """As Java's client and `curl --http2` ask; what the body holds is never a request of its own."""
    sent = SWITCHING + length % (len(WHOLE), WHOLE) + WHOLE
    middle = sent.index(WHOLE) if parts == 2 else len(sent)

    answered = ask([sent[:middle], sent[middle:]], echo)

    assert answered.count(b"200 OK") == 2
    assert answered.count(b"|" + WHOLE) == 1


def test_the_protocol_is_never_left_for_a_tunnel() -> None:
    answered = ask([b"CONNECT films.example:80 HTTP/1.1\r\nhost: x\r\n\r\n", WHOLE], echo)

    assert answered.startswith(b"HTTP/1.1 400")
    assert b"200 OK" not in answered


def test_fields_behind_a_body_are_no_fields_of_its_head() -> None:
    chunked = CHUNKED.replace(b"\r\n\r\n", b"\r\nx-first: 1\r\n\r\n")
    answered = ask([chunked + b"1\r\na\r\n0\r\nx-last: 2\r\n\r\n"], echo)

    assert answered.endswith(b"x-first1|a")
