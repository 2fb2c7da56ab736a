"""Maxima and means over time for a CPU, by the engine's identity, as `folded` has the maxima alone.

A mean gives a gradient to every window that its activation lets through. The sums are turned round as well:
what the windows want is added up for each distinct token and position first, and two matrix products finish.

    G[u, j, f] = sum of the gradients of the windows that have token u at position j
    dE = G . W,  dW = G . E                                   two products of U x wF x D

Each sum of windows has a fixed order, whatever the number of threads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numba
import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from textcnn.compilation.jit import compiled, compiled_in_parallel
from textcnn.engine.compiled.activated import activate, pass_back
from textcnn.training.network.threads import all_threads

if TYPE_CHECKING:
    from numpy.typing import NDArray

SLICES = 4
"""Parts of F that the backward pass gives to threads; fixed, so that sums do not depend on the machine."""


def pool_maxima_and_means(
    vectors: Tensor, filters: Tensor, bias: Tensor, tokens: Tensor, lengths: Tensor, activation: int
) -> tuple[Tensor, Tensor]:
    """max_t c + b and mean_t act(c + b) (B x F each) of vectors (U x D), filters (F x D x w) and bias (F)."""
    maxima, means = _MaximaAndMeans.apply(vectors, filters, bias, tokens, lengths, activation)  # type: ignore[no-untyped-call]  # PyTorch leaves it without types
    return maxima, means


class _MaximaAndMeans(torch.autograd.Function):
    """The two, with the gradients of vectors, filters and bias."""

    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401  # PyTorch gives it no type
        vectors: Tensor,
        filters: Tensor,
        bias: Tensor,
        tokens: Tensor,
        lengths: Tensor,
        activation: int,
    ) -> tuple[Tensor, Tensor]:
        count, _, width = filters.shape
        by_position = filters.permute(2, 0, 1).reshape(width * count, -1)  # w*F x D
        with all_threads():
            table = (vectors @ by_position.T).detach().numpy()  # U x w*F
        starts = np.zeros(len(lengths) + 1, dtype=np.int64)
        np.cumsum(lengths.numpy(), out=starts[1:])
        maxima = np.empty((len(lengths), count), dtype=np.float32)
        winners = np.empty((len(lengths), count), dtype=np.int32)
        means = np.empty((len(lengths), count), dtype=np.float32)
        shifts = bias.detach().numpy()
        _pool(table, tokens.numpy(), starts, width, shifts, activation, maxima, winners, means)
        ctx.save_for_backward(vectors, by_position, tokens)
        ctx.from_forward = table, starts, winners, shifts, activation, width
        return torch.from_numpy(maxima), torch.from_numpy(means)

    @staticmethod
    @once_differentiable
    def backward(
        ctx: Any,  # noqa: ANN401  # PyTorch gives it no type
        to_maxima: Tensor,
        to_means: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor, None, None, None]:
        vectors, by_position, tokens = ctx.saved_tensors
        table, starts, winners, shifts, activation, width = ctx.from_forward
        to_table, to_bias = np.zeros_like(table), np.zeros_like(shifts)
        slopes = to_maxima.contiguous().numpy(), to_means.contiguous().numpy()
        _scatter(
            *slopes, winners, table, tokens.numpy(), starts, width, shifts, activation, to_table, to_bias
        )
        wanted = torch.from_numpy(to_table)  # U x w*F
        with all_threads():
            to_vectors, to_rows = wanted @ by_position, wanted.T @ vectors
        to_filters = to_rows.reshape(width, -1, vectors.shape[1]).permute(1, 2, 0)  # F x D x w
        return to_vectors, to_filters, torch.from_numpy(to_bias), None, None, None


@compiled_in_parallel
def _pool(
    table: NDArray[np.float32],
    tokens: NDArray[np.int64],
    starts: NDArray[np.int64],
    width: int,
    bias: NDArray[np.float32],
    activation: int,
    maxima: NDArray[np.float32],
    winners: NDArray[np.int32],
    means: NDArray[np.float32],
) -> None:
    """Fill `maxima`, `winners` (the token that the largest window starts at) and `means`, B x F each."""
    count = maxima.shape[1]
    for text in numba.prange(maxima.shape[0]):
        start, length = starts[text], starts[text + 1] - starts[text]
        best, where, mean = maxima[text], winners[text], means[text]
        best[:] = -np.inf
        mean[:] = 0
        total = np.empty(count, dtype=np.float32)
        last = max(length, 2 - width)
        # A window starts up to w-1 before the text; padding adds nothing, so it is not looked up.
        for t in range(1 - width, last):
            total[:] = bias
            for j in range(max(0, -t), min(width, length - t)):
                row = table[tokens[start + t + j], j * count : (j + 1) * count]
                for f in range(count):
                    total[f] += row[f]
            for f in range(count):
                if total[f] > best[f]:
                    best[f] = total[f]
                    where[f] = t
            for f in range(count):
                mean[f] += activate(total[f], activation)
        share = np.float32(1 / (last - 1 + width))
        for f in range(count):
            mean[f] *= share


@compiled_in_parallel
def _scatter(
    to_maxima: NDArray[np.float32],
    to_means: NDArray[np.float32],
    winners: NDArray[np.int32],
    table: NDArray[np.float32],
    tokens: NDArray[np.int64],
    starts: NDArray[np.int64],
    width: int,
    bias: NDArray[np.float32],
    activation: int,
    to_table: NDArray[np.float32],
    to_bias: NDArray[np.float32],
) -> None:
    """Add up the gradients of the table (U x w*F) and of the bias (F) from those of maxima and means."""
    texts, count = to_maxima.shape
    for part in numba.prange(SLICES):
        low, high = part * count // SLICES, (part + 1) * count // SLICES
        size = high - low
        total, slope = np.empty(size, dtype=np.float32), np.empty(size, dtype=np.float32)
        shifts, to_shifts = bias[low:high], to_bias[low:high]
        for text in range(texts):
            start, length = starts[text], starts[text + 1] - starts[text]
            last = max(length, 2 - width)
            means = to_means[text, low:high] * np.float32(1 / (last - 1 + width))
            largest, where = to_maxima[text, low:high], winners[text, low:high]
            for t in range(1 - width, last):
                first, end = max(0, -t), min(width, length - t)
                total[:] = shifts
                for j in range(first, end):
                    row = table[tokens[start + t + j], j * count + low : j * count + high]
                    for f in range(size):
                        total[f] += row[f]
                _want(total, means, largest, where, t, activation, slope)
                for f in range(size):
                    to_shifts[f] += slope[f]
                for j in range(first, end):
                    row = to_table[tokens[start + t + j], j * count + low : j * count + high]
                    for f in range(size):
                        row[f] += slope[f]


@compiled
def _want(
    total: NDArray[np.float32],
    means: NDArray[np.float32],
    largest: NDArray[np.float32],
    where: NDArray[np.int32],
    t: int,
    activation: int,
    slope: NDArray[np.float32],
) -> None:
    """Fill `slope`: the gradients of the window at `t`, whose sums are `total`."""
    for f in range(len(slope)):
        slope[f] = pass_back(means[f], total[f], activation)
    for f in range(len(slope)):
        slope[f] += largest[f] if where[f] == t else np.float32(0)
