"""The engine's inner loops in NumPy, as `numba_kernels` has them: slower, and nothing to compile.

The order of every sum is that of the compiled loops.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, get_args

import numpy as np

from textcnn.config import LANES, PAD_ID, Pooling, ways_of_pooling
from textcnn.network.activation import activate_array
from textcnn.network.pooling import WAYS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

NAME: Final = "numpy"


def locate_maxima(
    ids: NDArray[np.int32],
    offsets: NDArray[np.int64],
    table: NDArray[Any],
    widths: NDArray[np.int64],
    maxima: NDArray[Any],
    places: NDArray[np.int64],
) -> None:
    """Fill `maxima` as `pool_maxima` does, and `places` (alike) with the first window that reaches each."""
    for text, best in enumerate(maxima):
        sums = list(_windows(ids[offsets[text] : offsets[text + 1]], table, widths))
        best[:] = np.concatenate([each.max(axis=0) for each in sums])
        pairs = zip(sums, widths.tolist(), strict=True)
        places[text] = np.concatenate([each.argmax(axis=0) + 1 - width for each, width in pairs])


def share_means(
    ids: NDArray[np.int32],
    table: NDArray[Any],
    widths: NDArray[np.int64],
    scales: NDArray[np.float32],
    bias: NDArray[np.float32],
    activation: int,
    dense: NDArray[np.float32],
    shares: NDArray[np.float64],
) -> None:
    """Fill `shares` (windows x L) of one text: what each window adds to each logit through its mean."""
    count, row = len(bias) // len(widths), 0
    for index, sums in enumerate(_windows(ids, table, widths)):
        part = slice(index * count, (index + 1) * count)
        active = activate_array(sums.astype(np.float32) * scales[part] + bias[part], activation).astype(
            np.float64
        )
        shares[row : row + len(sums)] = active @ dense[:, part].T / len(sums)
        row += len(sums)


def sum_spans(
    firsts: NDArray[np.int64],
    widths: NDArray[np.int64],
    values: NDArray[np.float64],
    length: int,
    spans: NDArray[np.int64],
    sums: NDArray[np.float64],
    padding: NDArray[np.float64],
) -> int:
    """Fill `spans`, `sums` and `padding`; returns how many spans there are."""
    starts, ends = np.maximum(firsts, 0), np.minimum(firsts + widths, length)
    inside = ends > starts
    padding[:] = values[~inside].sum(axis=0)
    keys, met, which = np.unique(
        (starts * (length + 1) + ends)[inside], return_index=True, return_inverse=True
    )
    order = met.argsort()
    count = len(keys)
    spans[:count] = np.column_stack(np.divmod(keys[order], length + 1))
    rank = np.empty(count, dtype=np.int64)
    rank[order] = np.arange(count)
    sums[:count] = 0
    np.add.at(sums, rank[which], values[inside])
    return count


def activate_maxima(
    maxima: NDArray[Any],
    scales: NDArray[np.float32],
    bias: NDArray[np.float32],
    activation: int,
    features: NDArray[np.float32],
) -> None:
    """Fill `features` (texts x N): act(c * s + b)."""
    features[:, : len(bias)] = activate_array(maxima.astype(np.float32) * scales + bias, activation)
    features[:, len(bias) :] = 0


def apply_dense(
    features: NDArray[np.float32],
    dense: NDArray[np.float32],
    bias: NDArray[np.float32],
    logits: NDArray[np.float32],
) -> None:
    """Fill `logits` (texts x L) from features (texts x N) and the dense layer (L x N), N in whole lanes."""
    for row, result in zip(features, logits, strict=True):
        lanes = (row * dense).reshape(len(dense), -1, LANES).sum(axis=1)  # L x LANES
        result[:] = np.add.accumulate(np.column_stack([bias, lanes]), axis=1)[:, -1]


def split_maxima(
    ids: NDArray[np.int32],
    table: NDArray[Any],
    widths: NDArray[np.int64],
    scales: NDArray[np.float32],
    bias: NDArray[np.float32],
    activation: int,
    dense: NDArray[np.float32],
    dense_bias: NDArray[np.float32],
    logits: NDArray[np.float32],
    spans: NDArray[np.int64],
    sums: NDArray[np.float64],
    padding: NDArray[np.float64],
) -> int:
    """All of an explanation of one text with max pooling.

    Fills `logits` (1 x L), and `spans`, `sums` and `padding` as `sum_spans` does; returns what it does.
    """
    offsets = np.array([0, len(ids)])
    maxima = np.empty((1, len(bias)), dtype=table.dtype)
    places = np.empty((1, len(bias)), dtype=np.int64)
    features = np.empty((1, dense.shape[1]), dtype=np.float32)
    locate_maxima(ids, offsets, table, widths, maxima, places)
    activate_maxima(maxima, scales, bias, activation, features)
    apply_dense(features, dense, dense_bias, logits)
    values = (dense * features).T[: len(bias)].astype(np.float64)
    each = np.repeat(widths, len(bias) // len(widths))
    return sum_spans(places[0], each, values, len(ids), spans, sums, padding)


def softmax(logits: NDArray[np.float32], temperature: float, result: NDArray[np.float64]) -> None:
    """Fill `result` (texts x L) with the softmax of each row over the temperature."""
    # Row by row: how NumPy adds up a row may depend on the shape of the whole.
    for row, scores in zip(logits.astype(np.float64) / temperature, result, strict=True):
        weights = np.exp(row - row.max())
        scores[:] = weights / weights.sum()


def sigmoid(logits: NDArray[np.float32], temperature: float, result: NDArray[np.float64]) -> None:
    """Fill `result` (texts x L) with the sigmoid of each logit over the temperature."""
    values = logits.astype(np.float64) / temperature
    # exp of a negative number only: the other form overflows.
    weights = np.exp(-np.abs(values))
    result[:] = np.where(values >= 0, 1 / (1 + weights), weights / (1 + weights))


def _pool(
    ways: Sequence[str],
    ids: NDArray[np.int32],
    offsets: NDArray[np.int64],
    table: NDArray[Any],
    widths: NDArray[np.int64],
    scales: NDArray[np.float32],
    bias: NDArray[np.float32],
    activation: int,
    features: NDArray[np.float32],
) -> None:
    """Fill `features` (texts x N): the windows c * s + b pooled in each of the ways, one after the other."""
    activate = partial(activate_array, activation=activation)
    steps, biases = np.split(scales, len(widths)), np.split(bias, len(widths))
    for text, row in enumerate(features):
        sums = _windows(ids[offsets[text] : offsets[text + 1]], table, widths)
        windows = [c.astype(np.float32) * s + b for c, s, b in zip(sums, steps, biases, strict=True)]
        pooled = np.concatenate([WAYS[way].of_array(each, activate) for way in ways for each in windows])
        row[: len(pooled)], row[len(pooled) :] = pooled, 0


def _windows(
    ids: NDArray[np.int32], table: NDArray[Any], widths: NDArray[np.int64]
) -> Iterator[NDArray[Any]]:
    """c_w (windows x F) of one text for each width, its padding being w-1 zero vectors on both sides."""
    count = table.shape[1] // int(widths.sum())
    column = 0
    for width in widths.tolist():
        part = table[:, column : column + width * count]
        column += width * count
        padding = np.full(width - 1, PAD_ID, dtype=np.int32)
        # Without a token, any window is padding alone; there is one at least, for width 1 too.
        padded = np.concatenate([padding, ids if len(ids) else np.full(1, PAD_ID, dtype=np.int32), padding])
        windows = len(padded) - width + 1
        total = part[padded[:windows], :count]  # a copy
        for j in range(1, width):
            total += part[padded[j : j + windows], j * count : (j + 1) * count]
        yield total


POOLS: Final = {name: partial(_pool, ways_of_pooling(name)) for name in get_args(Pooling)}
"""From the ids of texts to their pooled features, by the names of `textcnn.config.Pooling`."""
