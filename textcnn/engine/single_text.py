"""One text from its bytes to its probabilities in one call of compiled code.

The same loops as for a batch, one after the other: what is saved is handing over their arguments and results,
which takes longer than the work of a short text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from textcnn.compilation.jit import compiled
from textcnn.config import UNKNOWN_ID
from textcnn.engine.compiled.dense import apply_dense
from textcnn.engine.compiled.maxima import activate_maxima, pool_maxima
from textcnn.engine.compiled.probabilities import sigmoid, softmax
from textcnn.tokens.tokenizer_kernels import DONE, find_tokens

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from textcnn.config import ModelConfig
    from textcnn.engine.engine import Engine
    from textcnn.tokens.fast_tokenizer import FastTokenizer


class SingleText:
    """The tokenizer's and the engine's arrays, packed into few: each one more takes time in every call."""

    def __init__(self, config: ModelConfig, tokenizer: FastTokenizer, engine: Engine) -> None:
        of_tokens, of_network = tokenizer.arrays, engine.arrays
        scores, letters = of_tokens.scores.view(np.int32), of_tokens.letters.view(np.int32)
        words = np.concatenate([scores, letters, of_tokens.starts, of_tokens.slots])
        sizes = [len(of_tokens.scores), len(letters), len(of_tokens.starts), len(of_network.scales)]
        kind = [of_network.activation, config.multi_label]
        integers = np.array([*sizes, *kind, *of_tokens.limits, *of_network.widths], dtype=np.int64)
        dense = of_network.dense.ravel()
        floats = np.concatenate([of_network.scales, of_network.bias, of_network.dense_bias, dense])
        arrays = (of_tokens.characters, words, of_network.table, integers, floats)
        self._arguments: Any = (*arrays, config.temperature)
        self._size = 2 * len(config.labels) + 2

    def numbers(self, text: str) -> list[float] | None:
        """Compute everything about a text: L probabilities, L logits, its tokens, and how many are unknown.

        None where it has to go through the stages one by one.
        """
        result = np.empty(self._size, dtype=np.float64)
        try:
            status = _label_text(result, text.encode(), *self._arguments)
        except UnicodeEncodeError:  # a lone surrogate
            return None
        numbers: list[float] | None = result.tolist() if status == DONE else None
        return numbers


def make_single_text(
    config: ModelConfig, tokenizer: FastTokenizer | None, engine: Engine
) -> SingleText | None:
    """The short cut for a model; None where a stage is not compiled, or means are pooled."""
    if tokenizer is None or not engine.is_compiled or engine.config.pooling != "max":
        return None
    return SingleText(config, tokenizer, engine)


@compiled
def _label_text(
    result: NDArray[np.float64],
    data: bytes,
    characters: NDArray[np.uint32],
    words: NDArray[np.int32],
    table: NDArray[Any],
    integers: NDArray[np.int64],
    floats: NDArray[np.float32],
    temperature: float,
) -> int:
    """Fill `result` (2 L + 2) as `SingleText.numbers` tells; returns what `find_tokens` does."""
    score_count, letter_count, start_count, features_count = (
        integers[0],
        integers[1],
        integers[2],
        integers[3],
    )
    activation, multi_label = integers[4], integers[5] > 0
    limits, widths = integers[6:10], integers[10:]
    begin = 2 * score_count  # a score takes two places
    scores = words[:begin].view(np.float64)
    letters = words[begin : begin + letter_count].view(np.uint32)
    begin += letter_count
    starts, slots = words[begin : begin + start_count], words[begin + start_count :]
    bounds = np.zeros(2, dtype=np.int64)
    bounds[1] = len(data)
    ids, offsets = np.empty(len(data), dtype=np.int32), np.empty(2, dtype=np.int64)
    left = np.zeros(1, dtype=np.bool_)
    status = find_tokens(data, bounds, characters, letters, starts, slots, scores, limits, ids, offsets, left)
    if status == DONE:
        outputs = len(result) // 2 - 1
        dense_begin = 2 * features_count + outputs
        scales, bias = floats[:features_count], floats[features_count : 2 * features_count]
        dense_bias = floats[2 * features_count : dense_begin]
        dense = floats[dense_begin:].reshape(outputs, (len(floats) - dense_begin) // outputs)
        maxima = np.empty((1, features_count), dtype=table.dtype)
        features = np.empty((1, dense.shape[1]), dtype=np.float32)
        pool_maxima(ids, offsets, table, widths, maxima)  # `pool_max` written out: a call less
        activate_maxima(maxima, scales, bias, activation, features)
        logits = np.empty((1, outputs), dtype=np.float32)
        apply_dense(features, dense, dense_bias, logits)
        if multi_label:
            sigmoid(logits, temperature, result[:outputs].reshape(1, outputs))
        else:
            softmax(logits, temperature, result[:outputs].reshape(1, outputs))
        unknown = 0
        for index in range(offsets[1]):
            unknown += ids[index] == UNKNOWN_ID
        result[outputs : 2 * outputs] = logits[0]
        result[2 * outputs], result[2 * outputs + 1] = offsets[1], unknown
    return int(status)
