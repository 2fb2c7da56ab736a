from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from textcnn.config import NetworkConfig
from textcnn.network.network import TextCNN

if TYPE_CHECKING:
    from collections.abc import Callable

    from textcnn.network.weights import Weights
    from textcnn.tokens.token_batch import TokenBatch


def logits_of(network: TextCNN, texts: list[list[int]], *, width: int | None = None) -> torch.Tensor:
    """Logits of a padded batch, padded at least to `width` tokens."""
    longest = max([1, width or 0, *map(len, texts)])
    ids = torch.tensor([text + [0] * (longest - len(text)) for text in texts])
    with torch.no_grad():
        return network(ids, torch.tensor([len(text) for text in texts]))  # type: ignore[no-any-return]  # a Tensor


@pytest.mark.slow
@settings(deadline=None, max_examples=100)
@given(data=st.data(), seed=st.integers(0, 10**6))
def test_a_text_has_the_same_logits_alone_and_in_any_batch(
    data: st.DataObject,
    seed: int,
    draw_weights: Callable[[NetworkConfig, int], Weights],
    any_network: st.SearchStrategy[NetworkConfig],
    any_texts: st.SearchStrategy[TokenBatch],
) -> None:
    config, batch = data.draw(any_network), data.draw(any_texts)
    network = TextCNN(config).eval()
    network.load_weights(draw_weights(config, seed))
    texts = [text.tolist() for text in batch]
    together = logits_of(network, texts, width=data.draw(st.integers(1, 60)))
    for text, row in zip(texts, together, strict=True):
        torch.testing.assert_close(logits_of(network, [text])[0], row, rtol=1e-5, atol=1e-5)


def test_padding_is_wide_so_that_the_first_word_is_seen_by_the_last_position_of_a_filter() -> None:
    config = NetworkConfig(vocabulary_size=3, outputs=1, embedding_dim=1, filters=1, widths=(3,), dropout=0)
    network = TextCNN(config).eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
        network.embedding.weight[2] = 1
        filters = dict(network.named_parameters())["convolutions.3.weight"]
        filters[0, 0, 2] = 5  # only the last position weighs
        network.dense.weight[:] = 1
    assert logits_of(network, [[2]]).item() == 5


@pytest.mark.parametrize("channels", ["rand", "static", "non-static", "multichannel"])
def test_each_channel_mode_trains_the_embeddings_that_kim_trains(channels: str) -> None:
    config = NetworkConfig(vocabulary_size=9, outputs=2, embedding_dim=4, filters=3, channels=channels)  # type: ignore[arg-type]  # parametrised
    network = TextCNN(config)
    network(torch.tensor([[2, 3, 4]]), torch.tensor([3])).sum().backward()
    trained = {name for name, weight in network.named_parameters() if weight.grad is not None}
    embeddings = {name for name, _ in network.named_parameters() if "embedding" in name}
    assert ("embedding.weight" in trained) == (channels != "static")
    assert "static_embedding.weight" not in trained
    assert ("static_embedding.weight" in embeddings) == (channels == "multichannel")


def test_batch_normalisation_does_not_see_padding() -> None:
    config = NetworkConfig(
        vocabulary_size=9, outputs=2, embedding_dim=4, filters=3, batch_norm=True, dropout=0
    )
    torch.manual_seed(0)
    network = TextCNN(config)
    ids, lengths = torch.tensor([[2, 3, 4], [5, 0, 0]]), torch.tensor([3, 1])
    narrow = network(ids, lengths)
    wide = network(torch.nn.functional.pad(ids, (0, 20)), lengths)
    torch.testing.assert_close(narrow, wide, rtol=1e-5, atol=1e-5)


def test_weights_survive_the_way_out_and_in() -> None:
    config = NetworkConfig(vocabulary_size=9, outputs=2, embedding_dim=4, filters=3, batch_norm=True)
    one, other = TextCNN(config), TextCNN(config)
    other.load_weights(one.export_weights())
    for name, array in one.export_weights().items():
        np.testing.assert_array_equal(array, other.export_weights()[name])


def test_max_norm_shortens_only_what_is_too_long() -> None:
    config = NetworkConfig(vocabulary_size=9, outputs=2, embedding_dim=4, filters=3)
    network = TextCNN(config)
    with torch.no_grad():
        network.dense.weight[0] = 10
        network.dense.weight[1] = 0.1
    network.constrain(3)
    norms = network.dense.weight.norm(dim=1)
    torch.testing.assert_close(norms, torch.tensor([3.0, 0.3]))


def test_a_single_window_is_normalised_by_the_statistics_of_those_before() -> None:
    torch.manual_seed(0)
    config = NetworkConfig(
        vocabulary_size=9, outputs=2, embedding_dim=4, filters=3, widths=(1,), batch_norm=True, dropout=0
    )
    network = TextCNN(config)
    network(torch.tensor([[2, 3, 4]]), torch.tensor([3]))
    ids, lengths = torch.tensor([[5]]), torch.tensor([1])
    alone = network(ids, lengths)
    assert network.training
    torch.testing.assert_close(alone, network.eval()(ids, lengths))


def test_word_dropout_makes_words_unknown_in_training_alone() -> None:
    config = NetworkConfig(
        vocabulary_size=9, outputs=2, embedding_dim=4, filters=3, word_dropout=0.999999, dropout=0
    )
    network = TextCNN(config)
    ids, unknown, lengths = torch.tensor([[2, 3, 0]]), torch.tensor([[1, 1, 0]]), torch.tensor([2])
    torch.testing.assert_close(network(ids, lengths), network(unknown, lengths))
    network.eval()
    assert not torch.equal(network(ids, lengths), network(unknown, lengths))


def test_the_logits_are_the_mean_of_what_each_member_says_by_itself() -> None:
    torch.manual_seed(0)
    config = NetworkConfig(
        vocabulary_size=20, outputs=3, embedding_dim=4, filters=5, widths=(1, 3), members=3, dropout=0
    )
    network = TextCNN(config)
    ids, lengths = torch.randint(1, 20, (6, 7)), torch.full((6,), 7)
    each = network.train()(ids, lengths).reshape(3, 6, 3)  # members x B x L
    torch.testing.assert_close(network.eval()(ids, lengths), each.mean(dim=0))
    # A member alone: its own vectors, filters and dense weights.
    alone = TextCNN(replace(config, members=1)).eval()
    weights = network.export_weights()
    own = {
        name: array[:, :4] if name.startswith("embedding") else array[:5]
        for name, array in weights.items()
        if not name.startswith("dense")
    }
    own["dense.weight"] = 3 * weights["dense.weight"].reshape(3, 2, 3, 5)[:, :, 0].reshape(3, 10)
    own["dense.bias"] = weights["dense.bias"]
    alone.load_weights(own)
    torch.testing.assert_close(alone(ids, lengths), each[0])
