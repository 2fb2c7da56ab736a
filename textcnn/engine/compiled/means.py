"""The mean of all windows of each filter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from textcnn.compilation.jit import compiled
from textcnn.engine.compiled.activated import activate
from textcnn.engine.compiled.windows import pad_text, sum_window

if TYPE_CHECKING:
    from numpy.typing import NDArray


@compiled
def pool_mean(
    ids: NDArray[np.int32],
    offsets: NDArray[np.int64],
    table: NDArray[np.float32],
    widths: NDArray[np.int64],
    scales: NDArray[np.float32],
    bias: NDArray[np.float32],
    activation: int,
    features: NDArray[np.float32],
) -> None:
    """Fill `features` (texts x N): the mean over windows of act(c * s + b), added up in float64."""
    count = len(bias) // len(widths)
    features[:, len(bias) :] = 0
    reach = widths.max() - 1
    longest = np.diff(offsets).max()
    padded = np.empty(longest + 2 * reach + 1, dtype=np.int32)
    padded[:reach] = 0
    total, summed = np.empty(count, dtype=np.float32), np.empty(count, dtype=np.float64)
    for text in range(len(offsets) - 1):
        length = pad_text(ids, offsets, text, reach, padded)
        column = 0
        for index in range(len(widths)):
            width = widths[index]
            windows = padded[reach + 1 - width : reach + max(length, 1) + width - 1]
            number = len(windows) - width + 1
            summed[:] = 0
            for t in range(number):
                sum_window(windows, t, table, column, width, total)
                for f in range(count):
                    value = total[f] * scales[index * count + f] + bias[index * count + f]
                    summed[f] += activate(value, activation)
            for f in range(count):
                features[text, index * count + f] = summed[f] / number
            column += width * count


@compiled
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
            sum_window(windows, t, table, column, width, total)
            shares[row] = 0
            for f in range(count):
                value = np.float32(total[f]) * scales[index * count + f] + bias[index * count + f]
                active = activate(value, activation)
                for label in range(shares.shape[1]):
                    shares[row, label] += dense[label, index * count + f] * active / number
            row += 1
        column += width * count
