"""The spans of tokens that windows cover, and all of an explanation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from textcnn.compilation.jit import compiled
from textcnn.engine.compiled.dense import apply_dense
from textcnn.engine.compiled.maxima import activate_maxima, locate_maxima

if TYPE_CHECKING:
    from numpy.typing import NDArray


@compiled
def sum_spans(
    firsts: NDArray[np.int64],
    widths: NDArray[np.int64],
    values: NDArray[np.float64],
    length: int,
    spans: NDArray[np.int64],
    sums: NDArray[np.float64],
    padding: NDArray[np.float64],
) -> int:
    """Add up the `values` (P x L) of windows that cover the same tokens of a text of this length.

    Fills `spans` (P x 2: first token, one past the last) and `sums` (P x L) in the order in which the spans
    are met, and `padding` (L) with what windows without a token add; returns how many spans there are.
    """
    reach = widths.max()
    rows = np.full(length * reach, -1, dtype=np.int64)
    count = 0
    padding[:] = 0
    for window in range(len(firsts)):
        start, end = max(firsts[window], 0), min(firsts[window] + widths[window], length)
        if end <= start:
            padding += values[window]
            continue
        place = start * reach + end - start - 1
        row = rows[place]
        if row < 0:
            row, rows[place] = count, count
            spans[row, 0], spans[row, 1] = start, end
            sums[row] = 0
            count += 1
        for label in range(values.shape[1]):
            sums[row, label] += values[window, label]
    return count


@compiled
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
    """All of an explanation of one text with max pooling, in one call: calls cost more than the work.

    Fills `logits` (1 x L), and `spans`, `sums` and `padding` as `sum_spans` does; returns what it does.
    """
    offsets = np.array([0, len(ids)])
    maxima = np.empty((1, len(bias)), dtype=table.dtype)
    places = np.empty((1, len(bias)), dtype=np.int64)
    features = np.empty((1, dense.shape[1]), dtype=np.float32)
    locate_maxima(ids, offsets, table, widths, maxima, places)
    activate_maxima(maxima, scales, bias, activation, features)
    apply_dense(features, dense, dense_bias, logits)
    values = np.empty((len(bias), dense.shape[0]), dtype=np.float64)
    each = np.empty(len(bias), dtype=np.int64)
    for f in range(len(bias)):
        each[f] = widths[f // (len(bias) // len(widths))]
        for label in range(dense.shape[0]):
            values[f, label] = dense[label, f] * features[0, f]
    return sum_spans(places[0], each, values, len(ids), spans, sums, padding)
