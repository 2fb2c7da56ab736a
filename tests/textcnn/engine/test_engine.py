from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any, get_args

import numba
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from textcnn.compilation.jit import SWITCH, compiled
from textcnn.config import NetworkConfig, Pooling
from textcnn.engine import numpy_kernels
from textcnn.engine.engine import Engine
from textcnn.engine.tables import build_tables, logit_bounds
from textcnn.errors import ModelError
from textcnn.network.network import TextCNN
from textcnn.network.weights import DENSE_WEIGHT
from textcnn.tokens.token_batch import TokenBatch

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from textcnn.config import TableNumbers
    from textcnn.network.weights import Weights

    Draw = Callable[[NetworkConfig, int], Weights]


def reference(config: NetworkConfig, weights: Weights, batch: TokenBatch) -> NDArray[np.float64]:
    """Logits by the network in float64, all texts in one padded batch."""
    network = TextCNN(config)
    network.load_weights(weights)
    network.double().eval()
    longest = max(1, int(batch.lengths.max()))
    ids = torch.zeros((len(batch), longest), dtype=torch.int64)
    for row, text in zip(ids, batch, strict=True):
        row[: len(text)] = torch.from_numpy(text.astype(np.int64))
    with torch.no_grad():
        logits: NDArray[np.float64] = network(ids, torch.from_numpy(batch.lengths)).numpy()
    return logits


def assert_within_the_bound(config: NetworkConfig, weights: Weights, batch: TokenBatch) -> None:
    """Each logit is at most B_c from the network's in float64, plus float32 rounding."""
    expected = reference(config, weights, batch)
    rounding = 1e-5 * max(1, np.abs(expected).max())
    exact = Engine(config, weights, numbers="float32").logits(batch)
    np.testing.assert_allclose(exact, expected, rtol=1e-5, atol=rounding)
    engine = Engine(config, weights)
    if "max" in config.ways:
        dense = weights[DENSE_WEIGHT]
        bounds = logit_bounds(config, build_tables(config, weights, "int16"), dense)
        assert (np.abs(engine.logits(batch) - expected) <= bounds + rounding).all()
    else:
        assert engine.numbers == "float32"
        assert np.array_equal(engine.logits(batch), exact)


@settings(deadline=None, max_examples=150)
@given(data=st.data(), seed=st.integers(0, 10**6))
def test_the_engine_says_what_the_network_says_but_for_a_bound_that_is_known(
    data: st.DataObject,
    seed: int,
    draw_weights: Draw,
    any_network: st.SearchStrategy[NetworkConfig],
    any_texts: st.SearchStrategy[TokenBatch],
) -> None:
    config, batch = data.draw(any_network), data.draw(any_texts)
    assert_within_the_bound(config, draw_weights(config, seed), batch)


@settings(deadline=None, max_examples=100)
@given(data=st.data(), seed=st.integers(0, 10**6), numbers=st.sampled_from(["int16", "float32"]))
def test_numpy_says_what_the_compiled_loops_say(
    data: st.DataObject,
    seed: int,
    numbers: TableNumbers,
    draw_weights: Draw,
    any_network: st.SearchStrategy[NetworkConfig],
    any_texts: st.SearchStrategy[TokenBatch],
) -> None:
    config, batch = data.draw(any_network), data.draw(any_texts)
    engine = Engine(config, draw_weights(config, seed), numbers=numbers)
    compiled = engine.logits(batch)
    engine._kernels = numpy_kernels
    slow = engine.logits(batch)
    np.testing.assert_allclose(slow, compiled, rtol=1e-6, atol=1e-6 * max(1, np.abs(compiled).max()))


@pytest.mark.slow
def test_the_switch_keeps_the_compiler_out() -> None:
    script = (
        "import sys; from textcnn import TextClassifier; c = TextClassifier.load('spam');"
        "print(c.engine.name, c.classify('You have won!').score, 'numba' in sys.modules)"
    )
    results = [
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, SWITCH: switch},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        for switch in ("", "1")
    ]
    assert [result[0] for result in results] == ["numba", "numpy"]
    assert float(results[0][2]) == pytest.approx(float(results[1][2]), abs=1e-6)
    assert [result[3] for result in results] == ["True", "False"]


def test_without_a_directory_for_machine_code_it_compiles_in_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real: Any = numba.njit
    asked = []

    def refuses_to_cache(function: object, *, cache: bool = False, **options: object) -> object:
        asked.append(cache)
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return real(function, **options)

    monkeypatch.setattr(numba, "njit", refuses_to_cache)

    @compiled
    def double(number: int) -> int:
        return 2 * number

    assert (double(21), asked) == (42, [True, False])


@settings(deadline=None, max_examples=100)
@given(data=st.data(), seed=st.integers(0, 10**6))
def test_a_text_has_the_same_logits_alone_and_in_any_batch_to_the_bit(
    data: st.DataObject,
    seed: int,
    draw_weights: Draw,
    any_network: st.SearchStrategy[NetworkConfig],
    any_texts: st.SearchStrategy[TokenBatch],
) -> None:
    config, batch = data.draw(any_network), data.draw(any_texts)
    engine = Engine(config, draw_weights(config, seed))
    together = engine.logits(batch)
    for index, ids in enumerate(batch):
        alone = engine.logits(TokenBatch.of([ids]))
        assert alone.tobytes() == together[index].tobytes()


@pytest.mark.parametrize("length", [0, 1, 2, 5_000])
@pytest.mark.parametrize("pooling", get_args(Pooling))
def test_a_text_of_any_length_gets_an_answer(length: int, pooling: Pooling, draw_weights: Draw) -> None:
    config = NetworkConfig(
        vocabulary_size=40,
        outputs=2,
        embedding_dim=4,
        filters=3,
        widths=(1, 5),
        pooling=pooling,
    )
    weights = draw_weights(config, 0)
    ids = np.random.default_rng(0).integers(0, 40, length).astype(np.int32)
    batch = TokenBatch.of([ids])
    assert_within_the_bound(config, weights, batch)


def test_the_padding_row_counts_for_nothing_even_where_a_file_has_numbers_in_it(draw_weights: Draw) -> None:
    config = NetworkConfig(vocabulary_size=40, outputs=2, embedding_dim=4, filters=3)
    weights = draw_weights(config, 1)
    batch = TokenBatch.of([[5, 6], []])
    clean = Engine(config, weights).logits(batch)
    weights["embedding.weight"][0] = 7
    assert np.array_equal(Engine(config, weights).logits(batch), clean)


def test_weights_that_do_not_fit_are_all_named(draw_weights: Draw) -> None:
    config = NetworkConfig(vocabulary_size=40, outputs=2, embedding_dim=4, filters=3)
    weights = draw_weights(config, 0)
    del weights["dense.bias"]
    weights["surprise"] = weights.pop("convolutions.3.bias")
    weights["dense.weight"] = weights["dense.weight"][:, :-1]
    weights["convolutions.4.bias"][0] = np.nan
    with pytest.raises(ModelError) as caught:
        Engine(config, weights)
    for name in ("dense.bias", "surprise", "convolutions.3.bias", "dense.weight", "convolutions.4.bias"):
        assert name in caught.value.message
