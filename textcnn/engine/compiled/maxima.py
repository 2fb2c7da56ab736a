"""The largest window of each filter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from textcnn.compilation.jit import compiled
from textcnn.engine.compiled.activated import activate
from textcnn.engine.compiled.windows import pad_text, sum_window

if TYPE_CHECKING:
    from numpy.typing import NDArray


@compiled
def pool_max(
    ids: NDArray[np.int32],
    offsets: NDArray[np.int64],
    table: NDArray[Any],
    widths: NDArray[np.int64],
    scales: NDArray[np.float32],
    bias: NDArray[np.float32],
    activation: int,
    features: NDArray[np.float32],
) -> None:
    """Fill `features` (texts x N): act(c * s + b) of the largest window."""
    maxima = np.empty((len(features), len(bias)), dtype=table.dtype)
    pool_maxima(ids, offsets, table, widths, maxima)
    activate_maxima(maxima, scales, bias, activation, features)


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
        length = pad_text(ids, offsets, text, reach, padded)
        column = 0
        for index in range(len(widths)):
            width = widths[index]
            best = maxima[text, index * count : (index + 1) * count]
            # Windows start up to w-1 before the text. Without a token, any window is padding alone.
            windows = padded[reach + 1 - width : reach + max(length, 1) + width - 1]
            _pool_width(windows, table, column, width, total, best)
            column += width * count


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
        length = pad_text(ids, offsets, text, reach, padded)
        column = 0
        for index in range(len(widths)):
            width = widths[index]
            best = maxima[text, index * count : (index + 1) * count]
            place = places[text, index * count : (index + 1) * count]
            windows = padded[reach + 1 - width : reach + max(length, 1) + width - 1]
            sum_window(windows, 0, table, column, width, best)
            place[:] = 1 - width
            for t in range(1, len(windows) - width + 1):
                sum_window(windows, t, table, column, width, total)
                for f in range(count):
                    if total[f] > best[f]:
                        best[f], place[f] = total[f], t + 1 - width
            column += width * count


@compiled
def activate_maxima(
    maxima: NDArray[Any],
    scales: NDArray[np.float32],
    bias: NDArray[np.float32],
    activation: int,
    features: NDArray[np.float32],
) -> None:
    """Fill `features` (texts x N): act(c * s + b); activations are monotone, so they may come last."""
    for text in range(maxima.shape[0]):
        features[text, maxima.shape[1] :] = 0
        for f in range(maxima.shape[1]):
            value = np.float32(maxima[text, f]) * scales[f] + bias[f]
            features[text, f] = activate(value, activation)


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
    sum_window(ids, 0, table, column, width, best)
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
            sum_window(ids, t, table, column, width, total)
            for f in range(n):
                best[f] = max(best[f], total[f])
