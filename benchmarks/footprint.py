"""The cost of a contender before its first answer: the start of a new process, and room on the disk."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

RUNS = 5
TEXT = "A warm, funny, engaging film."
_ROOT = Path(__file__).parent.parent
_FIRST_ANSWER = (
    "import sys; from pathlib import Path; from benchmarks.peers import load_peer;"
    "load_peer(sys.argv[1], Path(sys.argv[2]))(sys.argv[3])"
)


def measure_footprint(places: dict[str, Path]) -> dict[str, dict[str, Any]]:
    """Of each contender by name, the seconds of a cold start and the MB of its model on disk."""
    return {
        name: {"cold_start_seconds": _cold_start(name, path), "disk_megabytes": _disk_size(path) / 1e6}
        for name, path in places.items()
    }


def _cold_start(name: str, path: Path) -> float:
    """Seconds of a new process that imports, loads and classifies one text; the first is a warm-up."""
    command = [sys.executable, "-c", _FIRST_ANSWER, name, str(path), TEXT]
    times = []
    for _ in range(RUNS + 1):
        started = time.perf_counter()
        subprocess.run(command, cwd=_ROOT, env=os.environ, check=True, capture_output=True)
        times.append(time.perf_counter() - started)
    return statistics.median(times[1:])


def _disk_size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())
