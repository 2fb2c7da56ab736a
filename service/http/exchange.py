"""One request and its answer, as the gateway follows them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from textcnn.errors import TooLargeError
from textcnn.service.service_errors import OverloadedError

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

    from textcnn.service.http.access import Area
    from textcnn.service.http.held_bytes import HeldBytes

Headers = list[tuple[bytes, bytes]]
HEAD_ALONE = "textcnn.head_alone"
"""Set in the scope of a request that wants the head of an answer without its body."""


class ClientGoneError(Exception):
    """The client closed the connection before its request was whole."""


class Exchange:
    """A request under way: what is counted, logged and limited.

    `receive` and `send` are what the application gets in place of the server's own.
    """

    __slots__ = (
        "_held", "_held_bytes", "_watcher", "area", "body_bytes", "complete", "deadline", "expired", "extra",
        "gone", "key", "limit", "method", "receive_raw", "request_id", "route", "scope", "send_raw",
        "sent_bytes", "started", "status", "task",
    )  # fmt: skip

    def __init__(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        *,
        area: Area,
        held: HeldBytes,
        request_id: bytes,
        started: float,
        limit: int,
        extra: Headers,
    ) -> None:
        self.scope, self.receive_raw, self.send_raw = scope, receive, send
        self.area, self._held = area, held
        self.request_id = request_id
        self.started = started
        self.deadline = started
        self.limit = limit
        """The most bytes that the body may have."""
        self.extra = extra
        """Headers of every answer."""
        self.method: str = scope["method"]
        self.route = ""
        """The route, where the framework's router does not see the request."""
        self.key = ""
        self.status = 0
        self.body_bytes = self.sent_bytes = self._held_bytes = 0
        self.complete = False
        """The whole body has arrived."""
        self.expired = self.gone = False
        self.task: asyncio.Task[Any] | None = None
        self._watcher: asyncio.Task[None] | None = None

    async def body(self, watched_from: int) -> bytes:
        """The whole body; above `watched_from` bytes, a client that goes away ends the work.

        Raises:
            TooLargeError: it is over the limit.
            ClientGoneError: the client closed the connection.
        """
        message = await self._message()
        data: bytes = message.get("body", b"")
        if not self.complete:
            parts = [data]
            while not self.complete:
                parts.append((await self._message()).get("body", b""))
            data = b"".join(parts)
        if len(data) > watched_from:
            self._watch()
        return data

    async def receive(self) -> Message:
        """The server's `receive`, counted; once the body is complete, it waits until the client is gone."""
        if not self.complete:
            message = await self._message()
            if self.complete:
                self._watch()
            return message
        if self._watcher is not None:
            await asyncio.shield(self._watcher)
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """The server's `send`, with the headers of every answer."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message = {**message, "headers": [*message.get("headers", ()), *self.extra]}
        elif self.method == "HEAD":
            message = {**message, "body": b""}
        else:
            self.sent_bytes += len(message.get("body", b""))
        await self.send_raw(message)

    async def answer(self, status: int, headers: Headers, body: bytes) -> None:
        """Send a whole answer."""
        self.status = status
        length = (b"content-length", b"%d" % len(body))
        if self.method == "HEAD":
            body = b""
        self.sent_bytes = len(body)
        start = {"type": "http.response.start", "status": status, "headers": [*headers, length, *self.extra]}
        await self.send_raw(start)
        await self.send_raw({"type": "http.response.body", "body": body})

    def as_read(self) -> Scope:
        """The scope for the application, which knows no HEAD: it gets GET, and its body is not sent."""
        if self.method == "HEAD":
            self.scope = {**self.scope, "method": "GET", HEAD_ALONE: True}
        return self.scope

    def expire(self) -> None:
        """End the work: its time is up."""
        self.expired = True
        if self.task is not None:
            self.task.cancel()

    def close(self) -> None:
        """Stop watching the client, and release the body's bytes."""
        self._held.release(self._held_bytes)
        self._held_bytes = 0
        if self._watcher is not None:
            self._watcher.cancel()

    async def _message(self) -> Message:
        message = await self.receive_raw()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        size = len(message.get("body", b""))
        self.body_bytes += size
        if self.area.max_body_bytes is None:  # uploads with a limit of their own are spooled to disk
            self._held_bytes += size
            self._held.add(size)
        if self.body_bytes > self.limit:
            raise TooLargeError(f"The body is larger than the {self.limit:,} bytes that are taken.")
        if self._held_bytes and self._held.too_many:
            raise OverloadedError("Too many bytes of other requests are under way. Try again in a moment.")
        self.complete = not message.get("more_body", False)
        return message

    def _watch(self) -> None:
        if self._watcher is None:
            self._watcher = asyncio.create_task(self._until_gone())

    async def _until_gone(self) -> None:
        while (await self.receive_raw())["type"] != "http.disconnect":
            pass
        self.gone = True
        if self.task is not None and self.status == 0:
            self.task.cancel()
