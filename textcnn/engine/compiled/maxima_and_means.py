"""The largest window of each filter, and the mean of all, by one pass over them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from textcnn.compilation.jit import compiled
from textcnn.engine.compiled.activated import activate
from textcnn.engine.compiled.windows import pad_text, sum_window

if TYPE_CHECKING:
    from numpy.typing import NDArray


@compiled
def pool_max_and_mean(
    ids: NDArray[np.int32],
    offsets: NDArray[np.int64],
    table: NDArray[Any],
    widths: NDArray[np.int64],
    scales: NDArray[np.float32],
    bias: NDArray[np.float32],
    activation: int,
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
        length = pad_text(ids, offsets, text, reach, padded)
        column = 0
        for index in range(len(widths)):
            width = widths[index]
            own = slice(index * count, (index + 1) * count)
            windows = padded[reach + 1 - width : reach + max(length, 1) + width - 1]
            number = len(windows) - width + 1
            _pool(windows, table, column, width, scales[own], bias[own], activation, total, best, summed)
            for f in range(count):
                value = np.float32(best[f]) * scales[index * count + f] + bias[index * count + f]
                active = activate(value, activation)
                features[text, index * count + f] = active
                features[text, filters + index * count + f] = summed[f] / number
            column += width * count


@compiled
def _pool(
    ids: NDArray[np.int32],
    table: NDArray[Any],
    column: int,
    width: int,
    scales: NDArray[np.float32],
    bias: NDArray[np.float32],
    activation: int,
    total: NDArray[Any],
    best: NDArray[Any],
    summed: NDArray[np.float64],
) -> None:
    """Fill `best` and `summed` (F): the largest window of one width, and the sum of all, activated."""
    for t in range(len(ids) - width + 1):
        sum_window(ids, t, table, column, width, total)
        if t == 0:
            best[:] = total
            summed[:] = 0
        for f in range(len(best)):
            best[f] = max(best[f], total[f])
        for f in range(len(best)):
            value = np.float32(total[f]) * scales[f] + bias[f]
            summed[f] += activate(value, activation)
