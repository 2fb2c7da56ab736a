"""Every logit is the sum of what it is split into: over windows, and over tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textcnn.config import NetworkConfig, Pooling
from textcnn.engine import numpy_kernels
from textcnn.engine.engine import Engine
from textcnn.evidence.logit_shares import share_over_spans, share_over_tokens
from textcnn.tokens.token_batch import TokenBatch

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from textcnn.config import TableNumbers
    from textcnn.network.weights import Weights

    Draw = Callable[[NetworkConfig, int], Weights]


def assert_sums_to(logits: NDArray[np.float32], sums: NDArray[np.float64]) -> None:
    assert (np.abs(logits - sums) <= 1e-4 * np.maximum(1, np.abs(logits))).all()


@settings(deadline=None, max_examples=150)
@given(data=st.data(), seed=st.integers(0, 10**6), numbers=st.sampled_from(["int16", "float32"]))
def test_spans_and_bias_sum_to_the_engines_own_logits(
    data: st.DataObject,
    seed: int,
    numbers: TableNumbers,
    draw_weights: Draw,
    any_network: st.SearchStrategy[NetworkConfig],
    any_texts: st.SearchStrategy[TokenBatch],
) -> None:
    config = data.draw(any_network)
    engine = Engine(config, draw_weights(config, seed), numbers=numbers)
    for ids in data.draw(any_texts):
        shares = share_over_spans(engine, ids)
        assert shares.logits.tobytes() == engine.logits(TokenBatch.of([ids]))[0].tobytes()
        assert_sums_to(shares.logits, shares.bias + shares.values.sum(axis=0))
        assert len(np.unique(shares.spans, axis=0)) == len(shares.spans)
        first, end = shares.spans.T
        assert ((first >= 0) & (first < end) & (end <= len(ids))).all()
        assert (end - first <= max(config.widths)).all()


@settings(deadline=None, max_examples=100)
@given(data=st.data(), seed=st.integers(0, 10**6))
def test_tokens_and_bias_sum_to_the_logit_of_each_label(
    data: st.DataObject,
    seed: int,
    draw_weights: Draw,
    any_network: st.SearchStrategy[NetworkConfig],
    any_texts: st.SearchStrategy[TokenBatch],
) -> None:
    config = data.draw(any_network)
    engine = Engine(config, draw_weights(config, seed))
    for ids in data.draw(any_texts):
        shares = share_over_spans(engine, ids)
        for label, logit in enumerate(shares.logits):
            by_token = share_over_tokens(engine, ids, label)
            assert by_token.shape == ids.shape
            assert_sums_to(logit, shares.bias[label] + by_token.sum())


@settings(deadline=None, max_examples=60)
@given(data=st.data(), seed=st.integers(0, 10**6))
def test_numpy_splits_as_the_compiled_loops_do(
    data: st.DataObject,
    seed: int,
    draw_weights: Draw,
    any_network: st.SearchStrategy[NetworkConfig],
    any_texts: st.SearchStrategy[TokenBatch],
) -> None:
    config = data.draw(any_network)
    engine = Engine(config, draw_weights(config, seed))
    texts = data.draw(any_texts)
    compiled = [share_over_spans(engine, ids) for ids in texts]
    engine._kernels = numpy_kernels
    for ids, expected in zip(texts, compiled, strict=True):
        found = share_over_spans(engine, ids)
        assert np.array_equal(found.spans, expected.spans)
        np.testing.assert_allclose(found.values, expected.values, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("pooling", get_args(Pooling))
def test_without_a_token_everything_is_bias(pooling: Pooling, draw_weights: Draw) -> None:
    config = NetworkConfig(
        vocabulary_size=40,
        outputs=3,
        embedding_dim=4,
        filters=5,
        pooling=pooling,
    )
    shares = share_over_spans(Engine(config, draw_weights(config, 0)), np.empty(0, dtype=np.int32))
    assert len(shares.spans) == len(shares.values) == 0
    assert_sums_to(shares.logits, shares.bias)


def test_a_filter_is_credited_to_the_window_that_won_it_alone() -> None:
    # One filter of width 2 that likes token 2 before token 3, and a second label that counts it twice.
    config = NetworkConfig(vocabulary_size=5, outputs=2, embedding_dim=5, filters=1, widths=(2,))
    filters = np.zeros((1, 5, 2), dtype=np.float32)
    filters[0, 2, 0], filters[0, 3, 1] = 1, 2
    weights = {
        "embedding.weight": np.eye(5, dtype=np.float32),
        "convolutions.2.weight": filters,
        "convolutions.2.bias": np.array([-0.5], dtype=np.float32),
        "dense.weight": np.array([[1], [2]], dtype=np.float32),
        "dense.bias": np.array([0.25, 0], dtype=np.float32),
    }
    engine = Engine(config, weights, numbers="float32")
    ids = np.array([4, 2, 3, 4, 2], dtype=np.int32)
    shares = share_over_spans(engine, ids)
    assert shares.spans.tolist() == [[1, 3]]
    assert shares.values.tolist() == [[2.5, 5.0]]
    assert shares.bias.tolist() == [0.25, 0]
    assert share_over_tokens(engine, ids, 0).tolist() == [0, 0.75, 1.75, 0, 0]
