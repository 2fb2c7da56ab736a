from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from textcnn.errors import ConfigError
from textcnn.network.weights import EMBEDDING, quantise_rows
from textcnn.recipe import Recipe
from textcnn.training.data.corpus import corpus_from_rows
from textcnn.training.device import find_device
from textcnn.training.init.bundled_base import read_base
from textcnn.training.init.start import conditioned
from textcnn.training.progress import Reporter
from textcnn.training.train import fit_corpus

if TYPE_CHECKING:
    from textcnn.reading.rows import Row
    from textcnn.training.init.start import Start


def test_fewer_dimensions_are_the_main_ones() -> None:
    random = np.random.default_rng(0)
    vectors = (random.normal(size=(500, 2)) @ random.normal(size=(2, 20))).astype(np.float32)
    cut = conditioned(vectors, 2)
    assert cut.shape == (500, 2)

    def alike(each: Any) -> Any:  # noqa: ANN401
        centred = each - (1 / np.arange(1, 501) / (1 / np.arange(1, 501)).sum()) @ each
        flat = centred / np.linalg.norm(centred, axis=1, keepdims=True)
        return flat @ flat.T

    np.testing.assert_allclose(alike(cut), alike(vectors), atol=1e-3)  # two directions hold all there is
    with pytest.raises(ConfigError, match="embedding_dim is 21, and the vectors have 20"):
        conditioned(vectors, 21)


@pytest.mark.slow
@pytest.mark.parametrize("channels", ["static", "non-static", "multichannel"])
def test_kims_modes_start_from_the_vectors_and_train_what_they_say(channels: Any, rows: list[Row]) -> None:  # noqa: ANN401
    recipe = Recipe(init="base-en", channels=channels, embedding_dim=8, filters=4, widths=(1,), epochs=1)
    with find_device() as device:
        trained = fit_corpus(corpus_from_rows(rows), recipe, device, Reporter())
    rows_of_base, scales = quantise_rows(read_base(dimensions=8).vectors)  # as the model keeps them
    base = rows_of_base * scales[:, None]
    known = slice(len(base))  # behind them stand tokens of the corpus that the base lacks
    moved = np.abs(trained.weights[EMBEDDING][known] - base).max()
    assert (moved < 1e-6) == (channels == "static")
    if channels == "multichannel":
        assert np.abs(trained.weights["static_embedding.weight"][known] - base).max() < 1e-6


@pytest.mark.slow
def test_every_member_starts_from_the_vectors(rows: list[Row], base: Start) -> None:
    recipe = Recipe(
        init="base-en",
        members=2,
        filters=4,
        widths=(3,),
        epochs=1,
        learning_rate=1e-9,
        embedding_learning_rate=1e-9,
        refit=False,
    )
    corpus = corpus_from_rows(rows, seed=0, validation_share=0.2, test_share=None)
    with find_device() as device:
        trained = fit_corpus(corpus, recipe, device, Reporter())
    halves = np.split(trained.weights[EMBEDDING], 2, axis=1)
    for half in halves:
        np.testing.assert_allclose(
            half[: len(base.vectors)], base.vectors, atol=np.abs(base.vectors).max() / 100
        )  # stored as int8
    first, second = np.split(trained.weights["convolutions.3.weight"], 2)
    assert not np.allclose(first, second)
