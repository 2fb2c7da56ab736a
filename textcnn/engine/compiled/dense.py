"""The dense layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from textcnn.compilation.jit import compiled
from textcnn.config import LANES

if TYPE_CHECKING:
    from numpy.typing import NDArray


@compiled
def apply_dense(
    features: NDArray[np.float32],
    dense: NDArray[np.float32],
    bias: NDArray[np.float32],
    logits: NDArray[np.float32],
) -> None:
    """Fill `logits` (texts x L) from features (texts x N) and the dense layer (L x N), N in whole lanes.

    Not BLAS: its last bits depend on how many texts are multiplied at once.
    """
    sums = np.empty(LANES, dtype=np.float32)
    for text in range(features.shape[0]):
        for label in range(dense.shape[0]):
            sums[:] = 0
            for start in range(0, features.shape[1], LANES):
                values = features[text, start : start + LANES]
                weights = dense[label, start : start + LANES]
                for lane in range(LANES):
                    sums[lane] += values[lane] * weights[lane]
            total = bias[label]
            for lane in range(LANES):
                total += sums[lane]
            logits[text, label] = total
