"""A prediction narrowed to what a request asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textcnn.prediction import Prediction


@dataclass(frozen=True, slots=True)
class Narrowing:
    """The labels that a request asks for. `threshold` stands in place of the model's own."""

    top_k: int | None = None
    """At most so many labels, best first; None for all of them, in the model's order."""
    threshold: float | None = None
    """Only labels whose score reaches it."""

    def of(self, prediction: Prediction) -> Prediction:
        """The narrowed prediction; `score` stays that of the best label, listed or not."""
        scores = prediction.scores
        threshold = self.threshold
        if self.top_k is not None:
            scores = dict(sorted(scores.items(), key=lambda pair: -pair[1])[: self.top_k])
        if threshold is not None:
            scores = {label: score for label, score in scores.items() if score >= threshold}
        narrowed = prediction._replace(scores=scores)
        if prediction.labels is not None:
            return narrowed._replace(labels=self._labels(prediction))
        if threshold is not None and prediction.score < threshold:
            return narrowed._replace(label=None, unknown=True)
        return narrowed

    def _labels(self, prediction: Prediction) -> tuple[str, ...]:
        """The labels of a multi-label prediction, best first."""
        labels = prediction.labels or ()
        if self.threshold is not None:
            best_first = sorted(prediction.scores.items(), key=lambda pair: -pair[1])
            labels = tuple(label for label, score in best_first if score >= self.threshold)
        return labels[: self.top_k]
