"""Kim's table (2014, table 2) made again: his four modes on MR, SST-1, SST-2, Subj and TREC, cell by cell.

Our own defaults do more than his non-static mode; `benchmarks.accuracy` measures them.
"""

from __future__ import annotations

import statistics
from dataclasses import replace
from typing import Any

from benchmarks.accuracy import SEEDS, TASKS, Task, run_seed
from benchmarks.corpora import find_corpora
from benchmarks.machine import read_results, write_results

MODES = ("rand", "static", "non-static", "multichannel")
PAPER = {
    "trec": (91.2, 92.8, 93.6, 92.2),
    "sst2": (82.7, 86.8, 87.2, 88.1),
    "sst1": (45.0, 45.5, 48.0, 47.4),
    "mr": (76.1, 81.0, 81.5, 81.1),
    "subj": (89.6, 93.0, 93.4, 93.2),
}
"""The paper's figures in the order of `MODES`; the quickest corpora come first."""
ONCE = {"refit": False, "repeat_wholes": 1}
"""As the paper trains: validation rows choose the epoch, and no more; an epoch has each row once."""
FROM_VECTORS = {
    **ONCE,
    "word_layer": 0,
    "adversarial": 0.0,
    "learning_rate": 2e-3,
    "embedding_learning_rate": 2e-3,
}
"""The same for the modes that start from vectors, without what our defaults add, and at the same rates."""


def main() -> None:
    """Compute the cells that the results lack, one seed after the other."""
    corpora = find_corpora("kim")
    if corpora is None:
        return
    cells: dict[str, dict[str, Any]] = read_results("kim").get("cells", {})
    for name in PAPER:
        for mode in MODES:
            manner = ONCE if mode == "rand" else FROM_VECTORS
            task = replace(TASKS[name], choices={"channels": mode, **manner})
            runs = measured(name, mode) or cells.get(name, {}).get(mode, {}).get("runs", [])
            if runs:
                cells.setdefault(name, {})[mode] = summary(runs)
                write_results("kim", {"cells": cells})
            for seed in seeds(task, mode)[len(runs) :]:
                run = run_seed(task, corpora, seed)
                runs.append({"seed": seed, "accuracy": run["accuracy"], "seconds": run["seconds"]})
                cells.setdefault(name, {})[mode] = summary(runs)
                write_results("kim", {"cells": cells})
                print(f"kim: {name}, {mode}, seed {seed}: {run['accuracy']:.4f} in {run['seconds']:.0f} s")


def measured(name: str, mode: str) -> list[dict[str, Any]]:
    """What `benchmarks.accuracy` has measured already: some corpora with random vectors."""
    task = f"{name}_rand" if mode == "rand" else ""
    runs = read_results("accuracy").get("tasks", {}).get(task, {}).get("runs", [])
    return [{key: run[key] for key in ("seed", "accuracy", "seconds")} for run in runs]


def seeds(task: Task, mode: str) -> tuple[int, ...]:
    """Three seeds; one for ten folds, which are ten runs already, but for the default mode."""
    return SEEDS[:1] if task.folds and mode != "non-static" else SEEDS


def summary(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """A cell: mean and spread of its runs, in per cent."""
    figures = [100 * run["accuracy"] for run in runs]
    spread = round(statistics.stdev(figures), 2) if len(figures) > 1 else None
    return {"mean": round(statistics.fmean(figures), 2), "sd": spread, "runs": runs}
