"""The objective of a training: the loss it lowers, and the validation score that chooses an epoch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from textcnn.errors import ConfigError
from textcnn.evaluation.metrics import accuracy, macro_f1

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from textcnn.recipe import Recipe
    from textcnn.training.data.corpus import Corpus

SelectBy = Literal["accuracy", "macro_f1", "loss"]


@dataclass(frozen=True)
class Objective:
    """Loss and score of one corpus under one recipe."""

    multi_label: bool
    select_by: SelectBy
    smoothing: float
    weights: Tensor | None
    """L; how much each label counts. Multi-label: how much its presence counts against its absence."""
    truth: NDArray[np.int64]
    """The validation part's label indices (rows), or its zeros and ones (rows x L)."""

    def loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Cross-entropy of logits (B x L), averaged over the batch."""
        if self.multi_label:
            smoothed = targets * (1 - self.smoothing) + self.smoothing / 2
            return functional.binary_cross_entropy_with_logits(logits, smoothed, pos_weight=self.weights)
        return functional.cross_entropy(logits, targets, weight=self.weights, label_smoothing=self.smoothing)

    def score(self, logits: NDArray[np.float32], loss: float) -> float:
        """The validation score of logits (rows x L), the higher the better; at most 1."""
        if self.select_by == "loss":
            return -loss
        # Multi-label thresholds are tuned after training: here the even one.
        predicted = logits > 0 if self.multi_label else logits.argmax(axis=1)
        figure = macro_f1 if self.select_by == "macro_f1" else accuracy
        return figure(self.truth, predicted)


def make_objective(recipe: Recipe, corpus: Corpus, device: torch.device) -> Objective:
    """The objective that a recipe names for a corpus.

    Raises:
        ConfigError: class weights are given for other labels than the corpus has.
    """
    by: SelectBy
    if recipe.select_by == "auto":
        by = "macro_f1" if corpus.multi_label else "accuracy"
    else:
        by = recipe.select_by
    truth = target_array(corpus.validation[:]["labels"], len(corpus.labels), multi_label=corpus.multi_label)
    weights = _class_weights(recipe, corpus)
    return Objective(
        multi_label=corpus.multi_label,
        select_by=by,
        smoothing=recipe.label_smoothing,
        weights=None if weights is None else weights.to(device),
        truth=truth,
    )


def target_array(rows: Sequence[Sequence[int]], labels: int, *, multi_label: bool) -> NDArray[np.int64]:
    """The truth of rows of label indices: one index a row (rows), or zeros and ones (rows x L)."""
    if not multi_label:
        return np.array([row[0] for row in rows], dtype=np.int64)
    truth = np.zeros((len(rows), labels), dtype=np.int64)
    for index, row in enumerate(rows):
        truth[index, list(row)] = 1
    return truth


def _class_weights(recipe: Recipe, corpus: Corpus) -> Tensor | None:
    if recipe.class_weights == "none":
        return None
    if isinstance(recipe.class_weights, dict):
        unknown = sorted(recipe.class_weights.keys() - set(corpus.labels))
        if unknown:
            raise ConfigError(
                f"class_weights names {unknown}; the corpus has the labels {list(corpus.labels)}.",
                field="class_weights",
            )
        return torch.tensor([recipe.class_weights.get(label, 1.0) for label in corpus.labels])
    rows = corpus.train[:]["labels"]
    counts = np.bincount(
        np.concatenate([np.asarray(row, dtype=np.int64) for row in rows]), minlength=len(corpus.labels)
    )
    if corpus.multi_label:
        return torch.tensor((len(rows) - counts) / np.maximum(counts, 1), dtype=torch.float32)
    return torch.tensor(len(rows) / (len(counts) * np.maximum(counts, 1)), dtype=torch.float32)
