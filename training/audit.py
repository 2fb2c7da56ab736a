"""Rows that are probably labelled wrongly.

Every row is scored by a model that has not seen its text, and confident learning (Northcutt et al. 2021, the
library cleanlab) weighs these scores against the labels given.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from textcnn.prediction import probabilities
from textcnn.tokens.surrogates import without_surrogates
from textcnn.training.data.corpus import corpus_from_rows, folds
from textcnn.training.device import find_device, require_one_process
from textcnn.training.fitting.objective import target_array
from textcnn.training.train import fit_corpus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from textcnn.reading.rows import Row
    from textcnn.recipe import Recipe
    from textcnn.training.progress import Reporter


@dataclass(frozen=True)
class Suspect:
    """A row whose label is in doubt."""

    row: Row
    suggested: tuple[str, ...]
    """The labels that the models give instead."""
    quality: float
    """How much the scores speak for the labels given, from 0 to 1; of one label, its score."""

    def to_dict(self) -> dict[str, Any]:
        """As plain values, in the order of the columns of a table."""
        return {
            "file": self.row.file,
            "line": self.row.line,
            "label": "|".join(self.row.labels),
            "suggested": "|".join(self.suggested),
            "quality": round(self.quality, 4),
            "text": self.row.text,
        }


@dataclass(frozen=True)
class Audit:
    """The labels of a corpus in doubt."""

    suspects: list[Suspect]
    """Those most in doubt first."""
    quality: NDArray[np.float64]
    """Rows: how much the scores speak for the labels given, in the order of the corpus."""


def audit_rows(
    rows: Sequence[Row], n: int, recipe: Recipe, reporter: Reporter, *, multi_label: bool | None = None
) -> Audit:
    """Train n times, each time without one n-th of the texts, and judge the labels of these.

    Raises:
        ConfigError: n is less than 2.
        CorpusError: the rows are too few for so many folds.
    """
    require_one_process("Auditing")
    if multi_label is None:
        multi_label = any(len(row.labels) != 1 for row in rows)
    labels = tuple(sorted({label for row in rows for label in row.labels}))
    scores = out_of_fold_scores(rows, labels, n, recipe, reporter, multi_label=multi_label)
    numbers = {label: number for number, label in enumerate(labels)}
    given = [[numbers[label] for label in row.labels] for row in rows]
    issues, quality = _weigh(given, scores, multi_label=multi_label)
    doubted: list[int] = np.flatnonzero(issues).tolist()
    doubted.sort(key=lambda index: float(quality[index]))
    suspects = [
        Suspect(
            rows[index], _suggested(scores[index], labels, multi_label=multi_label), float(quality[index])
        )
        for index in doubted
    ]
    return Audit(suspects, quality)


def out_of_fold_scores(
    rows: Sequence[Row],
    labels: Sequence[str],
    n: int,
    recipe: Recipe,
    reporter: Reporter,
    *,
    multi_label: bool,
) -> NDArray[np.float64]:
    """Calibrated probabilities (rows x L), each row's by a model that was not trained on its text."""
    rows = [replace(row) for row in rows]  # one object for each row, so that its place can be found
    places = {id(row): index for index, row in enumerate(rows)}
    columns = {label: column for column, label in enumerate(labels)}
    recipe = recipe.model_copy(update={"refit": False})  # a tenth more rows would double the time
    scores = np.zeros((len(rows), len(labels)))
    with find_device() as device:
        for number, (train, held_out) in enumerate(folds(rows, n, recipe.seed), start=1):
            corpus = corpus_from_rows(
                train,
                seed=recipe.seed,
                validation_share=recipe.validation_share,
                test_share=None,
                multi_label=multi_label,
            )
            classifier = fit_corpus(corpus, recipe, device, reporter).classifier()
            logits = classifier.score(classifier.tokenize([without_surrogates(row.text) for row in held_out]))
            here = [places[id(row)] for row in held_out]
            scores[np.ix_(here, [columns[label] for label in classifier.labels])] = probabilities(
                logits, multi_label=multi_label, temperature=classifier.config.temperature
            )
            reporter.note(f"fold {number} of {n}: {len(held_out):,} rows scored")
    return scores


def _weigh(
    given: list[list[int]], scores: NDArray[np.float64], *, multi_label: bool
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Find the rows that confident learning calls mislabelled, and the quality of each row's labels."""
    # The library takes a second to import.
    if multi_label and scores.shape[1] == 1:  # it wants two classes: without the label, and with it
        given, scores, multi_label = [[len(row)] for row in given], np.hstack([1 - scores, scores]), False
    if multi_label:
        from cleanlab import multilabel_classification as several

        issues = several.filter.find_label_issues(given, scores, n_jobs=1)
        return np.asarray(issues), np.asarray(several.get_label_quality_scores(given, scores))
    from cleanlab.filter import find_label_issues
    from cleanlab.rank import get_label_quality_scores

    truth = target_array(given, scores.shape[1], multi_label=False)
    issues = find_label_issues(truth, scores, n_jobs=1)
    return np.asarray(issues), np.asarray(get_label_quality_scores(truth, scores))


def _suggested(scores: NDArray[np.float64], labels: Sequence[str], *, multi_label: bool) -> tuple[str, ...]:
    if multi_label:
        return tuple(labels[index] for index in np.flatnonzero(scores >= 0.5).tolist())
    return (labels[int(scores.argmax())],)
