from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
import uvicorn

from textcnn.service.http.head_limits import Connection

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send


async def app(_: Scope, receive: Receive, send: Send) -> None:
    await asyncio.sleep(0.3)  # longer than a head may take
    await receive()
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

    async def ask() -> bytes:
        config = uvicorn.Config(app, http=Connection, lifespan="off", log_config=None, timeout_keep_alive=1)
        server = uvicorn.Server(config)
        config.load()
        listening = await asyncio.get_running_loop().create_server(
            lambda: Connection(config, server.server_state, {}), "127.0.0.1", 0
        )
        reader, writer = await asyncio.open_connection(*listening.sockets[0].getsockname())
        for piece in pieces:
            writer.write(piece)
            await asyncio.sleep(0.02)
        answer = await asyncio.wait_for(reader.read(), 10)
        writer.close()
        listening.close()
        return answer

    assert asyncio.run(ask()).count(b"200 OK") == answers
