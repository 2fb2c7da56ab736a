"""Widths 3, 4 and 5 have loops of their own, which give what the loop for any width gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from textcnn.engine.compiled.maxima import locate_maxima, pool_max, pool_maxima
from textcnn.network.activation import RELU
from textcnn.tokens.token_batch import TokenBatch

if TYPE_CHECKING:
    from numpy.typing import NDArray

FILTERS = 19  # no whole number of vectors
TEXTS = TokenBatch.of([[], [3], [1, 2], [9, 9, 9, 9], list(range(1, 40))])


def random_table(width: int, dtype: str) -> NDArray[Any]:
    """V x (w*F), of numbers whose sums reach the ends of int16 and no further."""
    largest = 32767 // width
    numbers = np.random.default_rng(width).integers(-largest, largest, (40, width * FILTERS), endpoint=True)
    numbers[0] = 0
    return numbers.astype(dtype)


@pytest.mark.parametrize("dtype", ["int16", "float32"])
@pytest.mark.parametrize("width", range(1, 8))
def test_the_loops_of_every_width_find_the_largest_of_plain_sums(width: int, dtype: str) -> None:
    table, widths = random_table(width, dtype), np.array([width])
    maxima = np.empty((len(TEXTS), FILTERS), dtype=dtype)
    pool_maxima(TEXTS.ids, TEXTS.offsets, table, widths, maxima)
    rows = table.astype(np.int64).reshape(40, width, FILTERS)
    padding = [0] * (width - 1)
    for ids, largest in zip(TEXTS, maxima, strict=True):
        padded = np.array([*padding, *(ids if len(ids) else [0]), *padding])
        starts = range(len(padded) - width + 1)
        sums = [rows[padded[t : t + width], np.arange(width)].sum(axis=0) for t in starts]
        assert (largest == np.max(sums, axis=0)).all()


@pytest.mark.parametrize("width", range(1, 8))
def test_a_maximum_is_the_same_whether_it_is_located_or_activated(width: int) -> None:
    table, widths = random_table(width, "int16"), np.array([width])
    maxima = np.empty((len(TEXTS), FILTERS), dtype=np.int16)
    located, places = np.empty_like(maxima), np.empty(maxima.shape, dtype=np.int64)
    pool_maxima(TEXTS.ids, TEXTS.offsets, table, widths, maxima)
    locate_maxima(TEXTS.ids, TEXTS.offsets, table, widths, located, places)
    assert np.array_equal(located, maxima)
    features = np.empty(maxima.shape, dtype=np.float32)
    steps, nothing = np.ones(FILTERS, dtype=np.float32), np.zeros(FILTERS, dtype=np.float32)
    pool_max(TEXTS.ids, TEXTS.offsets, table, widths, steps, nothing, RELU, features)
    assert np.array_equal(features, np.maximum(maxima, 0))
