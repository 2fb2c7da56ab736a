"""Hostile requests against a real process: `python -m benchmarks fuzz`, 110,000 of them.

No answer may be a fault (5xx), and memory may not grow: after 10,000 as a warm-up, what the process usually
holds during the last 50,000 (median) is compared with what it held during the 50,000 before. Hundreds of
these bodies are granted, replace a model or load an earlier version beside it, so what a process holds at one
moment, or at most, says little. The test suite sends 500 of the same kind in-process.
"""

from __future__ import annotations

import http.client
import json
import statistics
import sys
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from benchmarks.hostile import hostile_requests
from benchmarks.machine import write_results
from benchmarks.servers import PATIENCE, running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.hostile import Hostile
    from benchmarks.servers import Server

ROUNDS = {"warm-up": 10_000, "first": 50_000, "second": 50_000}
"""Requests of each."""
LOOK_EVERY = 100
MODEL = "sentiment"
CUT_OFF = 0
"""Stands for a connection that was closed before a body over the limit was sent: a refusal, too."""
MOST_GROWTH = 0.03


class Target:
    """A running service, and one connection to it."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
        self.paths = [
            path for path, methods in self._get("/openapi.json")["paths"].items() if "post" in methods
        ]
        self._version = self._get(f"/v2/models/{MODEL}")["versions"][0]

    def ask(self, hostile: Hostile) -> int:
        """The status of the answer."""
        path = hostile.path.replace("{model}", MODEL).replace("{version}", self._version)
        with suppress(BrokenPipeError, ConnectionResetError):  # refused early: the answer may be there
            self._connection.request("POST", path, hostile.body, hostile.headers)
        try:
            response = self._connection.getresponse()
            response.read()
        except ConnectionError:
            self._connection.close()
            return CUT_OFF
        if response.will_close:
            self._connection.close()
        return response.status

    @property
    def resident_megabytes(self) -> float:
        """Memory of the process that is in use."""
        return round(self._server.resident_bytes() / 1024**2, 1)

    def _get(self, path: str) -> Any:  # noqa: ANN401  # any JSON
        self._connection.request("GET", path)
        return json.load(self._connection.getresponse())


def main() -> None:
    """Send all requests, and keep what came of them; a fault, or memory that grew, ends in an error."""
    with _serving() as target:
        requests = hostile_requests(target.paths, Random(0))  # noqa: S311  # no secrets
        rounds = [_send(target, islice(requests, count)) for count in ROUNDS.values()]
    usual = [statistics.median(each.resident_megabytes) for each in rounds]
    growth = usual[-1] / usual[-2] - 1
    statuses = sum((each.statuses for each in rounds), Counter[int]())
    kinds = sum((each.kinds for each in rounds), Counter[str]())
    values = {
        "requests": sum(ROUNDS.values()),
        "routes": len(target.paths),
        "kinds": dict(sorted(kinds.items())),
        "statuses": {str(status) if status else "cut off": n for status, n in sorted(statuses.items())},
        "resident_megabytes": {
            name: {"median": round(median, 1), "most": max(each.resident_megabytes)}
            for name, median, each in zip(ROUNDS, usual, rounds, strict=True)
        },
        "growth": round(growth, 4),
    }
    write_results("fuzz", values)
    print(f"fuzz: {values['requests']} requests, {values['resident_megabytes']};", values["statuses"])
    if growth > MOST_GROWTH:
        sys.exit(f"fuzz: memory grew by {growth:.1%}.")


@dataclass
class Sent:
    """The outcome of many requests."""

    statuses: Counter[int] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    resident_megabytes: list[float] = field(default_factory=list)
    """Of the process, after every hundred of them."""


def _send(target: Target, requests: Iterator[Hostile]) -> Sent:
    """Send all of them; an answer that tells of a fault ends the run."""
    sent = Sent()
    for number, hostile in enumerate(requests, start=1):
        status = target.ask(hostile)
        if status >= http.HTTPStatus.INTERNAL_SERVER_ERROR:
            sys.exit(
                f"fuzz: request {number} ({hostile.kind}, POST {hostile.path}) was answered with {status}."
            )
        sent.statuses[status] += 1
        sent.kinds[hostile.kind] += 1
        if number % LOOK_EVERY == 0:
            sent.resident_megabytes.append(target.resident_megabytes)
    return sent


@contextmanager
def _serving() -> Iterator[Target]:
    """A service of one bundled model in a process of its own."""
    command = [sys.executable, "-m", "textcnn", "serve", "--port", "{port}", "--model", MODEL]
    with TemporaryDirectory() as folder:
        environment = {
            "TEXTCNN_ACCESS_LOG": "false",
            "TEXTCNN_WORKER": "false",
            "TEXTCNN_DATA_DIR": f"{folder}/data",
        }
        log = Path(folder, "log")
        with running(command, health="/readyz", log=log, environment=environment) as server:
            yield Target(server)


if __name__ == "__main__":
    main()
