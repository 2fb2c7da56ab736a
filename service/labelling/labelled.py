"""The outcome of labelling, which every dialect of the service writes down in its own shape."""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textcnn.errors import TextError
    from textcnn.prediction import Detail, Details, Prediction
    from textcnn.service.loaded.registry import LoadedModel


class Outcome(NamedTuple):
    """A model's prediction for one text, and what is worth saying beside it."""

    model: LoadedModel
    prediction: Prediction
    """As it is to be told: narrowed to what was asked for."""
    detail: Detail
    """As the model made it: the full prediction, the logits, the tokens."""
    truncated: bool = False
    """The text was longer than the service takes, and was cut off there."""
    evidence: dict[str, Any] | None = None
    """`Explanation.summary`, where it was asked for."""

    @property
    def logits(self) -> list[float]:
        """One for each label of the model, before temperature."""
        return self.detail.logits

    @property
    def unknown_share(self) -> float:
        """Part of the text's tokens that the vocabulary lacks, from 0 to 1."""
        return self.detail.unknown_share


class BatchOutcome(NamedTuple):
    """The outcome of several texts, column by column, but for those that could not be labelled."""

    model: LoadedModel
    predictions: Sequence[Prediction]
    """As they are to be told: narrowed to what was asked for."""
    details: Details
    """As the model made them."""
    truncated: Sequence[bool]
    """Which texts were longer than the service takes, and were cut off there."""
    errors: dict[int, TextError]
    """By the place of their text among all that were asked about, in order."""

    def each(self) -> list[Outcome]:
        """One by one, for dialects that write them down so."""
        return list(map(Outcome, repeat(self.model), self.predictions, self.details, self.truncated))
