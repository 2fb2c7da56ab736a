"""Whether a model's tables may be int16: measured on validation texts when it is made."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from textcnn.engine.engine import Engine
from textcnn.prediction import probabilities

if TYPE_CHECKING:
    from textcnn.config import ModelConfig
    from textcnn.network.weights import Weights
    from textcnn.tokens.token_batch import TokenBatch

LARGEST_DIFFERENCE: Final = 2e-3
"""How far int16 tables may move a probability; beyond that a model keeps float32 ones."""


@dataclass(frozen=True)
class TablePrecision:
    """How far int16 tables move the probabilities of some texts from those of float32 tables."""

    texts: int
    largest_difference: float
    """Over all texts and labels; 0 where the tables are float32 anyway, as for mean pooling."""

    @property
    def int16_suffices(self) -> bool:
        """Whether int16 tables are close enough."""
        return self.largest_difference <= LARGEST_DIFFERENCE


def choose_tables(
    config: ModelConfig, weights: Weights, batch: TokenBatch
) -> tuple[ModelConfig, TablePrecision]:
    """The configuration with int16 tables if they suffice on these texts, with float32 ones otherwise."""
    precision = measure_precision(config, weights, batch)
    return replace(config, tables="int16" if precision.int16_suffices else "float32"), precision


def measure_precision(config: ModelConfig, weights: Weights, batch: TokenBatch) -> TablePrecision:
    """Compare both kinds of tables on these texts."""
    int16, float32 = (
        probabilities(
            Engine(config.network, weights, numbers=numbers).logits(batch),
            multi_label=config.multi_label,
            temperature=config.temperature,
        )
        for numbers in ("int16", "float32")
    )
    return TablePrecision(len(batch), float(np.abs(int16 - float32).max(initial=0)))
