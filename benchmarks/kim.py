"""Kim's table (2014, table 2) made again: his four modes on MR, SST-1, SST-2, Subj and TREC, cell by cell.

`python -m benchmarks.kim CORPUS...` does the same for other corpora, and keeps what it has in `build/kim`.
Our own defaults do more than his non-static mode; `benchmarks.accuracy` measures them.
"""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.accuracy import SEEDS, TASKS, Task, run_seed
from benchmarks.corpora import find_corpora
from benchmarks.kim_2014 import MODES, PAPER
from benchmarks.machine import read_results, write_results
from benchmarks.spread import mean_and_spread, summarise
from textcnn.directory import write_json

if TYPE_CHECKING:
    from collections.abc import Callable

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
KEPT = Path(__file__).parents[1] / "build/kim"
"""Where cells of other corpora are kept, by a digest of their files."""


def main() -> None:
    """Compute the cells that the results lack, one seed after the other."""
    corpora = find_corpora("kim")
    if corpora is None:
        return
    cells: dict[str, dict[str, Any]] = read_results("kim").get("cells", {})

    def keep() -> None:
        write_results("kim", {"cells": cells})

    for name in PAPER:
        row = cells.setdefault(name, {})
        for mode in MODES:
            runs = measured(name, mode)
            if runs and row.get(mode) != summary(runs):
                row[mode] = summary(runs)
                keep()
        fill(row, name, TASKS[name], corpora, keep)


def fill(row: dict[str, Any], name: str, task: Task, corpora: Path, keep: Callable[[], None]) -> None:
    """Compute the modes that a row of the table lacks; after each run `keep` is to write what there is."""
    for mode in MODES:
        manner = ONCE if mode == "rand" else FROM_VECTORS
        in_mode = replace(task, choices={"channels": mode, **manner})
        runs = row.get(mode, {}).get("runs", [])
        for seed in seeds(task, mode)[len(runs) :]:
            run = run_seed(in_mode, corpora, seed)
            runs.append({"seed": seed, "accuracy": run["accuracy"], "seconds": run["seconds"]})
            row[mode] = summary(runs)
            keep()
            print(
                f"kim: {name}, {mode}, seed {seed}: {run['accuracy']:.4f} in {run['seconds']:.0f} s",
                flush=True,
            )


def other(corpus: Path) -> None:
    """The modes on another corpus, with what an interrupted run has of it; prints its row of the table."""
    task = task_of(corpus)
    files = [Path(file) for file in (task.train, task.validation, task.test) if file]
    digests = [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]
    kept = KEPT / f"{hashlib.sha256(''.join(digests).encode()).hexdigest()[:16]}.json"
    row: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    kept.parent.mkdir(parents=True, exist_ok=True)
    fill(row, corpus.name, task, Path(), lambda: write_json(kept, row))
    for mode in MODES:
        print(f"{corpus.name}, {mode}: {mean_and_spread(row[mode])}")


def task_of(corpus: Path) -> Task:
    """A file, dealt into ten folds; or a directory with a file `train`, one `test`, perhaps one `dev`.

    Raises:
        SystemExit: there is no such file or directory, or parts are missing in it.
    """
    if corpus.is_file():
        return Task(str(corpus), folds=10)
    parts = {file.name.partition(".")[0]: str(file) for file in sorted(corpus.glob("*.*"))}
    if not {"train", "test"} <= parts.keys():
        sys.exit(f"kim: {corpus} is neither a file nor a directory with a file train.* and one test.*")
    return Task(parts["train"], validation=parts.get("dev"), test=parts["test"])


def measured(name: str, mode: str) -> list[dict[str, Any]]:
    """The rows that `benchmarks.accuracy` has measured already: some corpora with random vectors."""
    task = f"{name}_rand" if mode == "rand" else ""
    runs = read_results("accuracy").get("tasks", {}).get(task, {}).get("runs", [])
    return [{key: run[key] for key in ("seed", "accuracy", "seconds")} for run in runs]


def seeds(task: Task, mode: str) -> tuple[int, ...]:
    """Three seeds; one for ten folds, which are ten runs already, but for the default mode."""
    return SEEDS[:1] if task.folds and mode != "non-static" else SEEDS


def summary(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """A cell: mean and spread of its runs, in per cent."""
    return {**summarise([100 * run["accuracy"] for run in runs]), "runs": runs}


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        other(Path(argument))
