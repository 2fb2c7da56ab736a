"""The windows of one text, which all ways of pooling add up alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textcnn.compilation.jit import compiled

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@compiled
def pad_text(
    ids: NDArray[np.int32], offsets: NDArray[np.int64], text: int, reach: int, padded: NDArray[np.int32]
) -> int:
    """Write a text into `padded`, which begins with `reach` zeros, and zeros after it; returns its length."""
    start, length = offsets[text], offsets[text + 1] - offsets[text]
    padded[reach : reach + length] = ids[start : start + length]
    padded[reach + length : 2 * reach + length + 1] = 0
    return int(length)


@compiled
def sum_window(
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
