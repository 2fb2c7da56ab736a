"""Logits to decisions: the last of the three pure stages (tokenize, score, decide)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from textcnn.engine.choose_kernels import kernels

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from textcnn.config import ModelConfig


class Prediction(NamedTuple):
    """The decision of a model about one text.

    A named tuple, since making a frozen dataclass takes longer than the convolution.
    """

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


class Detail(NamedTuple):
    """A prediction and the numbers on the way to it, for whoever needs more than the label."""

    prediction: Prediction
    logits: list[float]
    """One for each label, before temperature."""
    tokens: int
    unknown_tokens: int
    """Tokens that stand for what the vocabulary lacks."""

    @property
    def unknown_share(self) -> float:
        """Part of the tokens that the vocabulary lacks, from 0 to 1; 0 for a text without any."""
        return self.unknown_tokens / self.tokens if self.tokens else 0.0


@dataclass(slots=True, eq=False)  # arrays have no single answer
class Details:
    """The details of a batch, column by column: an object for each text would cost a good part of a label."""

    predictions: list[Prediction]
    logits: NDArray[np.float32]
    """Texts x L, before temperature."""
    tokens: NDArray[np.int64]
    unknown_tokens: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.predictions)

    def __iter__(self) -> Iterator[Detail]:
        columns = (self.logits.tolist(), self.tokens.tolist(), self.unknown_tokens.tolist())
        return map(Detail, self.predictions, *columns)

    @property
    def unknown_shares(self) -> NDArray[np.float64]:
        """Of each text the part of its tokens that the vocabulary lacks, from 0 to 1."""
        return self.unknown_tokens / np.maximum(self.tokens, 1)


def probabilities(
    logits: NDArray[np.float32], *, multi_label: bool, temperature: float
) -> NDArray[np.float64]:
    """Calibrated probabilities (texts x L) of logits (texts x L): softmax, or sigmoid for multi-label.

    Row by row, so that the last bit of a row does not depend on how many others there are.
    """
    result = np.empty(logits.shape, dtype=np.float64)
    decide = kernels().sigmoid if multi_label else kernels().softmax
    decide(logits, temperature, result)
    return result


def to_predictions(logits: NDArray[np.float32], config: ModelConfig) -> list[Prediction]:
    """One prediction for each row of logits (texts x L)."""
    rows = probabilities(logits, multi_label=config.multi_label, temperature=config.temperature)
    if config.multi_label or config.unknown_below or not len(rows):
        return [to_prediction(row, config) for row in rows.tolist()]
    # The same column by column: calls for each text would cost half as much again.
    best = rows.argmax(axis=1)
    labels = [config.labels[index] for index in best.tolist()]
    scores = rows[np.arange(len(rows)), best].tolist()
    by_label = [dict(zip(config.labels, row, strict=False)) for row in rows.tolist()]
    return list(map(Prediction, labels, scores, by_label))


def to_prediction(scores: list[float], config: ModelConfig) -> Prediction:
    """The prediction from the probability of each label."""
    labels, score = config.labels, max(scores)
    by_label = dict(zip(labels, scores, strict=False))  # checking costs, and they are equally many
    if config.multi_label:
        return Prediction(labels[scores.index(score)], score, by_label, _given(scores, config))
    if score < config.unknown_below:
        return Prediction(None, score, by_label, None, unknown=True)
    return Prediction(labels[scores.index(score)], score, by_label)


def _given(scores: list[float], config: ModelConfig) -> tuple[str, ...]:
    """The labels whose score reaches their threshold, best first."""
    best_first = sorted(range(len(scores)), key=lambda index: -scores[index])
    return tuple(config.labels[index] for index in best_first if scores[index] >= config.thresholds[index])
