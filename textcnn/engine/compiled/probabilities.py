"""Logits to probabilities."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from textcnn.compilation.jit import compiled

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@compiled
def softmax(logits: NDArray[np.float32], temperature: float, result: NDArray[np.float64]) -> None:
    """Fill `result` (texts x L) with the softmax of each row over the temperature."""
    for text in range(logits.shape[0]):
        highest = logits[text].max() / temperature
        total = 0.0
        for label in range(logits.shape[1]):
            weight = math.exp(logits[text, label] / temperature - highest)
            result[text, label] = weight
            total += weight
        for label in range(logits.shape[1]):
            result[text, label] /= total


@compiled
def sigmoid(logits: NDArray[np.float32], temperature: float, result: NDArray[np.float64]) -> None:
    """Fill `result` (texts x L) with the sigmoid of each logit over the temperature."""
    for text in range(logits.shape[0]):
        for label in range(logits.shape[1]):
            value = logits[text, label] / temperature
            # exp of a negative number only: the other form overflows.
            weight = math.exp(-abs(value))
            result[text, label] = 1 / (1 + weight) if value >= 0 else weight / (1 + weight)
