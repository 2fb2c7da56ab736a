"""The choices of `benchmarks.accuracy` for SMS spam and TREC, made without a test row.

`python -m benchmarks selection` cross-validates the candidates in three folds on the rows that are trained
on, for each seed by itself: SMS spam's held-out fifth depends on the seed and is taken away first, TREC's
test questions are in a file that is read only to take equal texts away. Figures that are in the results
already are not computed again.
"""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any

from benchmarks.accuracy import PIECES, RAND, SEEDS, SHORT, TASKS, TO_THE_END, Task, deduplicated, figure
from benchmarks.corpora import find_corpora
from benchmarks.machine import read_results, write_results
from textcnn.reading.rows import read_rows
from textcnn.tokens.normalise import normalise

if TYPE_CHECKING:
    from pathlib import Path

    from textcnn.reading.rows import Row

FOLDS = 3

CANDIDATES: dict[str, dict[str, dict[str, Any]]] = {
    "sms_spam": {
        "defaults": RAND,
        "larger": RAND | SHORT,
        "larger, 2,000 pieces": SHORT | PIECES,
        "larger, 2,000 pieces, 8 epochs to the end": SHORT | PIECES | TO_THE_END,
    },
    "trec": {
        "defaults": RAND,
        "case kept": {"tokens": "word", "lowercase": False},
        "larger, case kept, every word": SHORT | {"tokens": "word", "min_frequency": 1, "lowercase": False},
    },
}


def main() -> None:
    """Compute and keep the figure of every candidate for every seed."""
    corpora = find_corpora("selection")
    if corpora is None:
        return
    known: dict[str, Any] = read_results("selection").get("tasks", {})
    tasks: dict[str, Any] = {}
    for name, candidates in CANDIDATES.items():
        task = TASKS[name]
        # TREC's test part is one and the same, so one seed decides as well as three.
        seeds = SEEDS if task.test_share else SEEDS[:1]
        tasks[name] = {"measure": task.measure, "folds": FOLDS, "seeds": {}}
        for seed in seeds:
            rows = _trained_on(task, corpora, seed)
            scores = known.get(name, {}).get("seeds", {}).get(str(seed), {}).get("scores", {})
            for title, choices in candidates.items():
                scores[title] = scores.get(title) or _score(task, rows, choices, seed)
            best = max(scores, key=scores.__getitem__)
            tasks[name]["seeds"][str(seed)] = {"scores": scores, "best": best}
            print(f"selection: {name}, seed {seed}: {best}; {scores}")
            write_results("selection", {"tasks": tasks})


def _trained_on(task: Task, corpora: Path, seed: int) -> list[Row]:
    """The rows that a run of this seed trains and validates on."""
    from textcnn.training.data.splits import split_off

    rows = deduplicated(list(read_rows(corpora / task.train, task.layout)))
    if task.test_share:
        return split_off(rows, task.test_share, seed)[0]
    taken = {normalise(row.text) for row in read_rows(corpora / (task.test or ""), task.layout)}
    return [row for row in rows if normalise(row.text) not in taken]


def _score(task: Task, rows: list[Row], choices: dict[str, Any], seed: int) -> float:
    from textcnn.recipe import Recipe
    from textcnn.training.cross_validation import cross_validate
    from textcnn.training.progress import Reporter

    result = cross_validate(rows, FOLDS, Recipe(seed=seed, **choices), Reporter())
    return round(statistics.fmean(figure(task, evaluation) for evaluation in result.folds), 4)
