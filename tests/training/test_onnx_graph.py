from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save

from textcnn.config import Activation, ModelConfig, NetworkConfig, Pooling
from textcnn.engine.engine import Engine
from textcnn.engine.tables import build_tables, logit_bounds
from textcnn.network.weights import (
    DENSE_WEIGHT,
    Weights,
    expected_shapes,
    pack_weights,
    unpack_stored,
    unpack_weights,
)
from textcnn.prediction import probabilities
from textcnn.tokens.token_batch import TokenBatch
from textcnn.training.export import make_onnx

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from textcnn.config import Channels, EmbeddingStorage

VOCABULARY = 40

OPTIONS = itertools.product(
    ("rand", "static", "non-static", "multichannel"),
    get_args(Activation),
    (False, True),
    get_args(Pooling),
    (False, True),
    ("float32", "int8"),
)
"""Channels, activation, batch normalisation, pooling, several labels, storage."""


def draw_arrays(network: NetworkConfig, storage: EmbeddingStorage, seed: int) -> dict[str, NDArray[Any]]:
    """Random weights as a file would hold them; numbers in the padding row too, which must not count."""
    random = np.random.default_rng(seed)
    weights: Weights = {
        name: random.normal(0, 0.5, shape).astype(np.float32)
        for name, shape in expected_shapes(network).items()
    }
    for name, array in weights.items():
        if name.endswith("running_var"):
            weights[name] = np.abs(array) + np.float32(0.1)
    return unpack_stored(pack_weights(weights, storage))


def model_config(network: NetworkConfig, *, multi_label: bool, storage: EmbeddingStorage) -> ModelConfig:
    return ModelConfig(
        labels=tuple(f"label {number}" for number in range(network.outputs)),
        network=network,
        multi_label=multi_label,
        temperature=1.7,
        thresholds=(0.4,) * network.outputs if multi_label else (),
        embedding_storage=storage,
    )


def session(model: onnx.ModelProto) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])


def padded(texts: list[list[int]], extra: int = 0) -> NDArray[np.int64]:
    """Ids (B x T), as long as the longest text, and so many columns of padding more."""
    ids = np.zeros((len(texts), max(map(len, texts), default=0) + extra), dtype=np.int64)
    for row, text in zip(ids, texts, strict=True):
        row[: len(text)] = text
    return ids


def run(running: onnxruntime.InferenceSession, ids: NDArray[np.int64]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Logits and scores."""
    logits, scores = running.run(["logits", "scores"], {"ids": ids})
    return logits, scores


def assert_equal_to_the_engine(
    config: ModelConfig, arrays: dict[str, NDArray[Any]], texts: list[list[int]], extra: int = 0
) -> None:
    """To float32 rounding with float32 tables, and within the bound that is known with int16."""
    model = make_onnx(config, arrays, "0123456789ab")
    onnx.checker.check_model(model, full_check=True)
    logits, scores = run(session(model), padded(texts, extra))
    weights = unpack_weights(save(arrays))
    batch = TokenBatch.of(texts)
    exact = Engine(config.network, weights, numbers="float32").logits(batch)
    rounding = 1e-5 * max(1, np.abs(exact).max())
    np.testing.assert_allclose(logits, exact, rtol=1e-5, atol=rounding)
    expected = probabilities(exact, multi_label=config.multi_label, temperature=config.temperature)
    np.testing.assert_allclose(scores, expected, rtol=0, atol=rounding)
    if "max" in config.network.ways:
        tables = build_tables(config.network, weights, "int16")
        bounds = logit_bounds(config.network, tables, weights[DENSE_WEIGHT])
        short = Engine(config.network, weights, numbers="int16").logits(batch)
        assert (np.abs(logits - short) <= bounds + rounding).all()


@pytest.mark.parametrize(
    ("channels", "activation", "batch_norm", "pooling", "multi_label", "storage"), list(OPTIONS)
)
def test_every_option_gives_what_the_engine_gives(
    channels: Channels,
    activation: Activation,
    batch_norm: bool,
    pooling: Pooling,
    multi_label: bool,
    storage: EmbeddingStorage,
) -> None:
    network = NetworkConfig(
        vocabulary_size=VOCABULARY,
        outputs=3,
        embedding_dim=8,
        filters=6,
        channels=channels,
        widths=(1, 3, 5),
        activation=activation,
        batch_norm=batch_norm,
        pooling=pooling,
    )
    random = np.random.default_rng(1)
    texts = [random.integers(1, VOCABULARY, length).tolist() for length in (0, 1, 2, 9, 60)]
    config = model_config(network, multi_label=multi_label, storage=storage)
    assert_equal_to_the_engine(config, draw_arrays(network, storage, 2), texts)


@settings(deadline=None, max_examples=60)
@given(
    # Zeros inside a text count as tokens; at its end they are padding.
    texts=st.lists(st.lists(st.integers(0, VOCABULARY - 1), max_size=20), min_size=1, max_size=5),
    widths=st.lists(st.integers(1, 9), min_size=1, max_size=3, unique=True).map(tuple),
    pooling=st.sampled_from(get_args(Pooling)),
    members=st.integers(1, 3),
    multi_label=st.booleans(),
    extra=st.integers(0, 12),
    seed=st.integers(0, 10**6),
)
def test_any_shape_and_any_batch_give_what_the_engine_gives(
    texts: list[list[int]],
    widths: tuple[int, ...],
    pooling: Pooling,
    members: int,
    multi_label: bool,
    extra: int,
    seed: int,
) -> None:
    network = NetworkConfig(
        vocabulary_size=VOCABULARY,
        outputs=2,
        embedding_dim=5,
        filters=4,
        widths=widths,
        pooling=pooling,
        members=members,
    )
    config = model_config(network, multi_label=multi_label, storage="float32")
    arrays = draw_arrays(network, "float32", seed)
    assert_equal_to_the_engine(config, arrays, [without_padding(text) for text in texts], extra)


def without_padding(ids: list[int]) -> list[int]:
    return ids[: max((number for number, each in enumerate(ids, start=1) if each), default=0)]


@pytest.mark.parametrize("pooling", get_args(Pooling))
@pytest.mark.parametrize("widths", [(1,), (1, 4)])
def test_a_batch_of_nothing_and_a_batch_of_empty_texts_have_answers(
    pooling: Pooling, widths: tuple[int, ...]
) -> None:
    network = NetworkConfig(
        vocabulary_size=VOCABULARY, outputs=2, embedding_dim=4, filters=3, widths=widths, pooling=pooling
    )
    config = model_config(network, multi_label=False, storage="float32")
    arrays = draw_arrays(network, "float32", 0)
    running = session(make_onnx(config, arrays, "version"))
    for shape in ((0, 0), (0, 5), (1, 0), (3, 0)):
        logits, scores = run(running, np.zeros(shape, dtype=np.int64))
        assert logits.shape == scores.shape == (shape[0], 2)
    assert_equal_to_the_engine(config, arrays, [[], []])
