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

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from textcnn.config import LANES
from textcnn.engine.choose_kernels import kernels
from textcnn.engine.tables import build_tables, load_tables
from textcnn.network.activation import ACTIVATIONS
from textcnn.network.weights import DENSE_BIAS, DENSE_WEIGHT, Weights, check_weights, folded_filters

if TYPE_CHECKING:
    from types import ModuleType

    from numpy.typing import NDArray

    from textcnn.config import NetworkConfig, TableNumbers
    from textcnn.tokens.token_batch import TokenBatch


class EngineArrays(NamedTuple):
    """The numbers of a network as the compiled loops take them, in their order."""

    table: NDArray[Any]
    """T (V x R), int16 or float32: `textcnn.engine.tables` has its layout."""
    widths: NDArray[np.int64]
    scales: NDArray[np.float32]
    """s_f (widths*F), what one step of a filter's numbers in the table is worth."""
    bias: NDArray[np.float32]
    """b_f (widths*F)."""
    activation: int
    """Its number in `textcnn.network.activation`."""
    dense: NDArray[np.float32]
    """D (L x N), filled up with zeros to whole lanes."""
    dense_bias: NDArray[np.float32]
    """b_c (L), which each logit begins with."""


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
        self.numbers: TableNumbers = numbers if "max" in config.ways else "float32"
        self._kernels = kernels()
        tables = (
            load_tables(config, weights, self.numbers, version)
            if version
            else build_tables(config, weights, self.numbers)
        )
        filled_up = -config.features % LANES
        self.arrays = EngineArrays(
            table=tables.rows,
            widths=np.array(config.widths, dtype=np.int64),
            scales=tables.scales,
            bias=np.concatenate([folded_filters(weights, width)[1] for width in config.widths]),
            activation=ACTIVATIONS[config.activation].number,
            dense=np.pad(weights[DENSE_WEIGHT], ((0, 0), (0, filled_up))),
            dense_bias=weights[DENSE_BIAS],
        )

    @property
    def name(self) -> str:
        """The loops and numbers that compute, for people, as `numba int16`."""
        return f"{self._kernels.NAME} {self.numbers}"

    @property
    def is_compiled(self) -> bool:
        """Whether compiled loops compute, and not NumPy."""
        return bool(self._kernels.NAME == "numba")

    @property
    def kernels(self) -> ModuleType:
        """The loops that compute: `textcnn.engine.numba_kernels`, or `textcnn.engine.numpy_kernels`."""
        return self._kernels

    def logits(self, batch: TokenBatch) -> NDArray[np.float32]:
        """Logits (texts x L), before temperature; one row for each text, empty ones too."""
        logits = np.empty((len(batch), self.config.outputs), dtype=np.float32)
        if len(batch):
            self._kernels.apply_dense(self._pool(batch), self.arrays.dense, self.arrays.dense_bias, logits)
        return logits

    def _pool(self, batch: TokenBatch) -> NDArray[np.float32]:
        """Pooled features h (texts x N) of one text or more; zeros fill up the last lanes."""
        *of_windows, dense, _ = self.arrays
        features = np.empty((len(batch), dense.shape[1]), dtype=np.float32)
        self._kernels.POOLS[self.config.pooling](batch.ids, batch.offsets, *of_windows, features)
        return features
