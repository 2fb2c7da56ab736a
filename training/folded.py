"""Convolution and max-over-time pooling for a CPU, by the engine's identity instead of `conv1d`.

A batch repeats its tokens. So the filters are applied once to each distinct token (one matrix product), and a
window is a sum of rows of that table. Backwards, only the window that won the maximum carries a gradient: at
most B x F of them for each width, where a convolution would multiply matrices over all windows.

    P[u, j, f] = W_w[f, :, j] . E[u]                          distinct tokens u of the batch
    c_w[t, f]  = P[x[t], 0, f] + P[x[t+1], 1, f] + ...        additions only

Equal to `textcnn.network.convolve_and_pool` up to rounding; batch normalisation and pooling the mean alone
go that way, and `training.folded_mean` has the maximum together with the mean. Each result is summed
in a fixed order, whatever the number of threads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numba
import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from textcnn.compilation import compiled, compiled_in_parallel
from textcnn.network import join_widths
from training.folded_mean import pool_maxima_and_means

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from textcnn.config import NetworkConfig
    from textcnn.network import TextCNN


def can_fold(config: NetworkConfig, device: torch.device) -> bool:
    """Whether this network on this device may use `fold_and_pool`."""
    return device.type == "cpu" and config.pooling != "mean" and not config.batch_norm


def fold_and_pool(network: TextCNN, ids: Tensor, lengths: Tensor) -> Tensor:
    """Features (B x widths*F) of ids (B x T) that hold `lengths` (B) tokens each."""
    inside = torch.arange(ids.shape[1]) < lengths[:, None]  # B x T
    distinct, tokens = torch.unique(ids[inside], return_inverse=True)  # U, all tokens of the batch
    vectors = network.vectors(distinct)  # U x D
    return join_widths([_pool_width(network, vectors, tokens, lengths, w) for w in network.config.widths])


def _pool_width(
    network: TextCNN, vectors: Tensor, tokens: Tensor, lengths: Tensor, width: int
) -> tuple[Tensor, ...]:
    """h_w (B x F) of one width, once for each way of pooling."""
    convolution, members = network.convolutions[str(width)], network.config.members
    own = [part.contiguous() for part in vectors.chunk(members, dim=1)]  # U x D each
    filters = torch.as_tensor(convolution.weight).chunk(members)
    bias = torch.as_tensor(convolution.bias).chunk(members)
    pooled = [
        _pool_member(network, own[member], filters[member], bias[member], tokens, lengths)
        for member in range(members)
    ]
    return tuple(torch.cat(each, dim=1) for each in zip(*pooled, strict=True))


def _pool_member(
    network: TextCNN, vectors: Tensor, filters: Tensor, bias: Tensor, tokens: Tensor, lengths: Tensor
) -> tuple[Tensor, ...]:
    """What one member makes of its own part (U x D) of the vectors."""
    if network.config.pooling == "max+mean":
        is_tanh = network.config.activation == "tanh"
        largest, means = pool_maxima_and_means(vectors, filters, bias, tokens, lengths, is_tanh=is_tanh)
        return network.activate(largest), means
    maxima: Tensor = _FoldedMaximum.apply(vectors, filters, tokens, lengths)  # type: ignore[no-untyped-call]  # PyTorch leaves it without types
    return (network.activate(maxima + bias),)


class _FoldedMaximum(torch.autograd.Function):
    """max_t c_w[f, t] (B x F) of vectors (U x D), filters (F x D x w) and tokens that index the vectors."""

    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401  # PyTorch gives it no type
        vectors: Tensor,
        filters: Tensor,
        tokens: Tensor,
        lengths: Tensor,
    ) -> Tensor:
        count, _, width = filters.shape
        by_position = filters.permute(2, 0, 1).contiguous()  # w x F x D
        table = vectors @ by_position.reshape(width * count, -1).T  # U x w*F
        starts = np.zeros(len(lengths) + 1, dtype=np.int64)
        np.cumsum(lengths.numpy(), out=starts[1:])
        maxima = np.empty((len(lengths), count), dtype=np.float32)
        winners = np.empty((len(lengths), count), dtype=np.int32)
        _pool(table.detach().numpy(), tokens.numpy(), starts, width, maxima, winners)
        ctx.save_for_backward(vectors, by_position, tokens)
        ctx.starts, ctx.winners = starts, winners
        return torch.from_numpy(maxima)

    @staticmethod
    @once_differentiable
    def backward(
        ctx: Any,  # noqa: ANN401  # PyTorch gives it no type
        gradient: Tensor,
    ) -> tuple[Tensor, Tensor, None, None]:
        vectors, by_position, tokens = ctx.saved_tensors
        to_vectors = np.zeros(vectors.shape, dtype=np.float32)
        to_filters = np.zeros(by_position.shape, dtype=np.float32)
        _scatter(
            gradient.contiguous().numpy(),
            ctx.winners,
            tokens.numpy(),
            ctx.starts,
            vectors.detach().numpy(),
            by_position.detach().numpy(),
            to_vectors,
            to_filters,
        )
        return torch.from_numpy(to_vectors), torch.from_numpy(to_filters).permute(1, 2, 0), None, None


@compiled_in_parallel
def _pool(
    table: NDArray[np.float32],
    tokens: NDArray[np.int64],
    starts: NDArray[np.int64],
    width: int,
    maxima: NDArray[np.float32],
    winners: NDArray[np.int32],
) -> None:
    """Fill `maxima` and `winners` (B x F): the largest window of each filter, and the token it starts at."""
    count = maxima.shape[1]
    for text in numba.prange(maxima.shape[0]):
        start, length = starts[text], starts[text + 1] - starts[text]
        best, where = maxima[text], winners[text]
        total = np.empty(count, dtype=np.float32)
        # A window starts up to w-1 before the text; padding adds nothing, so it is not looked up.
        for t in range(1 - width, max(length, 2 - width)):
            total[:] = 0
            for j in range(max(0, -t), min(width, length - t)):
                row = table[tokens[start + t + j], j * count : (j + 1) * count]
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

    On one thread: a quarter of a millisecond, so starting others takes longer than they save (docs/LOG.md).
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
