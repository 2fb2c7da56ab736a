"""The engine's inner loops, compiled by numba. `textcnn.engine.numpy_kernels` does the same with NumPy.

Each text is computed by itself, and every sum in a fixed order, so that no result depends on the batch. The
compiler's vector units work along the filters, which lie side by side in a row of the table.
"""

from __future__ import annotations

from typing import Final

from textcnn.engine.compiled.dense import apply_dense
from textcnn.engine.compiled.maxima import activate_maxima, locate_maxima, pool_max
from textcnn.engine.compiled.maxima_and_means import pool_max_and_mean
from textcnn.engine.compiled.means import pool_mean, share_means
from textcnn.engine.compiled.probabilities import sigmoid, softmax
from textcnn.engine.compiled.spans import split_maxima, sum_spans

__all__ = [
    "NAME",
    "POOLS",
    "activate_maxima",
    "apply_dense",
    "locate_maxima",
    "share_means",
    "sigmoid",
    "softmax",
    "split_maxima",
    "sum_spans",
]

NAME: Final = "numba"

POOLS: Final = {"max": pool_max, "mean": pool_mean, "max+mean": pool_max_and_mean}
"""From the ids of texts to their pooled features, by the names of `textcnn.config.Pooling`."""
