"""A connection whose requests must begin in time, and with heads of a sensible size.

The gateway knows nothing of a request before its head is whole, and keys are looked at after that: what is
bounded here is bounded for everybody.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final, NoReturn

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from textcnn.service.http.held_bytes import HeldBytes
from textcnn.service.http.problems import headers_of, problem_response
from textcnn.service.service_errors import HeadError, OverloadedError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from textcnn.errors import TextCNNError

HEAD_SECONDS: Final = 10.0
"""For the head of a request: it is a few hundred bytes, and no other request waits for it."""
MOST_BYTES: Final = 65_536
"""Of a head, and of what may follow a body in chunks."""
MOST_FIELDS: Final = 100
MOST_WAITING: Final = 100
"""Requests on one connection that wait for the answer to the one before."""
HELD: Final = "held_bytes"
"""Where the state of the app has the count that heads are part of."""
REFUSED: Final = "refused"
"""Where it has what notes a refusal, which the gateway never sees: a status, bytes that came, bytes sent."""
_SMALL: Final = 1_024
"""A head that came with no more bytes is counted as all of them: its own size is not worth finding out."""


class Connection(HttpToolsProtocol):
    """Uvicorn's connection, closed when the head of a request takes too long, or is too large.

    Uvicorn waits for a head for ever, and keeps whatever comes. A timer runs only while part of a head is
    there, or nothing yet: a usual request comes at once.
    """

    _timer: asyncio.TimerHandle | None = None
    _unread = 0
    """Bytes since the last head, or piece of a body, that was whole: the parser keeps them."""
    _whole = 0
    """Bytes of the heads of requests under way."""
    _counted = 0
    """Both, as far as they count among the bytes that are held."""
    _refusal: TextCNNError | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a head."""
        super().connection_made(transport)
        self._held: HeldBytes = self.app_state.get(HELD) or HeldBytes(sys.maxsize)
        self._note: Callable[[int, int, int], None] = self.app_state.get(REFUSED) or _note_nothing
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more, and hold nothing."""
        self._stop_waiting()
        self._count(0)
        super().connection_lost(exc)

    def on_headers_complete(self) -> None:
        """Wait no more: from here on, the gateway watches the time."""
        if self.parser.should_upgrade():
            return  # it comes again, without its wish
        self._stop_waiting()
        size = self._unread
        if size > _SMALL:
            size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size > MOST_BYTES or len(self.headers) > MOST_FIELDS or len(self.pipeline) >= MOST_WAITING:
            self._refuse_here(_too_large())
        self._whole += size
        self._held.add(self._whole - self._counted)
        self._counted = self._whole
        if size > _SMALL and self._held.too_many:
            self._refuse_here(OverloadedError("Too many bytes of other requests are under way. Try again."))
        self._unread = 0
        super().on_headers_complete()
        self.headers = []  # what follows a body is no part of its head

    def on_message_complete(self) -> None:
        """End a body; a head that comes again has none yet."""
        if not self.parser.should_upgrade():
            super().on_message_complete()

    def on_body(self, body: bytes) -> None:
        """Take a piece of a body: what came is read."""
        self._unread = 0
        HttpToolsProtocol.on_body(self, body)

    def on_response_complete(self) -> None:
        """Let go of the heads, once no other request waits."""
        if not self.pipeline:
            self._held.release(self._counted)
            self._whole = self._counted = 0
        super().on_response_complete()

    def data_received(self, data: bytes) -> None:
        """Take data that came; where it is part of a head, the rest must follow soon, and be small."""
        self._unread += len(data)
        self._unset_keepalive_if_required()
        try:
            self._parse(data)
        except HttpParserError:
            self.send_400_response("Invalid HTTP request received.")
        if self._unread and not self.transport.is_closing():
            self._look_at_part()
        if self._timer is None and (self.cycle is None or self.cycle.response_complete):
            self._wait_for_head()

    def send_400_response(self, msg: str) -> None:
        """Answer what the parser does not take, or what we do not."""
        if self._refusal is None:
            super().send_400_response(msg)
            self._note(400, self._unread, len(msg))
        else:
            self._refuse(self._refusal)

    def _parse(self, data: bytes) -> None:
        """Parse data; a wish for another protocol is passed over, as whoever speaks one alone may.

        The parser takes what follows such a head for that protocol. Uvicorn goes on as if it were the next
        request, which a body must never become.
        """
        try:
            self.parser.feed_data(data)
        except HttpParserUpgrade as upgrade:
            if not any(name == b"upgrade" for name, _ in self.headers):
                raise HttpParserError("a tunnel is asked for") from None  # by CONNECT
            head, rest = self._head_without_upgrade(), data[upgrade.args[0] :]
            self.parser = HttpRequestParser(self)
            self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn's own
            self._parse(head + rest)

    def _head_without_upgrade(self) -> bytes:
        version = self.parser.get_http_version().encode()
        fields = b"".join(b"%b: %b\r\n" % pair for pair in self.headers if pair[0] != b"upgrade")
        return b"%b %b HTTP/%b\r\n%b\r\n" % (self.parser.get_method(), self.url, version, fields)

    def _look_at_part(self) -> None:
        """Refuse a head, or what follows a body, that is too large before it is whole."""
        if self._unread > MOST_BYTES or len(self.headers or ()) > MOST_FIELDS:
            self._refuse(_too_large())
            return
        self._count(self._whole + self._unread)
        if self._unread > _SMALL and self._held.too_many:
            self._refuse(OverloadedError("Too many bytes of other requests are under way. Try again."))

    def _count(self, size: int) -> None:
        self._held.add(size - self._counted)
        self._counted = size

    def _refuse_here(self, error: TextCNNError) -> NoReturn:
        """End the parser's work, which has the connection refused."""
        self._refusal = error
        raise error

    def _refuse(self, error: TextCNNError) -> None:
        """Close the connection, with an answer where none is under way that it would end up in."""
        if self.cycle is None or self.cycle.response_complete:
            response = problem_response(error)
            head = (*response.raw_headers, *headers_of(error))
            lines = b"".join(b"%s: %s\r\n" % pair for pair in head)
            self.transport.write(STATUS_LINE[response.status_code] + lines + b"\r\n" + bytes(response.body))
            self._note(response.status_code, self._unread, len(response.body))
        self.transport.close()

    def _wait_for_head(self) -> None:
        self._timer = self.loop.call_later(HEAD_SECONDS, self._close)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _close(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()


def _note_nothing(status: int, bytes_in: int, bytes_out: int) -> None:
    """Stand in for an app that notes none."""


def _too_large() -> HeadError:
    return HeadError(
        f"The head of the request has more than {MOST_BYTES:,} bytes or {MOST_FIELDS} fields. "
        "Send texts in the body."
    )
