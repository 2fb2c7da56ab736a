"""How long `textcnn train` takes with its defaults: `python -m benchmarks training_time`.

Whole processes, from the command to a finished directory, on all cores; the first one is a warm-up, which
compiles what another machine's cache lacks.
"""

from __future__ import annotations

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
    seconds = {name: [_train(corpora / file) for _ in range(RUNS + 1)][1:] for name, file in CORPORA.items()}
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    write_results("training_time", {"runs": RUNS, "seconds": seconds, "median_seconds": medians})
    print("training_time:", ", ".join(f"{name} {value:.1f} s" for name, value in medians.items()))


def _train(corpus: Path) -> float:
    with TemporaryDirectory() as folder:
        started = time.perf_counter()
        subprocess.run(
            [COMMAND, "train", corpus, "--out", f"{folder}/model"], check=True, capture_output=True
        )
        return round(time.perf_counter() - started, 2)


if __name__ == "__main__":
    main()
