"""The compiled network: token ids to logits by additions alone, without PyTorch.

Everything before the pooling is linear in the embedding, so embedding and convolution fold into one table
for each filter position, built once when a model is loaded:

    T_w[j, v, f] = W_w[f, :, j] . E[v]                                  w x V x F for each width w
    c_w[t, f]    = T_w[0, x[t], f] + T_w[1, x[t+1], f] + ...            D times less work than the convolution

Texts are never padded to each other: a batch is one flat array of ids and the offsets of its texts, and each
text is computed by itself in a fixed order. So a text has the same logits alone and in any batch, to the bit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from textcnn.config import PAD_ID, NetworkConfig
from textcnn.weights import DENSE_BIAS, DENSE_WEIGHT, Weights, check_weights, folded_filters, folded_vectors

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from textcnn.tokenizer import TokenBatch


class Engine:
    """Scores token ids with tables folded from a network's weights.

    Raises:
        ModelError: the weights do not fit the configuration.
    """

    name = "numpy float32"
    """What computes, for people: `textcnn inspect` shows it."""

    def __init__(self, config: NetworkConfig, weights: Weights) -> None:
        check_weights(weights, config)
        self.config = config
        vectors = folded_vectors(weights).copy()
        vectors[PAD_ID] = 0
        self._banks = [_FilterBank(vectors, *folded_filters(weights, width)) for width in config.widths]
        self._dense, self._bias = weights[DENSE_WEIGHT], weights[DENSE_BIAS]  # L x (widths * F), L

    def logits(self, batch: TokenBatch) -> NDArray[np.float32]:
        """Logits (texts x L), before temperature; one row for each text, empty ones too."""
        rows = np.empty((len(batch), self.config.outputs), dtype=np.float32)
        for index, ids in enumerate(batch):
            features = np.concatenate([self._pool(bank, ids) for bank in self._banks])
            # Not BLAS: its last bits depend on how many texts are multiplied at once.
            rows[index] = np.add.reduce(self._dense * features, axis=1) + self._bias
        return rows

    def _pool(self, bank: _FilterBank, ids: NDArray[np.int32]) -> NDArray[np.float32]:
        """h_w (F) of one text."""
        activate = np.tanh if self.config.activation == "tanh" else _relu
        windows = bank.windows(ids)
        if self.config.pooling == "mean":
            return np.asarray(activate(windows + bank.bias).mean(axis=0, dtype=np.float32))
        # The activation is monotone, so it may come after the maximum, on F numbers instead of windows x F.
        return np.asarray(activate(windows.max(axis=0) + bank.bias))


class _FilterBank:
    """The filters of one width as a table for each of their positions."""

    def __init__(
        self, vectors: NDArray[np.float32], filters: NDArray[np.float32], bias: NDArray[np.float32]
    ) -> None:
        self.width = filters.shape[2]
        self.bias = bias
        self.tables = [vectors @ filters[:, :, j].T for j in range(self.width)]  # w of V x F

    def windows(self, ids: NDArray[np.int32]) -> NDArray[np.float32]:
        """c_w (windows x F) of one text, its padding being w-1 zero vectors on both sides."""
        padding = np.full(self.width - 1, PAD_ID, dtype=np.int32)
        padded = np.concatenate([padding, ids, padding])
        if not len(padded):  # width 1 and no token: there is still one window, of padding
            padded = np.full(1, PAD_ID, dtype=np.int32)
        count = len(padded) - self.width + 1
        total: NDArray[np.float32] = self.tables[0][padded[:count]]  # a copy
        for j in range(1, self.width):
            total += self.tables[j][padded[j : j + count]]
        return total


def _relu(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.maximum(values, np.float32(0))
