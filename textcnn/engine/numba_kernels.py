"""The engine's inner loops, compiled by numba. `textcnn.engine.numpy_kernels` does the same with NumPy.

Each text is computed by itself, and every sum in a fixed order, so that no result depends on the batch. The
compiler's vector units work along the filters, which lie side by side in a row of the table.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from textcnn.compilation.jit import compiled
from textcnn.config import LANES

if TYPE_CHECKING:
    from numpy.typing import NDArray

NAME: Final = "numba"


@compiled
def pool_maxima(
    ids: NDArray[np.int32],
    offsets: NDArray[np.int64],
    table: NDArray[Any],
    widths: NDArray[np.int64],
    maxima: NDArray[Any],
) -> None:
    """Fill `maxima` (texts x widths*F): for each filter the largest sum over the windows of a text.

    A row of `table` (V x R) holds for each width w, and each position j < w, the F numbers that a token adds
    there. Both arrays are int16, whose sums the scales keep from overflowing, or both float32.
    """
    count = maxima.shape[1] // len(widths)
    reach = widths.max() - 1
    longest = np.diff(offsets).max()
    padded = np.empty(longest + 2 * reach + 1, dtype=np.int32)
    padded[:reach] = 0
    total = np.empty(count, dtype=table.dtype)
    for text in range(len(offsets) - 1):
        length = _pad(ids, offsets, text, reach, padded)
        column = 0
        for index in range(len(widths)):
            width = widths[index]
            best = maxima[text, index * count : (index + 1) * count]
            # Windows start up to w-1 before the text. Without a token, any window is padding alone.
            windows = padded[reach + 1 - width : reach + max(length, 1) + width - 1]
            _pool_width(windows, table, column, width, total, best)
            column += width * count


@compiled
def _pad(
    ids: NDArray[np.int32], offsets: NDArray[np.int64], text: int, reach: int, padded: NDArray[np.int32]
) -> int:
    """Write a text into `padded`, which begins with `reach` zeros, and zeros after it; returns its length."""
    start, length = offsets[text], offsets[text + 1] - offsets[text]
    padded[reach : reach + length] = ids[start : start + length]
    padded[reach + length : 2 * reach + length + 1] = 0
    return int(length)


@compiled
def _pool_width(  # noqa: C901  # a call for each window would cost more than the window
    ids: NDArray[np.int32],
    table: NDArray[Any],
    column: int,
    width: int,
    total: NDArray[Any],
    best: NDArray[Any],
) -> None:
    """Fill `best` (F) with the largest sums of one width, whose part of the table begins at `column`.

    Kim's three widths have loops of their own: what is added up stays in a register there.
    """
    number = table.dtype.type  # int16 stays int16: numba would widen sums to 64 bits
    n = len(best)
    _sum_window(ids, 0, table, column, width, best)
    if width == 3:
        for t in range(1, len(ids) - 2):
            a = table[ids[t], column : column + n]
            b = table[ids[t + 1], column + n : column + 2 * n]
            c = table[ids[t + 2], column + 2 * n : column + 3 * n]
            for f in range(n):
                best[f] = max(best[f], number(number(a[f] + b[f]) + c[f]))
    elif width == 4:
        for t in range(1, len(ids) - 3):
            a = table[ids[t], column : column + n]
            b = table[ids[t + 1], column + n : column + 2 * n]
            c = table[ids[t + 2], column + 2 * n : column + 3 * n]
            d = table[ids[t + 3], column + 3 * n : column + 4 * n]
            for f in range(n):
                best[f] = max(best[f], number(number(number(a[f] + b[f]) + c[f]) + d[f]))
    elif width == 5:
        for t in range(1, len(ids) - 4):
            a = table[ids[t], column : column + n]
            b = table[ids[t + 1], column + n : column + 2 * n]
            c = table[ids[t + 2], column + 2 * n : column + 3 * n]
            d = table[ids[t + 3], column + 3 * n : column + 4 * n]
            e = table[ids[t + 4], column + 4 * n : column + 5 * n]
            for f in range(n):
                best[f] = max(best[f], number(number(number(number(a[f] + b[f]) + c[f]) + d[f]) + e[f]))
    else:
        for t in range(1, len(ids) - width + 1):
            _sum_window(ids, t, table, column, width, total)
            for f in range(n):
                best[f] = max(best[f], total[f])


@compiled
def _sum_window(
    ids: NDArray[np.int32],
    t: int,
    table: NDArray[Any],
    column: int,
    width: int,
    total: NDArray[Any],
) -> None:
    """Fill `total` (F) with c_w[t]."""
    number = table.dtype.type
    n = len(total)
    total[:] = table[ids[t], column : column + n]
    for j in range(1, width):
        row = table[ids[t + j], column + j * n : column + (j + 1) * n]
        for f in range(n):
            total[f] = number(total[f] + row[f])


@compiled
def pool_means(
    ids: NDArray[np.int32],
    offsets: NDArray[np.int64],
    table: NDArray[np.float32],
    widths: NDArray[np.int64],
    bias: NDArray[np.float32],
    is_tanh: bool,
    means: NDArray[np.float32],
) -> None:
    """Fill `means` (texts x N): the mean over windows of act(c + b), added up in float64."""
    count = len(bias) // len(widths)
    means[:, len(bias) :] = 0
    reach = widths.max() - 1
    longest = np.diff(offsets).max()
    padded = np.empty(longest + 2 * reach + 1, dtype=np.int32)
    padded[:reach] = 0
    total, summed = np.empty(count, dtype=np.float32), np.empty(count, dtype=np.float64)
    for text in range(len(offsets) - 1):
        length = _pad(ids, offsets, text, reach, padded)
        column = 0
        for index in range(len(widths)):
            width = widths[index]
            windows = padded[reach + 1 - width : reach + max(length, 1) + width - 1]
            number = len(windows) - width + 1
            summed[:] = 0
            for t in range(number):
                _sum_window(windows, t, table, column, width, total)
                for f in range(count):
                    value = total[f] + bias[index * count + f]
                    summed[f] += math.tanh(value) if is_tanh else max(value, np.float32(0))
            for f in range(count):
                means[text, index * count + f] = summed[f] / number
            column += width * count


@compiled
def pool_both(
    ids: NDArray[np.int32],
    offsets: NDArray[np.int64],
    table: NDArray[Any],
    widths: NDArray[np.int64],
    scales: NDArray[np.float32],
    bias: NDArray[np.float32],
    is_tanh: bool,
    features: NDArray[np.float32],
) -> None:
    """Fill `features` (texts x N): act(c * s + b) of the largest window, and then its mean over windows.

    The table is int16 or float32, as that of the maxima alone; means are added up in float64.
    """
    filters = len(bias)
    count = filters // len(widths)
    features[:, 2 * filters :] = 0
    reach = widths.max() - 1
    longest = np.diff(offsets).max()
    padded = np.empty(longest + 2 * reach + 1, dtype=np.int32)
    padded[:reach] = 0
    total, best = np.empty(count, dtype=table.dtype), np.empty(count, dtype=table.dtype)
    summed = np.empty(count, dtype=np.float64)
    for text in range(len(offsets) - 1):
        length = _pad(ids, offsets, text, reach, padded)
        column = 0
        for index in range(len(widths)):
            width = widths[index]
            own = slice(index * count, (index + 1) * count)
            windows = padded[reach + 1 - width : reach + max(length, 1) + width - 1]
            number = len(windows) - width + 1
            _pool_both(windows, table, column, width, scales[own], bias[own], is_tanh, total, best, summed)
            for f in range(count):
                value = np.float32(best[f]) * scales[index * count + f] + bias[index * count + f]
                active = math.tanh(value) if is_tanh else max(value, np.float32(0))
                features[text, index * count + f] = active
                features[text, filters + index * count + f] = summed[f] / number
            column += width * count


@compiled
def _pool_both(
    ids: NDArray[np.int32],
    table: NDArray[Any],
    column: int,
    width: int,
    scales: NDArray[np.float32],
    bias: NDArray[np.float32],
    is_tanh: bool,
    total: NDArray[Any],
    best: NDArray[Any],
    summed: NDArray[np.float64],
) -> None:
    """Fill `best` and `summed` (F): the largest window of one width, and the sum of all, activated."""
    for t in range(len(ids) - width + 1):
        _sum_window(ids, t, table, column, width, total)
        if t == 0:
            best[:] = total
            summed[:] = 0
        for f in range(len(best)):
            best[f] = max(best[f], total[f])
        for f in range(len(best)):
            value = np.float32(total[f]) * scales[f] + bias[f]
            summed[f] += math.tanh(value) if is_tanh else max(value, np.float32(0))


@compiled
def locate_maxima(
    ids: NDArray[np.int32],
    offsets: NDArray[np.int64],
    table: NDArray[Any],
    widths: NDArray[np.int64],
    maxima: NDArray[Any],
    places: NDArray[np.int64],
) -> None:
    """Fill `maxima` as `pool_maxima` does, and `places` (alike) with the first window that reaches each.

    A place is where the window begins, counted from the text's first token: below 0 it begins in padding.
    """
    count = maxima.shape[1] // len(widths)
    reach = widths.max() - 1
    longest = np.diff(offsets).max()
    padded = np.empty(longest + 2 * reach + 1, dtype=np.int32)
    padded[:reach] = 0
    total = np.empty(count, dtype=table.dtype)
    for text in range(len(offsets) - 1):
        length = _pad(ids, offsets, text, reach, padded)
        column = 0
        for index in range(len(widths)):
            width = widths[index]
            best = maxima[text, index * count : (index + 1) * count]
            place = places[text, index * count : (index + 1) * count]
            windows = padded[reach + 1 - width : reach + max(length, 1) + width - 1]
            _sum_window(windows, 0, table, column, width, best)
            place[:] = 1 - width
            for t in range(1, len(windows) - width + 1):
                _sum_window(windows, t, table, column, width, total)
                for f in range(count):
                    if total[f] > best[f]:
                        best[f], place[f] = total[f], t + 1 - width
            column += width * count


@compiled
def share_means(
    ids: NDArray[np.int32],
    table: NDArray[Any],
    widths: NDArray[np.int64],
    scales: NDArray[np.float32],
    bias: NDArray[np.float32],
    is_tanh: bool,
    dense: NDArray[np.float32],
    shares: NDArray[np.float64],
) -> None:
    """Fill `shares` (windows x L) of one text: what each window adds to each logit through its mean.

    The windows of the first width come first, in their order. `dense` is L x widths*F or wider.
    """
    count = len(bias) // len(widths)
    length = max(len(ids), 1)
    reach = widths.max() - 1
    padded = np.zeros(length + 2 * reach, dtype=np.int32)
    padded[reach : reach + len(ids)] = ids
    total = np.empty(count, dtype=np.float32)
    column, row = 0, 0
    for index in range(len(widths)):
        width = widths[index]
        windows = padded[reach + 1 - width : reach + length + width - 1]
        number = len(windows) - width + 1
        for t in range(number):
            _sum_window(windows, t, table, column, width, total)
            shares[row] = 0
            for f in range(count):
                value = np.float32(total[f]) * scales[index * count + f] + bias[index * count + f]
                active = math.tanh(value) if is_tanh else max(value, np.float32(0))
                for label in range(shares.shape[1]):
                    shares[row, label] += dense[label, index * count + f] * active / number
            row += 1
        column += width * count


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
def activate_maxima(
    maxima: NDArray[Any],
    scales: NDArray[np.float32],
    bias: NDArray[np.float32],
    is_tanh: bool,
    features: NDArray[np.float32],
) -> None:
    """Fill `features` (texts x N): act(c * s + b); activations are monotone, so they may come last."""
    for text in range(maxima.shape[0]):
        features[text, maxima.shape[1] :] = 0
        for f in range(maxima.shape[1]):
            value = np.float32(maxima[text, f]) * scales[f] + bias[f]
            features[text, f] = math.tanh(value) if is_tanh else max(value, np.float32(0))


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


@compiled
def split_maxima(
    ids: NDArray[np.int32],
    table: NDArray[Any],
    widths: NDArray[np.int64],
    scales: NDArray[np.float32],
    bias: NDArray[np.float32],
    is_tanh: bool,
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
    activate_maxima(maxima, scales, bias, is_tanh, features)
    apply_dense(features, dense, dense_bias, logits)
    values = np.empty((len(bias), dense.shape[0]), dtype=np.float64)
    each = np.empty(len(bias), dtype=np.int64)
    for f in range(len(bias)):
        each[f] = widths[f // (len(bias) // len(widths))]
        for label in range(dense.shape[0]):
            values[f, label] = dense[label, f] * features[0, f]
    return sum_spans(places[0], each, values, len(ids), spans, sums, padding)


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
