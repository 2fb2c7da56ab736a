"""The vectors that adversarial training moves, how far, and that it moves them back."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from textcnn.config import Channels, NetworkConfig
from textcnn.network.network import TextCNN
from textcnn.training.network.adversarial import moved_to_hurt

IDS, LENGTHS = torch.tensor([[2, 3, 4], [5, 3, 0]]), torch.tensor([3, 2])
TARGETS = torch.tensor([0, 1])


def make_network(*, sparse: bool, channels: Channels = "non-static") -> TextCNN:
    torch.manual_seed(0)
    config = NetworkConfig(
        vocabulary_size=8, outputs=2, embedding_dim=6, channels=channels, widths=(2,), filters=5, dropout=0.0
    )
    return TextCNN(config, sparse_gradients=sparse)


def loss_of(network: TextCNN) -> torch.Tensor:
    return torch.nn.functional.cross_entropy(network(IDS, LENGTHS), TARGETS)


def find_gradients(network: TextCNN) -> torch.Tensor:
    """V x D, dense; the network's own as well."""
    loss_of(network).backward()  # type: ignore[no-untyped-call]  # PyTorch leaves it without types
    gradient = network.embedding.weight.grad
    return torch.zeros(8, 6) if gradient is None else gradient.to_dense()


@pytest.mark.parametrize("sparse", [True, False])
def test_the_loss_is_larger_there_and_the_vectors_come_back(sparse: bool) -> None:
    network = make_network(sparse=sparse)
    before = network.embedding.weight.detach().clone()
    loss = loss_of(network)
    pulled = find_gradients(network).any(dim=1)
    with moved_to_hurt(network.embedding, 0.05):
        moved = network.embedding.weight.detach() - before
        assert loss_of(network) > loss
    assert moved.norm() == pytest.approx(0.05 * float(before[pulled].norm()), rel=1e-4)
    assert pulled.sum() > 2
    assert not moved[~pulled].any()
    np.testing.assert_array_equal(network.embedding.weight.detach(), before)


def test_sparse_and_dense_gradients_move_alike() -> None:
    moved = []
    for sparse in (True, False):
        network = make_network(sparse=sparse)
        find_gradients(network)
        with moved_to_hurt(network.embedding, 0.1):
            moved.append(network.embedding.weight.detach().clone())
    torch.testing.assert_close(*moved)


def test_an_error_does_not_leave_the_vectors_moved() -> None:
    network = make_network(sparse=True)
    before = network.embedding.weight.detach().clone()
    find_gradients(network)
    with pytest.raises(KeyboardInterrupt), moved_to_hurt(network.embedding, 0.1):
        raise KeyboardInterrupt
    np.testing.assert_array_equal(network.embedding.weight.detach(), before)


def test_vectors_that_are_not_trained_stay() -> None:
    network = make_network(sparse=True, channels="static")
    find_gradients(network)
    before = network.embedding.weight.detach().clone()
    with moved_to_hurt(network.embedding, 0.1):
        np.testing.assert_array_equal(network.embedding.weight.detach(), before)


def test_a_slope_too_small_to_have_a_length_moves_nothing() -> None:
    network = make_network(sparse=False)
    find_gradients(network)
    gradient = network.embedding.weight.grad
    assert gradient is not None
    gradient *= 1e-30
    before = network.embedding.weight.detach().clone()
    with moved_to_hurt(network.embedding, 0.1):
        np.testing.assert_array_equal(network.embedding.weight.detach(), before)
