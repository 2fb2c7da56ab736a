"""Logits to decisions: the last of the three pure stages (tokenize, score, decide)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from textcnn.config import ModelConfig


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model says about one text."""

    label: str | None
    """The best label; None where its score is below the model's `unknown_below`."""
    score: float
    """Calibrated probability of the best label, from 0 to 1."""
    scores: dict[str, float]
    """Probability of every label, in the model's order; single-label ones sum to 1."""
    labels: tuple[str, ...] | None = None
    """Multi-label only: the labels whose score reaches their threshold, best first; possibly none."""
    unknown: bool = False
    """The model is not confident enough to name a label."""

    def to_dict(self) -> dict[str, object]:
        """As plain JSON values; `labels` only for multi-label models, `unknown` only when true."""
        values: dict[str, object] = {"label": self.label, "score": self.score, "scores": self.scores}
        if self.labels is not None:
            values["labels"] = list(self.labels)
        if self.unknown:
            values["unknown"] = True
        return values


def probabilities(
    logits: NDArray[np.float32], *, multi_label: bool, temperature: float
) -> NDArray[np.float64]:
    """Calibrated probabilities (texts x L) of logits (texts x L): softmax, or sigmoid for multi-label.

    Row by row, so that the last bit of a row does not depend on how many others there are.
    """
    decide = _sigmoid if multi_label else _softmax
    result = np.empty(logits.shape, dtype=np.float64)
    for index, row in enumerate(logits):
        result[index] = decide(row.astype(np.float64) / temperature)
    return result


def to_predictions(logits: NDArray[np.float32], config: ModelConfig) -> list[Prediction]:
    """One prediction for each row of logits (texts x L)."""
    rows = probabilities(logits, multi_label=config.multi_label, temperature=config.temperature)
    return [_predict(row, config) for row in rows]


def _predict(row: NDArray[np.float64], config: ModelConfig) -> Prediction:
    best = int(row.argmax())
    score = float(row[best])
    scores = dict(zip(config.labels, row.tolist(), strict=True))
    if config.multi_label:
        given = [index for index in np.argsort(-row, kind="stable") if row[index] >= config.thresholds[index]]
        labels = tuple(config.labels[index] for index in given)
        return Prediction(config.labels[best], score, scores, labels=labels)
    unknown = score < config.unknown_below
    return Prediction(None if unknown else config.labels[best], score, scores, unknown=unknown)


def _softmax(row: NDArray[np.float64]) -> NDArray[np.float64]:
    weights = np.exp(row - row.max())
    return np.asarray(weights / weights.sum())


def _sigmoid(row: NDArray[np.float64]) -> NDArray[np.float64]:
    # exp of a negative number only: the other form overflows.
    weights = np.exp(-np.abs(row))
    return np.where(row >= 0, 1 / (1 + weights), weights / (1 + weights))
