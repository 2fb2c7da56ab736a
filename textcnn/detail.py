"""A prediction and what it was made of, for whoever needs more than the label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

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
