"""A client that keeps connections busy and costs little itself: sockets, `epoll` and no HTTP library.

Each connection sends a request, waits for all of its answer, and sends the next one; where an answer says
that it is the last one, another connection is made. Requests are bytes made
beforehand; of an answer the status line and `Content-Length` are read.
"""

from __future__ import annotations

import json
import re
import select
import socket
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import cycle
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

PATIENCE = 30.0
"""Seconds without any answer before the run ends in an error: a benchmark never hangs."""

_HEAD_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
_CLOSE = re.compile(rb"(?i)\r\nconnection: *close\r\n")
_PIECE = 1 << 18


@dataclass(slots=True)
class Tally:
    """The outcome of a run. Times are those of `time.perf_counter`."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    """Of each whole answer, the seconds since its request was sent."""
    statuses: Counter[int] = field(default_factory=Counter)
    unanswered: list[float] = field(default_factory=list)
    """When those requests were sent whose connection ended before any byte of an answer."""
    cut: int = 0
    """Answers that ended before their end."""

    @property
    def answers(self) -> int:
        """Whole answers."""
        return len(self.latencies)

    @property
    def failures(self) -> int:
        """Everything that was not answered with 200."""
        return self.answers - self.statuses[200] + len(self.unanswered) + self.cut

    @property
    def per_second(self) -> float:
        """Whole answers a second."""
        return self.answers / self.seconds

    def percentile(self, percent: float) -> float:
        """Seconds within which so many per cent were answered."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]

    def lost(self, before: float) -> int:
        """Requests sent before a moment that were not answered whole, and answers that were cut off."""
        return sum(sent < before for sent in self.unanswered) + self.cut


def post(path: str, body: dict[str, Any], *, key: str | None = None) -> bytes:
    """The bytes of a request with a JSON body, on a connection that stays open."""
    data = json.dumps(body, ensure_ascii=False).encode()
    head = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/json",
        f"Content-Length: {len(data)}",
        *([f"Authorization: Bearer {key}"] if key else []),
    ]
    return "\r\n".join(head).encode() + _HEAD_END + data


class Connection:
    """One connection, with one request under way on it."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sent = 0.0
        self._received = bytearray()

    def send(self, request: bytes) -> bool:
        """Send a request; False where the server has closed the connection."""
        self._received.clear()
        self.sent = time.perf_counter()
        try:
            self.socket.sendall(request)
        except (BrokenPipeError, ConnectionResetError):
            return False
        return True

    def receive(self) -> int | None:
        """The status of the answer when it is whole, 0 while it is not, None when the connection ended."""
        try:
            piece = self.socket.recv(_PIECE)
        except ConnectionResetError:
            piece = b""
        if not piece:
            return None
        self._received += piece
        end = self._received.find(_HEAD_END)
        length = _LENGTH.search(self._received, 0, end + 2) if end >= 0 else None
        if length is None or len(self._received) < end + len(_HEAD_END) + int(length[1]):
            return 0
        return int(self._received[9:12])

    @property
    def body(self) -> bytes:
        """The body of the whole answer."""
        return bytes(self._received).partition(_HEAD_END)[2]

    @property
    def closes(self) -> bool:
        """Whether the answer said that it is the last one."""
        return _CLOSE.search(self._received) is not None

    @property
    def is_cut(self) -> bool:
        """Whether a part of an answer was received."""
        return bool(self._received)


def drive(
    port: int, requests: Sequence[bytes], *, connections: int, go_on: Callable[[int, float], bool]
) -> Tally:
    """Send the requests in turn, over and over, on so many connections, until told, or the server ends them.

    `go_on(answers, seconds)` is asked after each answer whether to send another one.

    Raises:
        TimeoutError: nothing was answered for a while.
    """
    with select.epoll() as poll:
        return _Run(port, cycle(requests), go_on, poll).drive(connections)


def drive_well(
    port: int, requests: Sequence[bytes], *, connections: int, seconds: float, contender: str = "the service"
) -> Tally:
    """Drive for so long a server that answers everything with 200.

    Raises:
        RuntimeError: an answer was another one, or lost; `contender` is named.
        TimeoutError: nothing was answered for a while.
    """
    tally = drive(port, requests, connections=connections, go_on=for_seconds(seconds))
    if tally.failures:
        raise RuntimeError(f"{contender}: {tally.failures} of {tally.answers} answers are not 200")
    return tally


class _Run:
    """The connections that wait for an answer, by the numbers of their files."""

    def __init__(
        self, port: int, requests: Iterator[bytes], go_on: Callable[[int, float], bool], poll: select.epoll
    ) -> None:
        self._port, self._requests, self._go_on, self._poll = port, requests, go_on, poll
        self._tally = Tally()
        self._busy: dict[int, Connection] = {}

    def drive(self, connections: int) -> Tally:
        """Keep so many connections busy until the last one is done."""
        started = time.perf_counter()
        for connection in [Connection(self._port) for _ in range(connections)]:
            self._take(connection)
        while self._busy:
            events = self._poll.poll(PATIENCE)
            if not events:
                raise TimeoutError(f"no answer within {PATIENCE:.0f} s on {len(self._busy)} connections")
            for number, _ in events:
                self._receive(self._busy[number], started)
        self._tally.seconds = time.perf_counter() - started
        return self._tally

    def _take(self, connection: Connection) -> None:
        self._busy[connection.socket.fileno()] = connection
        self._poll.register(connection.socket, select.EPOLLIN)
        self._send(connection)

    def _leave(self, connection: Connection) -> None:
        del self._busy[connection.socket.fileno()]
        self._poll.unregister(connection.socket)
        connection.socket.close()

    def _send(self, connection: Connection) -> None:
        if not connection.send(next(self._requests)):
            self._tally.unanswered.append(connection.sent)
            self._leave(connection)

    def _receive(self, connection: Connection, started: float) -> None:
        status = connection.receive()
        if status is None:
            self._end(connection)
        elif status:
            now = time.perf_counter()
            self._tally.latencies.append(now - connection.sent)
            self._tally.statuses[status] += 1
            if not self._go_on(self._tally.answers, now - started):
                self._leave(connection)
            elif connection.closes:
                self._leave(connection)
                self._reopen()
            else:
                self._send(connection)

    def _reopen(self) -> None:
        """Another connection, as clients make one; none where nobody listens any more."""
        try:
            connection = Connection(self._port)
        except ConnectionError:
            return
        self._take(connection)

    def _end(self, connection: Connection) -> None:
        """The server has closed the connection before a whole answer."""
        if connection.is_cut:
            self._tally.cut += 1
        else:
            self._tally.unanswered.append(connection.sent)
        self._leave(connection)


def for_seconds(seconds: float) -> Callable[[int, float], bool]:
    """Go on for so long."""
    return lambda _answers, elapsed: elapsed < seconds


def for_answers(count: int, connections: int) -> Callable[[int, float], bool]:
    """Go on until so many answers have come, those under way included."""
    return lambda answers, _elapsed: answers <= count - connections
