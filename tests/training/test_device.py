from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from textcnn.config import NetworkConfig
from textcnn.network.network import TextCNN
from textcnn.training.device import Device
from textcnn.training.network.folded import fold

if TYPE_CHECKING:
    from torch import Tensor

OTHER = 3.0
"""The other process's gradients are so many times those of this one."""


@pytest.fixture(autouse=True)
def _two_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    def gather(of_all: list[Tensor], own: Tensor) -> None:
        of_all[:] = [own, own * OTHER]

    monkeypatch.setattr(torch.distributed, "all_reduce", lambda own: own.mul_(1 + OTHER))
    monkeypatch.setattr(torch.distributed, "all_gather_object", gather)


@pytest.mark.parametrize("sparse", [True, False])
def test_gradients_become_the_mean_and_stay_where_they_are(sparse: bool) -> None:
    network = TextCNN(
        NetworkConfig(vocabulary_size=30, outputs=2, embedding_dim=6, dropout=0), sparse_gradients=sparse
    )
    fold(network)
    for _ in range(2):  # sparse gradients of two passes are added up row by row
        network(torch.tensor([[3, 4, 5]]), torch.tensor([3])).sum().backward()
    before = {
        name: weight.grad.to_dense().clone()
        for name, weight in network.named_parameters()
        if weight.grad is not None
    }
    Device(torch.device("cpu"), 0, 2).average_gradients(network)
    assert len(before) == 9
    for name, weight in network.named_parameters():
        assert weight.grad is not None
        torch.testing.assert_close(weight.grad.to_dense(), before[name] * (1 + OTHER) / 2)
        if not weight.grad.is_sparse:
            assert weight.grad.stride() == weight.stride()  # the optimizer takes numbers as they lie
