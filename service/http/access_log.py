"""A line of JSON on standard error for each request.

No line holds a text, a path as it was sent, or the value of a parameter.
"""

from __future__ import annotations

from datetime import UTC, datetime
from time import time
from typing import TYPE_CHECKING, BinaryIO, Final

import msgspec

if TYPE_CHECKING:
    from textcnn.service.http.exchange import Exchange

FLUSH_LINES: Final = 200
"""Lines that are written at once; the housekeeping writes fewer when it next comes by."""


class RequestLine(msgspec.Struct, omit_defaults=True):
    """A request that was answered."""

    time: str
    level: str
    event: str
    request_id: str
    method: str
    route: str
    status: int
    milliseconds: float
    bytes_in: int
    bytes_out: int
    key: str = ""
    """The name of the API key."""


class AccessLog:
    """A line for each request. Lines are gathered: a write for each would cost more than a label."""

    def __init__(self, stream: BinaryIO | None) -> None:
        self._stream = stream
        self._lines: list[bytes] = []
        self._encode = msgspec.json.Encoder().encode
        self._second, self._shown = 0, ""

    def write(self, exchange: Exchange, route: str, seconds: float) -> None:
        """Note an answered request."""
        if self._stream is None:
            return
        line = RequestLine(
            self._now(),
            "info",
            "request",
            exchange.request_id.decode("ascii"),
            exchange.method,
            route,
            exchange.status,
            round(1000 * seconds, 3),
            exchange.body_bytes,
            exchange.sent_bytes,
            exchange.key,
        )
        self._add(line)

    def write_refusal(self, route: str, status: int, bytes_in: int, bytes_out: int) -> None:
        """Note what was refused before it was a whole request: it has no id, and no method that is known."""
        if self._stream is not None:
            self._add(
                RequestLine(
                    self._now(), "info", "request", "", route, route, status, 0.0, bytes_in, bytes_out
                )
            )

    def flush(self) -> None:
        """Write the gathered lines."""
        if self._lines and self._stream is not None:
            lines, self._lines = self._lines, []
            try:
                self._stream.write(b"\n".join(lines) + b"\n")
                self._stream.flush()
            except OSError:  # the log's reader is gone; the service goes on
                self._stream = None

    def _add(self, line: RequestLine) -> None:
        self._lines.append(self._encode(line))
        if len(self._lines) >= FLUSH_LINES:
            self.flush()

    def _now(self) -> str:
        now = time()
        second = int(now)
        if second != self._second:
            self._second, self._shown = (
                second,
                datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S"),
            )
        return f"{self._shown}.{int(1000 * (now - second)):03}Z"
