from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from textcnn.config import Channels, NetworkConfig
from textcnn.network.network import TextCNN, convolve_and_pool
from textcnn.training.data.corpus import corpus_from_rows
from textcnn.training.device import find_device
from textcnn.training.init.bundled_base import read_base
from textcnn.training.network.folded import fold_and_pool
from textcnn.training.network.word_layer import WordLayer
from textcnn.training.progress import Reporter
from textcnn.training.train import fit_corpus

if TYPE_CHECKING:
    from textcnn.reading.rows import Row
    from textcnn.recipe import Recipe

IDS, LENGTHS = torch.tensor([[3, 4, 5, 0], [7, 8, 3, 9]]), torch.tensor([3, 4])


def layered(config: NetworkConfig, *, drawn: bool) -> TextCNN:
    """A network with a word layer, as it begins, or with drawn numbers in all of it."""
    torch.manual_seed(0)
    network = TextCNN(config)
    network.word_layer = WordLayer(config.embedding_dim, 6)
    if drawn:
        for weight in network.word_layer.parameters():
            torch.nn.init.normal_(weight)
    return network.eval()


@settings(deadline=None, max_examples=20)
@given(
    channels=st.sampled_from(["rand", "static", "multichannel"]),
    members=st.integers(1, 3),
    fold=st.booleans(),
)
def test_the_exported_vectors_have_the_layer_in_them(channels: Channels, members: int, fold: bool) -> None:
    config = NetworkConfig(
        vocabulary_size=12, outputs=2, embedding_dim=4, filters=5, channels=channels, members=members
    )
    network = layered(config, drawn=True)
    network.pooling = fold_and_pool if fold else convolve_and_pool
    plain = TextCNN(config).eval()
    plain.load_weights(network.export_weights())
    torch.testing.assert_close(network(IDS, LENGTHS), plain(IDS, LENGTHS), rtol=1e-5, atol=1e-5)
    plain.embedding.weight.data += 0.1
    assert not torch.allclose(network(IDS, LENGTHS), plain(IDS, LENGTHS), rtol=1e-5, atol=1e-5)


def test_it_begins_by_changing_nothing() -> None:
    network = layered(NetworkConfig(vocabulary_size=12, outputs=2, embedding_dim=4, filters=5), drawn=False)
    before = network(IDS, LENGTHS)
    network.word_layer = None
    assert torch.equal(before, network(IDS, LENGTHS))


@pytest.mark.slow
def test_words_that_training_never_sees_are_moved_too(rows: list[Row], recipe: Recipe) -> None:
    english = [replace(row, text=row.text.encode("ascii", "ignore").decode()) for row in rows[:80]]
    corpus = corpus_from_rows(english, test_share=None)
    base = read_base()
    start = {"init": "base-en", "embedding_dim": 208, "channels": "non-static"}
    unseen = base.tokenizer.encode("spectacular")[0]
    moved = []
    for hidden in (0, 6):
        given = recipe.model_copy(update=start | {"word_layer": hidden, "embedding_storage": "float32"})
        with find_device() as device:
            trained = fit_corpus(corpus, given, device, Reporter())
        assert trained.token_counts[unseen] == 0
        vectors = trained.weights["embedding.weight"]
        moved.append(float(np.abs(vectors[unseen] - base.vectors[unseen]).max()))
        assert not any("word_layer" in name for name in trained.weights)
    assert moved[0] == 0 < moved[1]
