"""Convolution and max-over-time pooling for a CPU, by the engine's identity instead of `conv1d`.

A batch repeats its tokens. So the filters are applied once to each distinct token (one matrix product), and a
window is a sum of rows of that table. Backwards, only the window that won the maximum carries a gradient: at
most B x F of them for each width, where a convolution would multiply matrices over all windows.

    P[u, j, f] = W_w[f, :, j] . E[u]                          distinct tokens u of the batch
    c_w[t, f]  = P[x[t], 0, f] + P[x[t+1], 1, f] + ...        additions only

Equal to `textcnn.network`'s `convolve_and_pool` up to rounding; batch normalisation and pooling the mean
alone go that way, and `folded_mean` has the maximum together with the mean. Each result is summed
in a fixed order, whatever the number of threads.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final

import numba
import numpy as np
import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from textcnn.compilation.jit import compiled, compiled_in_parallel
from textcnn.network.activation import ACTIVATIONS
from textcnn.network.network import join_widths
from textcnn.training.network.folded_mean import pool_maxima_and_means
from textcnn.training.network.threads import all_threads, one_thread

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from textcnn.config import NetworkConfig
    from textcnn.network.network import TextCNN


FOLDED: Final = ("max", "max+mean")
"""Ways of pooling that have loops here or in `folded_mean`; others go by `convolve_and_pool`."""


def can_fold(config: NetworkConfig, device: torch.device) -> bool:
    """Whether this network on this device may use `fold_and_pool`."""
    return device.type == "cpu" and config.pooling in FOLDED and not config.batch_norm


def step_threads(network: TextCNN) -> AbstractContextManager[None]:
    """One thread for PyTorch where a network folds: but for its products, a step is too little to share."""
    return one_thread() if network.pooling is fold_and_pool else nullcontext()


def fold(network: TextCNN) -> None:
    """Let the network pool by `fold_and_pool`.

    Its filters (F x D x w) are kept in memory as they are multiplied, w x F x D: so a step need not turn them
    round, nor their gradients back.
    """
    network.pooling = fold_and_pool
    for convolution in network.convolutions.values():
        turned = torch.as_tensor(convolution.weight).detach().permute(2, 0, 1).contiguous()
        convolution.weight = nn.Parameter(turned.permute(1, 2, 0))


def fold_and_pool(network: TextCNN, ids: Tensor, lengths: Tensor) -> Tensor:
    """Features (B x widths*F) of ids (B x T) that hold `lengths` (B) tokens each."""
    inside = torch.arange(ids.shape[1]) < lengths[:, None]  # B x T
    distinct, tokens = torch.unique(ids[inside], return_inverse=True)  # U, all tokens of the batch
    vectors = network.vectors(distinct)  # U x D
    members = range(network.config.members)
    pooled = [_pool_member(network, member, vectors, tokens, lengths) for member in members]
    if len(members) == 1:
        return join_widths(pooled[0])
    return join_widths(
        [
            tuple(torch.cat(each, dim=1) for each in zip(*of_width, strict=True))
            for of_width in zip(*pooled, strict=True)
        ]
    )


def _pool_member(
    network: TextCNN, member: int, vectors: Tensor, tokens: Tensor, lengths: Tensor
) -> list[tuple[Tensor, ...]]:
    """Pool one member's part of the vectors: h_w (B x F) of each width, once for each pooling."""
    members = network.config.members

    def own(whole: Tensor, dim: int = 0) -> Tensor:
        return whole if members == 1 else whole.chunk(members, dim)[member].contiguous()

    vectors = own(vectors, dim=1)  # U x D
    convolutions = [network.convolutions[str(width)] for width in network.config.widths]
    filters = [own(torch.as_tensor(convolution.weight)) for convolution in convolutions]  # F x D x w
    biases = [own(torch.as_tensor(convolution.bias)) for convolution in convolutions]
    if network.config.pooling == "max+mean":
        number = ACTIVATIONS[network.config.activation].number
        both = [
            pool_maxima_and_means(vectors, each, bias, tokens, lengths, number)
            for each, bias in zip(filters, biases, strict=True)
        ]
        return [(network.activate(maxima), means) for maxima, means in both]
    largest: tuple[Tensor, ...] = _FoldedMaxima.apply(vectors, tokens, lengths, *filters)  # type: ignore[no-untyped-call]  # PyTorch leaves it without types
    return [(network.activate(maxima + bias),) for maxima, bias in zip(largest, biases, strict=True)]


class _FoldedMaxima(torch.autograd.Function):
    """max_t c_w[f, t] (B x F) for the filters (F x D x w) of each width; tokens index the vectors (U x D).

    One product for all widths, on all threads; the rest is too little to be shared out.
    """

    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401  # PyTorch gives it no type
        vectors: Tensor,
        tokens: Tensor,
        lengths: Tensor,
        *filters: Tensor,
    ) -> tuple[Tensor, ...]:
        shapes = [(each.shape[2], each.shape[0], each.shape[1]) for each in filters]  # w x F x D
        ends = list(accumulate(width * count for width, count, _ in shapes))
        stacked = torch.empty(ends[-1], vectors.shape[1])  # R x D, all positions of all widths
        blocks = [
            stacked[end - width * count : end].view(width, count, dim)
            for end, (width, count, dim) in zip(ends, shapes, strict=True)
        ]
        for block, each in zip(blocks, filters, strict=True):
            block.copy_(each.permute(2, 0, 1))
        with all_threads():
            table = (vectors @ stacked.T).numpy()  # U x R
        starts = np.zeros(len(lengths) + 1, dtype=np.int64)
        np.cumsum(lengths.numpy(), out=starts[1:])
        ctx.winners, largest = [], []
        for end, (width, count, _) in zip(ends, shapes, strict=True):
            maxima = np.empty((len(lengths), count), dtype=np.float32)
            winners = np.empty((len(lengths), count), dtype=np.int32)
            _pool(table, end - width * count, tokens.numpy(), starts, width, maxima, winners)
            ctx.winners.append(winners)
            largest.append(torch.from_numpy(maxima))
        ctx.save_for_backward(vectors, tokens, *blocks)
        ctx.starts = starts
        return tuple(largest)

    @staticmethod
    @once_differentiable
    def backward(
        ctx: Any,  # noqa: ANN401  # PyTorch gives it no type
        *gradients: Tensor,
    ) -> tuple[Tensor | None, ...]:
        vectors, tokens, *blocks = ctx.saved_tensors
        to_vectors = np.zeros(vectors.shape, dtype=np.float32)
        to_filters = []
        for gradient, winners, block in zip(gradients, ctx.winners, blocks, strict=True):
            to_block = np.zeros(block.shape, dtype=np.float32)
            _scatter(
                gradient.contiguous().numpy(),
                winners,
                tokens.numpy(),
                ctx.starts,
                vectors.numpy(),
                block.numpy(),
                to_vectors,
                to_block,
            )
            to_filters.append(torch.from_numpy(to_block).permute(1, 2, 0))
        return torch.from_numpy(to_vectors), None, None, *to_filters


@compiled_in_parallel
def _pool(
    table: NDArray[np.float32],
    first: int,
    tokens: NDArray[np.int64],
    starts: NDArray[np.int64],
    width: int,
    maxima: NDArray[np.float32],
    winners: NDArray[np.int32],
) -> None:
    """Fill `maxima` and `winners` (B x F): the largest window of each filter, and the token it starts at.

    The columns of this width begin at `first`.
    """
    count = maxima.shape[1]
    for text in numba.prange(maxima.shape[0]):
        start, length = starts[text], starts[text + 1] - starts[text]
        best, where = maxima[text], winners[text]
        total = np.empty(count, dtype=np.float32)
        # A window starts up to w-1 before the text; padding adds nothing, so it is not looked up.
        for t in range(1 - width, max(length, 2 - width)):
            total[:] = 0
            for j in range(max(0, -t), min(width, length - t)):
                row = table[tokens[start + t + j], first + j * count : first + (j + 1) * count]
                for f in range(count):
                    total[f] += row[f]
            if t == 1 - width:
                best[:] = total
                where[:] = t
            else:
                for f in range(count):
                    if total[f] > best[f]:
                        best[f] = total[f]
                        where[f] = t


@compiled
def _scatter(
    gradient: NDArray[np.float32],
    winners: NDArray[np.int32],
    tokens: NDArray[np.int64],
    starts: NDArray[np.int64],
    vectors: NDArray[np.float32],
    by_position: NDArray[np.float32],
    to_vectors: NDArray[np.float32],
    to_filters: NDArray[np.float32],
) -> None:
    """Add up the gradients of vectors (U x D) and filters (w x F x D) from those of the maxima (B x F).

    On one thread: a quarter of a millisecond, so starting others takes longer than they save
    (docs/LOG.md#the-second-training-adversarial-steps-more-filters-for-more-labels).
    """
    texts, count = gradient.shape
    width, _, dim = by_position.shape
    for text in range(texts):
        start, length = starts[text], starts[text + 1] - starts[text]
        for f in range(count):
            slope = gradient[text, f]
            if slope == 0:  # most are: dropped out, or cut off by the rectifier
                continue
            t = winners[text, f]
            for j in range(max(0, -t), min(width, length - t)):
                token = tokens[start + t + j]
                for d in range(dim):
                    to_vectors[token, d] += slope * by_position[j, f, d]
                for d in range(dim):
                    to_filters[j, f, d] += slope * vectors[token, d]
