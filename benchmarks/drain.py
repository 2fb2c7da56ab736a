"""Whether SIGTERM loses a request: `python -m benchmarks drain`, 20 times under load.

Lost is a request that was sent before the signal and not answered whole, and any answer that was cut off. A
request that meets a closed connection after the signal was not accepted; its client sends it elsewhere.
"""

from __future__ import annotations

import signal
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.http_load import Tally, drive, post
from benchmarks.load import make_texts
from benchmarks.machine import write_results
from benchmarks.servers import new_api_key, textcnn_server

RUNS = 20
SHORT, LONG = 14, 2
"""Connections that send single texts, and batches that are under way for long."""
BATCH, WORDS = 1024, 200
SECONDS_UNDER_LOAD = 0.5
PATIENCE = 60.0


def main() -> None:
    """Measure, and keep the figures."""
    with tempfile.TemporaryDirectory() as folder:
        results = measure(Path(folder), runs=RUNS)
    write_results("drain", results)
    print("drain:", results)
    if results["lost"] or not {*results["exit_codes"]} <= {0, -signal.SIGTERM}:
        raise SystemExit("SIGTERM lost requests, or ended the service wrongly.")


def measure(folder: Path, *, runs: int) -> dict[str, Any]:
    """Sums over runs: answers, answers after the signal, lost and refused requests."""
    each = [_one_run(folder) for _ in range(runs)]
    return {
        "runs": runs,
        **{name: sum(run[name] for run in each) for name in ("answers", "failures", "lost", "not_accepted")},
        "exit_codes": [run["exit_code"] for run in each],
        "seconds_to_end": sorted(run["seconds_to_end"] for run in each),
    }


def _one_run(folder: Path) -> dict[str, Any]:
    secret, keys = new_api_key()
    short = [post("/v1/classify", {"text": text}, key=secret) for text in make_texts(64)]
    long_ones = [post("/v1/classify/batch", {"texts": make_texts(BATCH, WORDS)}, key=secret)]
    with textcnn_server(folder, keys) as server, ThreadPoolExecutor(2) as pool:
        loads = [
            pool.submit(drive, server.port, requests, connections=connections, go_on=_until_closed)
            for requests, connections in ((short, SHORT), (long_ones, LONG))
        ]
        time.sleep(SECONDS_UNDER_LOAD)
        signalled = time.perf_counter()
        server.process.send_signal(signal.SIGTERM)
        tallies = [load.result(timeout=PATIENCE) for load in loads]
        code = server.process.wait(timeout=PATIENCE)
        ended = time.perf_counter() - signalled
    return {**_sums(tallies, signalled), "exit_code": code, "seconds_to_end": round(ended, 2)}


def _sums(tallies: list[Tally], signalled: float) -> dict[str, int]:
    lost = sum(tally.lost(signalled) for tally in tallies)
    return {
        "answers": sum(tally.answers for tally in tallies),
        "failures": sum(tally.answers - tally.statuses[200] for tally in tallies),
        "lost": lost,
        "not_accepted": sum(len(tally.unanswered) + tally.cut for tally in tallies) - lost,
    }


def _until_closed(_answers: int, _seconds: float) -> bool:
    return True
