"""A prediction and what it was made of, for whoever needs more than the label."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from textcnn.prediction import Prediction


class Detail(NamedTuple):
    """What a model says about one text, and the numbers on the way to it."""

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
