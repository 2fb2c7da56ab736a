"""How well the score tells texts that belong to no label: CLINC150's out-of-scope questions."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.accuracy import SEEDS
from benchmarks.corpora import find_corpora
from benchmarks.machine import read_results, write_results
from textcnn.reading.rows import read_rows, read_texts

if TYPE_CHECKING:
    from pathlib import Path

    from textcnn.classifier import TextClassifier

ACCEPTED = 0.95
"""Share of in-scope texts that keep their label; those of the validation part set the threshold."""


def main() -> None:
    """Compute what is missing in the results, one seed after the other."""
    corpora = find_corpora("out_of_scope", "clinc150")
    if corpora is None:
        return
    runs: list[dict[str, Any]] = read_results("out_of_scope").get("runs", [])
    for seed in SEEDS[len(runs) :]:
        runs.append({"seed": seed, **_run(corpora, seed)})
        means = {
            key: round(statistics.fmean(run[key] for run in runs), 4) for key in runs[0] if key != "seed"
        }
        write_results("out_of_scope", {"mean": means, "runs": runs})
        print(f"out_of_scope, seed {seed}: {runs[-1]}")


def _run(corpora: Path, seed: int) -> dict[str, float]:
    from sklearn.metrics import roc_auc_score

    from textcnn.recipe import Recipe
    from textcnn.training.data.corpus import load_corpus
    from textcnn.training.device import find_device
    from textcnn.training.progress import Reporter
    from textcnn.training.train import fit_corpus

    test = corpora / "test.jsonl"
    corpus = load_corpus(corpora / "train.jsonl", validation=corpora / "val.jsonl", test=test, seed=seed)
    with find_device() as device:
        classifier = fit_corpus(corpus, Recipe(seed=seed), device, Reporter()).classifier()
    known = _scores(classifier, [row.text for row in read_rows(test)])
    unknown = _scores(classifier, list(read_texts(corpora / "oos_test.jsonl")))
    # The threshold is chosen without a test row, so the share that is accepted is measured too.
    threshold = float(np.quantile(_scores(classifier, corpus.validation[:]["text"]), 1 - ACCEPTED))
    inside = np.concatenate([np.ones(len(known)), np.zeros(len(unknown))])
    return {
        "auroc": round(float(roc_auc_score(inside, np.concatenate([known, unknown]))), 4),
        "accepted": round(float((known >= threshold).mean()), 4),
        "refused": round(float((unknown < threshold).mean()), 4),
    }


def _scores(classifier: TextClassifier, texts: list[str]) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array([prediction.score for prediction in classifier.classify_batch(texts)])
