"""Whether a change made the hot paths slower: `TEXTCNN_BEFORE=CHECKOUT python -m benchmarks before_after`.

CHECKOUT is another version with an environment of its own in `.venv` (`git worktree add CHECKOUT COMMIT`,
then `make .venv/.all` there). Both versions take turns, in another order each round, and a ratio is the
median of those within a round: above 1, this version is faster.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.http_load import drive_well, post
from benchmarks.load import BATCH, make_texts
from benchmarks.machine import write_results
from benchmarks.servers import ROOT, Server, new_api_key, textcnn_server
from benchmarks.startup import first_answer_of, seconds_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Speeds = dict[str, float]
    """Of each figure how many texts, requests or runs a second."""

ROUNDS = 15
SECONDS = 1.0
"""Many short rounds: a machine's speed drifts within some seconds."""
PROBE = ROOT / "benchmarks" / "engine_probe.py"
PROBE_TEXTS = 50_000
FILE_ROWS = 200_000


def main() -> None:
    """Measure and keep the ratios.

    Raises:
        SystemExit: `TEXTCNN_BEFORE` names no checkout with an environment.
    """
    before = _bin_of_checkout(os.environ.get("TEXTCNN_BEFORE", ""))
    now = Path(sys.executable).parent
    with tempfile.TemporaryDirectory() as folder:
        results = measure({"before": before, "after": now}, Path(folder), ROUNDS, SECONDS)
    results["commits"] = {"before": _commit(before.parent.parent), "after": _commit(ROOT)}
    write_results("before_after", results)
    for name, figure in results["figures"].items():
        print(f"before_after, {name}: {figure['ratio']} ({figure['least']} to {figure['most']})")


def measure(sides: dict[str, Path], folder: Path, rounds: int, seconds: float) -> dict[str, Any]:
    """Every figure of both sides; the first round is a warm-up."""
    speeds: defaultdict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    with ExitStack() as stack:
        secret, keys = new_api_key()
        servers = {  # by the console script: `-m` would import what lies in the working directory
            side: stack.enter_context(textcnn_server(folder / side, keys, textcnn=[str(each / "textcnn")]))
            for side, each in sides.items()
        }
        parts = (_engine(sides), _http(servers, secret, seconds), _commands(sides, folder))
        for number in range(rounds + 1):
            for measured in parts:
                for side, figures in _in_turn(measured, number):
                    for name, speed in figures.items():
                        speeds[name][side].append(speed)
    return {
        "rounds": rounds,
        "seconds": seconds,
        "figures": {name: _figure(each) for name, each in speeds.items()},
    }


def _in_turn(sides: dict[str, Callable[[], Speeds]], number: int) -> Iterator[tuple[str, Speeds]]:
    """Each side's figures; who comes first changes from round to round."""
    for side in sorted(sides, reverse=bool(number % 2)):
        yield side, sides[side]()


def _figure(speeds: dict[str, list[float]]) -> dict[str, float]:
    """Medians of both sides, and the ratios within a round: their median, least and most."""
    before, after = speeds["before"][1:], speeds["after"][1:]
    ratios = [new / old for new, old in zip(after, before, strict=True)]
    return {
        "before_per_second": round(statistics.median(before), 4),
        "after_per_second": round(statistics.median(after), 4),
        "ratio": round(statistics.median(ratios), 3),
        "least": round(min(ratios), 3),
        "most": round(max(ratios), 3),
    }


def _engine(sides: dict[str, Path]) -> dict[str, Callable[[], Speeds]]:
    texts = json.dumps(make_texts(PROBE_TEXTS))

    def probe(python: Path) -> Speeds:
        done = subprocess.run(
            [str(python), "-P", str(PROBE)], input=texts, capture_output=True, text=True, check=True
        )
        return {f"engine, {name}": 1e6 / each for name, each in json.loads(done.stdout).items()}

    return {side: partial(probe, each / "python") for side, each in sides.items()}


def _http(servers: dict[str, Server], secret: str, seconds: float) -> dict[str, Callable[[], Speeds]]:
    single = [post("/v1/classify", {"text": text}, key=secret) for text in make_texts(256)]
    batch = [post("/v1/classify/batch", {"texts": make_texts(BATCH)}, key=secret)]

    def ask(server: Server) -> Speeds:
        return {
            f"HTTP, {title}": drive_well(
                server.port, requests, connections=connections, seconds=seconds
            ).per_second
            for title, requests, connections in (
                ("1 connection", single, 1),
                ("16 connections", single, 16),
                (f"batches of {BATCH}", batch, 4),
            )
        }

    return {side: partial(ask, server) for side, server in servers.items()}


def _commands(sides: dict[str, Path], folder: Path) -> dict[str, Callable[[], Speeds]]:
    rows = folder / "rows.csv"
    rows.write_text("text\n" + "\n".join(make_texts(FILE_ROWS)) + "\n", encoding="utf-8")

    def run(command: str) -> Speeds:
        output = str(folder / "labelled.csv")
        return {
            "textcnn --help": 1 / seconds_of([command, "--help"]),
            "textcnn classify, one text": 1
            / seconds_of([command, "classify", "sentiment", "A warm, funny film."]),
            "textcnn serve, first answer": 1 / first_answer_of(command),
            "textcnn classify, a file": FILE_ROWS
            / seconds_of(
                [command, "classify", "sentiment", "--input", str(rows), "--output", output, "--replace"]
            ),
        }

    return {side: partial(run, str(each / "textcnn")) for side, each in sides.items()}


def _bin_of_checkout(checkout: str) -> Path:
    binaries = Path(checkout).resolve() / ".venv" / "bin"
    if not checkout or not (binaries / "textcnn").exists():
        raise SystemExit(
            f"TEXTCNN_BEFORE is '{checkout}'; expected a checkout of another version"
            " with its environment in .venv."
        )
    return binaries


def _commit(checkout: Path) -> str:
    """The commit, marked where the checkout differs from it."""
    command = ["git", "-C", str(checkout), "describe", "--always", "--dirty", "--exclude=*"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
