"""The engine: token ids to logits by additions alone, without PyTorch.

Everything before the pooling is linear in the embedding, so embedding and convolution fold into one table
(`textcnn.engine.tables`), and a window is a sum of its rows:

    c_w[t, f]  = T_w[x[t], 0, f] + T_w[x[t+1], 1, f] + ...        D times less work than the convolution
    h_w[f]     = act( max_t c_w[t, f] + b_w[f] )
    logits     = dense( concat_w h_w )

Texts are never padded to each other: a batch is one flat array of ids and the offsets of its texts, and each
text is computed by itself in a fixed order. So a text has the same logits alone and in any batch, to the bit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from textcnn.config import LANES
from textcnn.engine.choose_kernels import kernels
from textcnn.engine.tables import build_tables, load_tables
from textcnn.engine.weights import DENSE_BIAS, DENSE_WEIGHT, Weights, check_weights, folded_filters

if TYPE_CHECKING:
    from types import ModuleType

    from numpy.typing import NDArray

    from textcnn.config import NetworkConfig, TableNumbers
    from textcnn.tokens.token_batch import TokenBatch


class Engine:
    """Scores token ids with tables folded from a network's weights.

    `numbers` is what the tables are made of; mean pooling takes float32 whatever is said. With a `version`,
    which names exactly these weights, the tables are shared through the cache.

    Raises:
        ModelError: the weights do not fit the configuration.
    """

    def __init__(
        self,
        config: NetworkConfig,
        weights: Weights,
        *,
        numbers: TableNumbers = "int16",
        version: str | None = None,
    ) -> None:
        check_weights(weights, config)
        self.config = config
        self.numbers: TableNumbers = "float32" if config.pooling == "mean" else numbers
        self._kernels = kernels()
        self._tables = (
            load_tables(config, weights, self.numbers, version)
            if version
            else build_tables(config, weights, self.numbers)
        )
        self._widths = np.array(config.widths, dtype=np.int64)
        self._bias = np.concatenate([folded_filters(weights, width)[1] for width in config.widths])
        filled_up = -config.features % LANES
        self._dense = np.pad(weights[DENSE_WEIGHT], ((0, 0), (0, filled_up)))  # L x N
        self._dense_bias = weights[DENSE_BIAS]
        self._is_tanh = config.activation == "tanh"

    @property
    def name(self) -> str:
        """What computes, for people, as `numba int16`."""
        return f"{self._kernels.NAME} {self.numbers}"

    @property
    def is_compiled(self) -> bool:
        """Whether compiled loops compute, and not NumPy."""
        return bool(self._kernels.NAME == "numba")

    @property
    def kernels(self) -> ModuleType:
        """The loops that compute: `textcnn.engine.numba_kernels`, or `textcnn.engine.numpy_kernels`."""
        return self._kernels

    @property
    def dense_bias(self) -> NDArray[np.float32]:
        """b_c (L), which each logit begins with."""
        return self._dense_bias

    @property
    def arrays(self) -> tuple[Any, ...]:
        """What the loops of max pooling take, in the order of `textcnn.engine.single_text`."""
        tables = self._tables
        return (
            tables.rows,
            self._widths,
            tables.scales,
            self._bias,
            self._is_tanh,
            self._dense,
            self._dense_bias,
        )

    def logits(self, batch: TokenBatch) -> NDArray[np.float32]:
        """Logits (texts x L), before temperature; one row for each text, empty ones too."""
        logits = np.empty((len(batch), self.config.outputs), dtype=np.float32)
        if len(batch):
            self._kernels.apply_dense(self._pool(batch), self._dense, self._dense_bias, logits)
        return logits

    def _pool(self, batch: TokenBatch) -> NDArray[np.float32]:
        """Pooled features h (texts x N) of one text or more; zeros fill up the last lanes."""
        features = np.empty((len(batch), self._dense.shape[1]), dtype=np.float32)
        table, ids, offsets = self._tables.rows, batch.ids, batch.offsets
        if self.config.pooling == "mean":
            self._kernels.pool_means(ids, offsets, table, self._widths, self._bias, self._is_tanh, features)
            return features
        if self.config.pooling == "max+mean":
            self._kernels.pool_both(
                ids, offsets, table, self._widths, self._tables.scales, self._bias, self._is_tanh, features
            )
            return features
        maxima = np.empty((len(batch), self.config.features), dtype=table.dtype)
        self._kernels.pool_maxima(ids, offsets, table, self._widths, maxima)
        self._kernels.activate_maxima(maxima, self._tables.scales, self._bias, self._is_tanh, features)
        return features
