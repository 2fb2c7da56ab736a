"""Requests a second and waiting times under load: `python -m benchmarks load`.

Ours, with a key, logs and metrics, beside an empty FastAPI endpoint and beside the same network in LitServe.
All servers stand ready at once, contenders take turns, and a ratio is the median of those within a round.
Texts have 21 words, as a sentence of the usual corpora does.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.http_load import Tally, drive_well, post
from benchmarks.machine import write_results
from benchmarks.servers import Server, new_api_key, running, textcnn_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ROUNDS = 5
SECONDS = 3.0
CONNECTIONS = (1, 16, 128)
BATCH = 256
BATCH_CONNECTIONS = (1, 4)
WORDS_PER_TEXT = 21
OURS, EMPTY = "textcnn", "FastAPI, empty"
LITSERVE = {"LitServe": 1, "LitServe, batches up to 32": 32}

_WORDS = """
the a this that of and with film story plot actor scene music dialogue ending director camera moment warm
funny engaging dull slow bright clever tired moving honest long short great poor never always often really
almost quite makes gives takes keeps finds leaves feels looks sounds better worse than before after
"""


def main() -> None:
    """Measure, and keep the figures."""
    with tempfile.TemporaryDirectory() as folder:
        results = measure(Path(folder), rounds=ROUNDS, seconds=SECONDS)
    write_results("load", results)
    for row in results["single"]:
        print(f"load, {row['connections']} connections: {row['per_second']}, to the empty one {row['ratio']}")
    print("load, batches:", results["batch"])


def measure(folder: Path, *, rounds: int, seconds: float) -> dict[str, Any]:
    """Every figure; `seconds` is how long each contender has in each round."""
    secret, keys = new_api_key()
    with ExitStack() as stack:
        ours = stack.enter_context(textcnn_server(folder, keys))
        servers = {OURS: ours, **{name: stack.enter_context(each) for name, each in _others(folder).items()}}
        return {
            "rounds": rounds,
            "seconds": seconds,
            "words": WORDS_PER_TEXT,
            "versions": {name: version(name) for name in ("fastapi", "uvicorn", "litserve")},
            "single": [_single(servers, secret, each, rounds, seconds) for each in CONNECTIONS],
            "batch": _batch(ours, secret, rounds, seconds),
        }


def make_texts(count: int, words: int = WORDS_PER_TEXT) -> list[str]:
    """Texts of so many words, the same ones each time."""
    draw = random.Random(0)  # noqa: S311  # no secret
    return [" ".join(draw.choices(_WORDS.split(), k=words)) for _ in range(count)]


def _others(folder: Path) -> dict[str, Any]:
    """The servers to compare with, not started yet."""
    empty = running(
        [sys.executable, "-m", "benchmarks.empty_service", "{port}"], health="/readyz", log=folder / "empty"
    )
    lit = {
        name: running(
            [sys.executable, "-m", "benchmarks.litserve_service", "{port}", str(batch)],
            health="/health",
            log=folder / f"litserve-{batch}",
        )
        for name, batch in LITSERVE.items()
    }
    return {EMPTY: empty, **lit}


def _single(
    servers: dict[str, Server], secret: str, connections: int, rounds: int, seconds: float
) -> dict[str, Any]:
    """Single texts on so many connections: medians over rounds."""
    requests = [post("/v1/classify", {"text": text}, key=secret) for text in make_texts(256)]
    tallies: defaultdict[str, list[Tally]] = defaultdict(list)
    for number in range(rounds + 1):
        for name, server in servers.items():
            tally = drive_well(
                server.port, requests, connections=connections, seconds=seconds, contender=name
            )
            if number:  # the first round is a warm-up
                tallies[name].append(tally)
    return {
        "connections": connections,
        "per_second": _medians(tallies, lambda tally: tally.per_second),
        "p50_ms": _medians(tallies, lambda tally: 1e3 * tally.percentile(50)),
        "p99_ms": _medians(tallies, lambda tally: 1e3 * tally.percentile(99)),
        "ratio": _ratio(tallies, lambda tally: tally.per_second),
        "p99_ratio": _ratio(tallies, lambda tally: tally.percentile(99)),
    }


def _medians(tallies: dict[str, list[Tally]], figure: Callable[[Tally], float]) -> dict[str, float]:
    """Of each contender the median of its rounds."""
    return {name: _median(map(figure, rounds)) for name, rounds in tallies.items()}


def _ratio(tallies: dict[str, list[Tally]], figure: Callable[[Tally], float]) -> float:
    """Ours over the empty endpoint's: the median of the rounds."""
    pairs = zip(tallies[OURS], tallies[EMPTY], strict=True)
    return _median(figure(ours) / figure(empty) for ours, empty in pairs)


def _batch(server: Server, secret: str, rounds: int, seconds: float) -> dict[str, Any]:
    """Texts a second in batches, over HTTP and within this process on one thread."""
    from textcnn import TextClassifier

    classifier = TextClassifier.load("sentiment")
    texts = make_texts(BATCH)
    request = [post("/v1/classify/batch", {"texts": texts}, key=secret)]
    inside: list[float] = []
    over_http: defaultdict[int, list[float]] = defaultdict(list)
    for _ in range(rounds + 1):
        inside.append(BATCH / _seconds_each(lambda: classifier.classify_batch(texts), seconds))
        for connections in BATCH_CONNECTIONS:
            tally = drive_well(server.port, request, connections=connections, seconds=seconds)
            over_http[connections].append(BATCH * tally.per_second)
    rates = {str(number): values[1:] for number, values in over_http.items()}
    return {
        "texts": BATCH,
        "in_process_per_second": statistics.median(inside[1:]),
        "per_second": {number: statistics.median(values) for number, values in rates.items()},
        "ratio": {
            number: _median(each / alone for each, alone in zip(values, inside[1:], strict=True))
            for number, values in rates.items()
        },
    }


def _seconds_each(work: Callable[[], object], seconds: float) -> float:
    """Seconds of one call, over calls for so long."""
    started, calls = time.perf_counter(), 0
    while (elapsed := time.perf_counter() - started) < seconds:
        work()
        calls += 1
    return elapsed / max(1, calls)


def _median(values: Iterable[float]) -> float:
    return round(statistics.median(values), 4)
