"""How long a user waits: `python -m benchmarks startup`, medians of whole processes.

`textcnn --help`, `textcnn classify` of one text, and `textcnn serve` from its start to its first answer.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from benchmarks.machine import write_results
from benchmarks.servers import free_port

RUNS = 7
COMMAND = str(Path(sys.executable).parent / "textcnn")
PATIENCE = 60.0


def main() -> None:
    """Measure and keep the seconds; the first of each is a warm-up."""
    seconds = {
        "help": _median(["--help"]),
        "classify": _median(["classify", "sentiment", "A warm, funny, engaging film."]),
        "serve_first_answer": statistics.median(first_answer_of(COMMAND) for _ in range(RUNS)),
    }
    write_results("startup", {"runs": RUNS, "median_seconds": seconds})
    print("startup:", ", ".join(f"{name} {value:.2f} s" for name, value in seconds.items()))


def seconds_of(command: list[str]) -> float:
    """Seconds of a whole process that succeeds."""
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - started


def first_answer_of(command: str) -> float:
    """Seconds from the start of `COMMAND serve` to its first answer."""
    port = free_port()
    started = time.perf_counter()
    with subprocess.Popen(
        [command, "serve", "--port", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            return _first_answer(port, started)
        finally:
            server.terminate()


def _median(arguments: list[str]) -> float:
    return statistics.median([seconds_of([COMMAND, *arguments]) for _ in range(RUNS + 1)][1:])


def _first_answer(port: int, started: float) -> float:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/v1/classify",
        data=json.dumps({"text": "A warm, funny, engaging film."}).encode(),
        headers={"content-type": "application/json"},
    )
    while time.perf_counter() - started < PATIENCE:
        try:
            with urllib.request.urlopen(request) as answer:
                json.load(answer)
                return time.perf_counter() - started
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.01)
    raise TimeoutError(f"no answer within {PATIENCE:.0f} s")
