"""How well `textcnn audit` finds labels that are wrong: one in twenty is flipped, and looked for."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.accuracy import SEEDS, deduplicated
from benchmarks.corpora import find_corpora
from benchmarks.machine import read_results, write_results
from textcnn.reading.rows import read_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from textcnn.reading.rows import Row

CORPORA = {"sst2_sentences": "sst2/train.csv", "sms_spam": "sms_spam/SMSSpamCollection"}
FLIPPED = 0.05
RECALL = 0.6
FOLDS = 5


def main() -> None:
    """Compute what is missing in the results, one seed of one corpus after the other."""
    corpora = find_corpora("audit")
    if corpora is None:
        return
    tasks: dict[str, Any] = read_results("audit").get("tasks", {})
    for name, file in CORPORA.items():
        rows = deduplicated(list(read_rows(corpora / file)))
        runs = tasks.get(name, {}).get("runs", [])
        for seed in SEEDS[len(runs) :]:
            spoilt, wrong = flip(rows, seed)
            precision = _precision(spoilt, wrong, seed)
            runs.append({"seed": seed, "precision": round(precision, 4)})
            tasks[name] = {"rows": len(rows), "flipped": len(wrong), "recall": RECALL, "runs": runs}
            write_results("audit", {"tasks": tasks})
            print(f"audit: {name}, seed {seed}: {precision:.3f}")


def flip(rows: Sequence[Row], seed: int) -> tuple[list[Row], list[int]]:
    """The rows with one label in twenty changed to another, and the places of these."""
    chooser = random.Random(seed)  # noqa: S311 - it need not be unguessable
    labels = sorted({row.labels[0] for row in rows})
    wrong = sorted(chooser.sample(range(len(rows)), round(FLIPPED * len(rows))))
    spoilt = list(rows)
    for index in wrong:
        others = [label for label in labels if label != rows[index].labels[0]]
        spoilt[index] = replace(rows[index], labels=(chooser.choice(others),))
    return spoilt, wrong


def precision_at(quality: NDArray[np.float64], wrong: Sequence[int], recall: float) -> float:
    """Share of wrong rows among those that must be looked at, least quality first, to see that recall."""
    order = np.argsort(quality, kind="stable")
    hits = np.isin(order, wrong).cumsum()
    looked_at = int(np.searchsorted(hits, recall * len(wrong))) + 1
    return float(hits[looked_at - 1] / looked_at)


def _precision(rows: list[Row], wrong: list[int], seed: int) -> float:
    from textcnn.recipe import Recipe
    from textcnn.training.audit import audit_rows
    from textcnn.training.progress import Reporter

    found = audit_rows(rows, FOLDS, Recipe(seed=seed), Reporter())
    return precision_at(found.quality, wrong, RECALL)
