"""The outcome of labelling, which each dialect of the service writes in its own shape."""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textcnn.errors import TextError
    from textcnn.prediction import Detail, Details, Prediction
    from textcnn.service.loaded.registry import LoadedModel


class Outcome(NamedTuple):
    """A model's prediction for one text, and more about it that is worth sending."""

    model: LoadedModel
    prediction: Prediction
    """As it is sent: narrowed to what the request asks for."""
    detail: Detail
    """As the model made it: the full prediction, the logits, the tokens."""
    truncated: bool = False
    """The text was longer than the service takes, and was cut off there."""
    evidence: dict[str, Any] | None = None
    """`Explanation.summary`, where it was asked for."""

    @property
    def logits(self) -> list[float]:
        """The logits of the model's labels, before temperature."""
        return self.detail.logits

    @property
    def unknown_share(self) -> float:
        """The share of the text's tokens that the vocabulary lacks, from 0 to 1."""
        return self.detail.unknown_share


class BatchOutcome(NamedTuple):
    """The outcome of several texts, column by column, but for those that could not be labelled."""

    model: LoadedModel
    predictions: Sequence[Prediction]
    """As they are sent: narrowed to what the request asks for."""
    details: Details
    """As the model made them."""
    truncated: Sequence[bool]
    """True for texts that were longer than the service takes, and were cut off there."""
    errors: dict[int, TextError]
    """By the place of their text among all that were sent, in order."""

    def each(self) -> list[Outcome]:
        """The outcomes one by one, for dialects that write them so."""
        return list(map(Outcome, repeat(self.model), self.predictions, self.details, self.truncated))
