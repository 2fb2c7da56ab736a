"""The gradient methods score the network that classifies, token by token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from textcnn.classifier import TextClassifier
from textcnn.config import ModelConfig, NetworkConfig
from textcnn.directory import ModelDirectory, write_model
from textcnn.network.network import TextCNN
from textcnn.new_directory import new_directory
from textcnn.tokens.token_batch import TokenBatch
from textcnn.tokens.tokenizer import Tokenizer
from textcnn.training import attribution

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from textcnn.network.weights import Weights

METHODS = {
    "saliency": attribution.saliency,
    "guided": attribution.guided,
    "grad-cam": attribution.grad_cam,
    "integrated-gradients": attribution.integrated_gradients,
}
SHAPES: list[dict[str, Any]] = [
    {},
    {"activation": "tanh", "pooling": "mean"},
    {"batch_norm": True, "channels": "multichannel", "widths": (1, 4)},
    {"pooling": "max+mean", "members": 2},
]
IDS = np.array([3, 5, 2, 7, 4, 3], dtype=np.int32)


@pytest.fixture(params=SHAPES, ids=["plain", "tanh and mean", "batch norm", "members"])
def directory(
    request: pytest.FixtureRequest, tmp_path: Path, draw_weights: Callable[[NetworkConfig, int], Weights]
) -> ModelDirectory:
    tokenizer = Tokenizer.train(["a good and warm film", "a bad film bad bad"] * 3)
    network = NetworkConfig(
        vocabulary_size=tokenizer.vocabulary_size, outputs=2, embedding_dim=6, filters=5, **request.param
    )
    weights = draw_weights(network, 0)
    with new_directory(tmp_path / "model") as path:
        write_model(path, ModelConfig(labels=("a", "b"), network=network), weights, tokenizer)
    return ModelDirectory(tmp_path / "model")


@pytest.mark.parametrize("name", METHODS)
def test_every_method_gives_one_finite_score_for_each_token(name: str, directory: ModelDirectory) -> None:
    run = METHODS[name](directory)
    for ids in (IDS, IDS[:1], IDS[:0]):
        scores = run(ids, 1)
        assert scores.shape == ids.shape
        assert scores.dtype == np.float64
        assert np.isfinite(scores).all()
    if name in ("saliency", "grad-cam"):
        assert (run(IDS, 1) >= 0).all()
    assert not np.array_equal(run(IDS, 0), run(IDS, 1))


def test_the_network_that_is_looked_into_is_the_one_that_classifies(directory: ModelDirectory) -> None:
    network = TextCNN(directory.config().network)
    network.load_weights(directory.weights())
    network.eval()
    model = attribution.EmbeddedTextCNN(network).eval()
    with torch.no_grad():
        logits = model(network.vectors(torch.from_numpy(IDS.astype(np.int64))[None]))[0]
    expected = TextClassifier.from_directory(directory).score(TokenBatch.of([IDS]))[0]
    np.testing.assert_allclose(logits.numpy(), expected, rtol=1e-3, atol=2e-3)


def test_integrated_gradients_sum_to_what_the_text_adds(directory: ModelDirectory) -> None:
    classifier = TextClassifier.from_directory(directory)
    run = attribution.integrated_gradients(directory)
    text, nothing = classifier.score(TokenBatch.of([IDS, [0] * len(IDS)]))[:, 1].astype(np.float64)
    assert run(IDS, 1).sum() == pytest.approx(text - nothing, abs=0.15)


def test_saliency_is_the_gradient_that_a_small_step_measures(directory: ModelDirectory) -> None:
    network = TextCNN(directory.config().network)
    network.load_weights(directory.weights())
    model = attribution.EmbeddedTextCNN(network).double().eval()
    vectors = network.vectors(torch.from_numpy(IDS.astype(np.int64))[None]).detach().double()
    slopes = np.zeros(len(IDS))
    with torch.no_grad():
        for token, number in np.ndindex(*vectors.shape[1:]):
            step = torch.zeros_like(vectors)
            step[0, token, number] = 1e-6
            slopes[token] += abs(float(model(vectors + step)[0, 1] - model(vectors - step)[0, 1]) / 2e-6)
    np.testing.assert_allclose(attribution.saliency(directory)(IDS, 1), slopes, rtol=1e-3, atol=1e-4)
