"""Tallies of what the models said: texts, labels, scores. Drift shows in them.

A library's own counters cost several times as much, which would slow each label; `http/prometheus.py` hands
the sums over now and then.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from textcnn.service.labelling.tally import Tally

if TYPE_CHECKING:
    from textcnn.prediction import Prediction
    from textcnn.service.labelling.labelled import BatchOutcome, Outcome
    from textcnn.service.loaded.registry import LoadedModel

SHARES: Final = tuple(number / 20 for number in range(1, 21))
"""Upper bounds for scores and shares, which lie between 0 and 1."""


class ModelTally:
    """A tally of what one version of a model said."""

    __slots__ = ("labels", "scores", "texts", "truncated", "unknown")

    def __init__(self) -> None:
        self.texts = self.truncated = 0
        self.labels: Counter[str] = Counter()
        self.scores, self.unknown = Tally(SHARES), Tally(SHARES)

    def add(self, prediction: Prediction) -> None:
        """Count a text by its prediction."""
        self.texts += 1
        self._add_labels(prediction)
        self.scores.add(prediction.score)

    def add_each(self, outcome: BatchOutcome) -> None:
        """Count the texts of a batch."""
        predictions = outcome.predictions
        if not predictions:
            return
        self.texts += len(predictions)
        self.truncated += sum(outcome.truncated)
        self.scores.add_each([prediction.score for prediction in predictions])
        self.unknown.add_each(outcome.details.unknown_shares)
        if predictions[0].labels is None:
            self.labels.update([prediction.label or "" for prediction in predictions])
        else:
            self.labels.update(label for each in predictions for label in each.labels or ("",))

    def add_all(self, other: ModelTally) -> None:
        """Add the counts of another tally, such as one from a thread."""
        self.texts += other.texts
        self.truncated += other.truncated
        self.labels.update(other.labels)
        self.scores.add_all(other.scores)
        self.unknown.add_all(other.unknown)

    def clear(self) -> None:
        """Reset the counts."""
        self.texts = self.truncated = 0
        self.labels.clear()
        self.scores.clear()
        self.unknown.clear()

    def _add_labels(self, prediction: Prediction) -> None:
        """Count each label that was given, or the empty one where none was."""
        if prediction.labels is None:
            self.labels[prediction.label or ""] += 1
        else:
            self.labels.update(prediction.labels or ("",))


class ModelTallies:
    """A tally for each version of each model that answered. Only the event loop's thread touches them."""

    def __init__(self) -> None:
        self.by_version: dict[tuple[str, str], ModelTally] = {}
        """By the name and the version of the model."""

    def labelled(self, outcome: Outcome) -> None:
        """Count a text by its outcome."""
        tally = self._of(outcome.model)
        tally.add(outcome.prediction)
        tally.truncated += outcome.truncated
        tally.unknown.add(outcome.detail.unknown_share)

    def labelled_batch(self, outcome: BatchOutcome) -> None:
        """Count the texts of a batch by their outcomes."""
        self._of(outcome.model).add_each(outcome)

    def add(self, model: LoadedModel, tally: ModelTally) -> None:
        """Add a tally of a model that was kept elsewhere, such as in a thread."""
        self._of(model).add_all(tally)

    def _of(self, model: LoadedModel) -> ModelTally:
        key = (model.name, model.version)
        tally = self.by_version.get(key)
        if tally is None:
            tally = self.by_version[key] = ModelTally()
        return tally
