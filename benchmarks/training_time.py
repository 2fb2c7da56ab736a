"""How long `textcnn train` takes with its defaults: `python -m benchmarks training_time`.

Whole processes, from the command to a finished directory, on all cores; the first one is a warm-up, which
compiles what another machine's cache lacks.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.machine import write_results
from benchmarks.startup import COMMAND

CORPORA = {"mr": "mr/all.csv", "sms_spam": "sms_spam/SMSSpamCollection"}
RUNS = 3


def main() -> None:
    """Measure and keep the seconds of each corpus."""
    corpora = Path(os.environ.get("TEXTCNN_CORPORA", "../shared/corpora"))
    if not corpora.is_dir():
        print(f"training_time: no corpora in {corpora}; say where they are with TEXTCNN_CORPORA")
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
