"""Whether the service grows: `python -m benchmarks soak`, 1,000,000 requests of several kinds.

Resident memory of the process after a warm-up, along the way and at the end; every answer is to be 200.
"""

from __future__ import annotations

import random
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.http_load import drive, for_answers, post
from benchmarks.load import make_texts
from benchmarks.machine import write_results
from benchmarks.servers import new_api_key, textcnn_server

if TYPE_CHECKING:
    from benchmarks.servers import Server

REQUESTS, WARM_UP = 1_000_000, 20_000
CONNECTIONS = 16
PARTS = 10
"""Memory is looked at so many times along the way."""
LARGEST_GROWTH = 0.03


def main() -> None:
    """Measure, and keep the figures."""
    with tempfile.TemporaryDirectory() as folder:
        results = measure(Path(folder), requests=REQUESTS, warm_up=WARM_UP)
    write_results("soak", results)
    print("soak:", results)
    if results["failures"] or results["growth"] >= LARGEST_GROWTH:
        raise SystemExit("The service grew, or did not answer everything.")


def measure(folder: Path, *, requests: int, warm_up: int) -> dict[str, Any]:
    """Memory in bytes before and after so many requests, and what failed."""
    secret, keys = new_api_key()
    bodies = make_requests(secret)
    with textcnn_server(folder, keys) as server:
        drive(server.port, bodies, connections=CONNECTIONS, go_on=for_answers(warm_up, CONNECTIONS))
        memory, answers, failures = [_settled(server)], 0, 0
        started = time.perf_counter()
        for _ in range(PARTS):
            part = for_answers(requests // PARTS, CONNECTIONS)
            tally = drive(server.port, bodies, connections=CONNECTIONS, go_on=part)
            answers, failures = answers + tally.answers, failures + tally.failures
            memory.append(server.resident_bytes())
        seconds = time.perf_counter() - started
        memory[-1] = _settled(server)
    return {
        "requests": answers,
        "failures": failures,
        "seconds": round(seconds, 1),
        "start_bytes": memory[0],
        "end_bytes": memory[-1],
        "growth": round(memory[-1] / memory[0] - 1, 5),
        "along_the_way": memory[1:-1],
    }


def make_requests(secret: str) -> list[bytes]:
    """Requests of clients: mostly one text, some batches, some long texts for a thread; no two alike."""
    singles = [post("/v1/classify", {"text": text}, key=secret) for text in make_texts(4096)]
    sizes = range(5, 37)
    batches = [post("/v1/classify/batch", {"texts": make_texts(64, words)}, key=secret) for words in sizes]
    lengthy = [post("/v1/classify", {"text": make_texts(1, words)[0]}, key=secret) for words in (2000, 4000)]
    requests = [*singles, *batches, *lengthy]
    random.Random(0).shuffle(requests)  # noqa: S311  # no secret
    return requests


def _settled(server: Server) -> int:
    """Memory when nothing is under way any more."""
    time.sleep(0.5)
    return server.resident_bytes()
