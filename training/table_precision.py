"""Whether a model's tables may be int16: measured on validation texts when it is made."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from textcnn.engine.engine import Engine
from textcnn.prediction import probabilities

if TYPE_CHECKING:
    from textcnn.config import ModelConfig
    from textcnn.engine.weights import Weights
    from textcnn.tokens.token_batch import TokenBatch

LARGEST_DIFFERENCE: Final = 2e-3
"""How far int16 tables may move a probability; beyond that a model keeps float32 ones."""


@dataclass(frozen=True)
class Exactness:
    """How far int16 tables move the probabilities of some texts from those of float32 tables."""

    texts: int
    largest: float
    """Over all texts and labels; 0 where the tables are float32 anyway, as for mean pooling."""

    @property
    def suffices(self) -> bool:
        """Whether int16 tables are close enough."""
        return self.largest <= LARGEST_DIFFERENCE


def choose_tables(config: ModelConfig, weights: Weights, batch: TokenBatch) -> tuple[ModelConfig, Exactness]:
    """The configuration with int16 tables if they suffice on these texts, with float32 ones otherwise."""
    exactness = measure(config, weights, batch)
    return replace(config, tables="int16" if exactness.suffices else "float32"), exactness


def measure(config: ModelConfig, weights: Weights, batch: TokenBatch) -> Exactness:
    """Compare both kinds of tables on these texts."""
    rough, exact = (
        probabilities(
            Engine(config.network, weights, numbers=numbers).logits(batch),
            multi_label=config.multi_label,
            temperature=config.temperature,
        )
        for numbers in ("int16", "float32")
    )
    return Exactness(len(batch), float(np.abs(rough - exact).max(initial=0)))
