"""Cross-validation: every row is tested once, by a model that has not seen its text."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from textcnn.training.data.corpus import corpus_from_rows, folds
from textcnn.training.device import find_device
from textcnn.training.train import evaluate_classifier, fit_corpus

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from textcnn.reading.rows import Row
    from textcnn.recipe import Recipe
    from textcnn.training.progress import Reporter

MEASURES = ("accuracy", "macro_f1")


@dataclass(frozen=True)
class CrossValidation:
    """The evaluations of all folds, as `Evaluation.to_dict()` gives them."""

    folds: list[dict[str, Any]]

    def mean(self, measure: str) -> float:
        """Mean of a measure over the folds."""
        return statistics.fmean(float(fold[measure]) for fold in self.folds)

    def spread(self, measure: str) -> float:
        """Standard deviation (of a sample) of a measure over the folds."""
        return statistics.stdev(float(fold[measure]) for fold in self.folds)

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values."""
        summary = {measure: {"mean": self.mean(measure), "sd": self.spread(measure)} for measure in MEASURES}
        return {**summary, "folds": self.folds}


def cross_validate(
    rows: Sequence[Row], n: int, recipe: Recipe, reporter: Reporter, *, multi_label: bool | None = None
) -> CrossValidation:
    """Train and test n times; the recipe's share of each training part is split off for validation.

    Raises:
        ConfigError: n is less than 2.
        CorpusError: the rows are too few for so many folds.
    """
    return CrossValidation(list(_evaluations(rows, n, recipe, reporter, multi_label)))


def _evaluations(
    rows: Sequence[Row], n: int, recipe: Recipe, reporter: Reporter, multi_label: bool | None
) -> Iterator[dict[str, Any]]:
    with find_device() as device:
        for number, (train, test) in enumerate(folds(rows, n, recipe.seed), start=1):
            corpus = corpus_from_rows(
                train,
                test=test,
                seed=recipe.seed,
                validation_share=recipe.validation_share,
                multi_label=multi_label,
            )
            evaluation = evaluate_classifier(
                fit_corpus(corpus, recipe, device, reporter).classifier(), corpus
            )
            reporter.note(f"fold {number} of {n}: accuracy {evaluation['accuracy']:.4f}")
            yield evaluation
