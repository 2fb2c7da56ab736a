from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textcnn.errors import ModelError
from textcnn.network.weights import EMBEDDING, pack_weights, quantise_rows, unpack_weights


@given(seed=st.integers(0, 1000), size=st.floats(1e-6, 1e6))
def test_int8_rows_are_within_half_a_step_of_the_numbers(seed: int, size: float) -> None:
    array = (np.random.default_rng(seed).normal(size=(5, 7)) * size).astype(np.float32)
    array[0] = 0
    rows, scales = quantise_rows(array)
    step = np.abs(array).max(axis=1, keepdims=True) / 127
    assert (np.abs(rows * scales[:, None] - array) <= 0.5001 * step + 1e-12).all()
    assert not rows[0].any()


def test_float32_numbers_come_back_as_they_were() -> None:
    weights = {EMBEDDING: np.ones((3, 2), np.float32), "dense.bias": np.array([0.1], np.float32)}
    back = unpack_weights(pack_weights(weights, "float32"))
    assert back.keys() == weights.keys()
    for name, array in weights.items():
        np.testing.assert_array_equal(back[name], array)


def test_int8_makes_the_file_smaller_and_changes_embeddings_alone() -> None:
    random = np.random.default_rng(0)
    weights = {
        EMBEDDING: random.normal(size=(500, 64)).astype(np.float32),
        "dense.bias": np.ones(3, np.float32),
    }
    small, large = pack_weights(weights, "int8"), pack_weights(weights, "float32")
    assert len(small) < 0.3 * len(large)
    back = unpack_weights(small)
    np.testing.assert_array_equal(back["dense.bias"], weights["dense.bias"])
    np.testing.assert_allclose(back[EMBEDDING][1:], weights[EMBEDDING][1:], atol=0.05)


def test_a_truncated_file_is_refused() -> None:
    data = pack_weights({EMBEDDING: np.ones((3, 2), np.float32)}, "float32")
    with pytest.raises(ModelError, match="not a whole safetensors file"):
        unpack_weights(data[:-3])
