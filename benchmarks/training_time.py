"""How long `textcnn train` takes with its defaults: `python -m benchmarks training_time`.

Whole processes, from the command to a finished directory, on all cores. The first of each corpus has an empty
cache, as after an installation, and compiles; it is told apart.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from benchmarks.corpora import find_corpora
from benchmarks.machine import write_results
from benchmarks.startup import COMMAND

if TYPE_CHECKING:
    from pathlib import Path

CORPORA = {"mr": "mr/all.csv", "sms_spam": "sms_spam/SMSSpamCollection"}
RUNS = 3


def main() -> None:
    """Measure and keep the seconds of each corpus."""
    corpora = find_corpora("training_time")
    if corpora is None:
        return
    seconds = {name: _seconds(corpora / file) for name, file in CORPORA.items()}
    medians = {name: statistics.median(warm) for name, (_, *warm) in seconds.items()}
    write_results(
        "training_time",
        {
            "runs": RUNS,
            "first_seconds": {name: first for name, (first, *_) in seconds.items()},
            "seconds": {name: warm for name, (_, *warm) in seconds.items()},
            "median_seconds": medians,
        },
    )
    print("training_time:", ", ".join(f"{name} {value:.1f} s" for name, value in medians.items()))


def _seconds(corpus: Path) -> list[float]:
    """Of one run more than `RUNS`, the first with an empty cache."""
    with TemporaryDirectory() as cache:
        return [_train(corpus, cache) for _ in range(1 + RUNS)]


def _train(corpus: Path, cache: str) -> float:
    with TemporaryDirectory() as folder:
        started = time.perf_counter()
        subprocess.run(
            [COMMAND, "train", corpus, "--out", f"{folder}/model"],
            check=True,
            capture_output=True,
            env={**os.environ, "NUMBA_CACHE_DIR": cache},
        )
        return round(time.perf_counter() - started, 2)


if __name__ == "__main__":
    main()
