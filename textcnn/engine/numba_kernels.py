"""The engine's inner loops, compiled by numba. `textcnn.engine.numpy_kernels` does the same with NumPy.

Each text is computed by itself, and every sum in a fixed order, so that no result depends on the batch. The
compiler's vector units work along the filters, which lie side by side in a row of the table.

Compiled loops look at no bounds. Each of these is checked once, when a model is loaded:

| taken for granted | checked by |
|---|---|
| ids are from 0 to V-1, whatever the text | `Tokenizer.require_rows`: `ModelDirectory`, `TextClassifier` |
| an array is of the type and shape that the configuration says, without NaN or infinity | `check_weights` |
| widths are distinct whole numbers from 1 to 64, V, F, L and D whole ones from 1 | `NetworkConfig` |
| the table is V x F * (sum of widths), int16 or float32 | `build_tables`, `tables._read` where mapped |
| a sum of a window stays in int16 | the scales of `tables.build_tables` |
| a sum, feature or logit stays in float32 | `check_weights`, by the largest sum there can be |
| the dense layer is L x N, N in whole lanes | `Engine`, which fills it up |
| the temperature is a number from 1e-6 | `ModelConfig` |
| offsets of texts begin at 0, do not fall, and end where the ids do | `TokenBatch.of`, `find_tokens` |
| in the tokenizer's loops (`textcnn.tokens.tokenizer_kernels`): bytes are whole UTF-8 | `str.encode` |
| a text has at most as many tokens as bytes | one token for a character or more, `_add_word` |
| ids there are the places of spellings, and unknown is one of them | `fast_tokenizer._is_known` |
| a free slot ends each search | twice as many slots as tokens, `FastTokenizer` |
| our reader and the library see one vocabulary | `read_specification`: no key twice |
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
