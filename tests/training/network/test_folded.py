from __future__ import annotations

from typing import get_args

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from textcnn.config import Activation, Channels, NetworkConfig, Pooling
from textcnn.network.network import TextCNN
from textcnn.training.network.folded import can_fold, fold
from textcnn.training.network.word_layer import WordLayer


@settings(deadline=None, max_examples=60)
@given(
    texts=st.lists(st.lists(st.integers(1, 29), max_size=12), min_size=1, max_size=6),
    widths=st.lists(st.integers(1, 6), min_size=1, max_size=3, unique=True),
    dim=st.integers(1, 9),
    channels=st.sampled_from(["rand", "static", "multichannel"]),
    activation=st.sampled_from(get_args(Activation)),
    pooling=st.sampled_from(["max", "max+mean"]),
    members=st.integers(1, 3),
    word_layer=st.booleans(),
    sparse=st.booleans(),
)
def test_features_and_gradients_are_those_of_autograd(
    texts: list[list[int]],
    widths: list[int],
    dim: int,
    channels: Channels,
    activation: Activation,
    pooling: Pooling,
    members: int,
    word_layer: bool,
    sparse: bool,
) -> None:
    torch.manual_seed(len(texts) + dim)
    config = NetworkConfig(
        vocabulary_size=30,
        outputs=2,
        embedding_dim=dim,
        filters=5,
        widths=tuple(widths),
        channels=channels,
        activation=activation,
        pooling=pooling,
        members=members,
        dropout=0,
    )
    network = TextCNN(config, sparse_gradients=sparse)
    if word_layer:
        network.word_layer = WordLayer(dim, 4)
        torch.nn.init.normal_(network.word_layer.outer.weight)
    longest = max([1, *map(len, texts)])
    ids = torch.tensor([text + [0] * (longest - len(text)) for text in texts])
    lengths = torch.tensor([len(text) for text in texts])
    outcomes = []
    for folds in (False, True):
        if folds:
            fold(network)
        network.zero_grad()
        logits = network(ids, lengths)
        (logits * torch.tensor([1.0, -2.0])).sum().backward()
        gradients = {
            name: weight.grad.to_dense().clone()
            for name, weight in network.named_parameters()
            if weight.grad is not None
        }
        outcomes.append((logits.detach(), gradients))
    torch.testing.assert_close(outcomes[0][0], outcomes[1][0], rtol=1e-5, atol=1e-5)
    assert outcomes[0][1].keys() == outcomes[1][1].keys()
    for name, gradient in outcomes[0][1].items():
        torch.testing.assert_close(gradient, outcomes[1][1][name], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("pooling", ["max", "max+mean"])
def test_gradients_lie_in_memory_as_the_filters_do(pooling: Pooling) -> None:
    network = TextCNN(NetworkConfig(vocabulary_size=30, outputs=2, embedding_dim=6, pooling=pooling))
    fold(network)
    network(torch.tensor([[3, 4, 5]]), torch.tensor([3])).sum().backward()
    for convolution in network.convolutions.values():
        weight = torch.as_tensor(convolution.weight)
        assert weight.permute(2, 0, 1).is_contiguous()
        assert weight.grad is not None
        assert weight.grad.stride() == weight.stride()  # else each step would copy one to the other's order


@pytest.mark.parametrize(
    ("option", "foldable"),
    [
        ({}, True),
        ({"pooling": "max+mean"}, True),
        ({"pooling": "mean"}, False),
        ({"batch_norm": True}, False),
    ],
)
def test_what_has_a_largest_window_is_folded(option: dict[str, object], foldable: bool) -> None:
    config = NetworkConfig(vocabulary_size=9, outputs=2, **option)  # type: ignore[arg-type]  # parametrised
    assert can_fold(config, torch.device("cpu")) == foldable
    assert not can_fold(config, torch.device("cuda"))
