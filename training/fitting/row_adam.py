"""Adam on the rows of an embedding that a batch touched, in one compiled loop.

As `torch.optim.SparseAdam` computes it, up to rounding: rows that were not touched keep their moments.
That one makes ten tensors a step, which takes longer than the product of a small batch.

Source: D. Kingma, J. Ba, Adam: A Method for Stochastic Optimization, ICLR 2015.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import torch

from textcnn.compilation.jit import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

BETAS = (0.9, 0.999)
EPSILON = 1e-8


class RowAdam:
    """Steps one matrix (V x D) on a CPU whose gradient is sparse, a vector for each of some rows."""

    def __init__(self, weight: Tensor, rate: float) -> None:
        self._weight, self._rate = weight, rate
        self._mean, self._square = torch.zeros_like(weight), torch.zeros_like(weight)
        self._count = torch.zeros(())

    @property
    def moments(self) -> list[Tensor]:
        """The running mean of each row's gradient, that of its square, and the number of steps."""
        return [self._mean, self._square, self._count]

    def step(self, factor: float) -> None:
        """Change the rows that have a gradient; the rate is multiplied by the factor."""
        if self._weight.grad is None:
            return
        self._count += 1
        gradient = self._weight.grad.coalesce()  # each row once
        first, second = (1 - beta ** float(self._count) for beta in BETAS)
        _step_rows(
            gradient.indices()[0].numpy(),
            gradient.values().numpy(),
            self._weight.detach().numpy(),
            self._mean.numpy(),
            self._square.numpy(),
            np.float32(factor * self._rate * math.sqrt(second) / first),
        )


@compiled
def _step_rows(
    rows: NDArray[np.int64],
    gradient: NDArray[np.float32],
    weight: NDArray[np.float32],
    mean: NDArray[np.float32],
    square: NDArray[np.float32],
    rate: np.float32,
) -> None:
    """Move the moments of these rows (n) towards their gradient (n x D), and the weight (V x D) by them."""
    first, second = np.float32(1 - BETAS[0]), np.float32(1 - BETAS[1])
    epsilon = np.float32(EPSILON)
    for index in range(len(rows)):
        row = rows[index]
        for d in range(gradient.shape[1]):
            slope = gradient[index, d]
            mean[row, d] += first * (slope - mean[row, d])
            square[row, d] += second * (slope * slope - square[row, d])
            weight[row, d] -= rate * mean[row, d] / (np.sqrt(square[row, d]) + epsilon)
