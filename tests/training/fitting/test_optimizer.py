from __future__ import annotations

import copy
import subprocess
import sys

import pytest
import torch

from textcnn.config import NetworkConfig
from textcnn.network.network import TextCNN
from textcnn.recipe import Recipe
from textcnn.training.fitting.optimizer import DenseAdam, Optimizer
from textcnn.training.fitting.row_adam import RowAdam

NETWORK = NetworkConfig(vocabulary_size=50, outputs=2, embedding_dim=4, filters=3, dropout=0)


def stepped(network: TextCNN, optimizer: Optimizer, ids: list[int]) -> None:
    network(torch.tensor([ids]), torch.tensor([len(ids)])).square().sum().backward()
    optimizer.step()


@pytest.mark.parametrize("sparse", [True, False])
def test_a_step_changes_the_rows_it_touched_and_the_filters_but_no_other_row(sparse: bool) -> None:
    torch.manual_seed(0)
    network = TextCNN(NETWORK, sparse_gradients=sparse)
    optimizer = Optimizer(network, Recipe(warmup=0), steps=10)
    before = {name: weight.detach().clone() for name, weight in network.named_parameters()}
    stepped(network, optimizer, [5, 6, 7])
    changed = (network.embedding.weight != before["embedding.weight"]).any(dim=1).nonzero().flatten().tolist()
    assert set(changed) <= {5, 6, 7}
    assert changed
    after = dict(network.named_parameters())
    assert not torch.equal(after["convolutions.3.weight"], before["convolutions.3.weight"])


def test_rows_are_stepped_as_by_the_librarys_sparse_adam() -> None:
    torch.manual_seed(0)
    ours = torch.nn.Embedding(9, 5, sparse=True)
    theirs = copy.deepcopy(ours)
    own, library = RowAdam(ours.weight, rate=0.2), torch.optim.SparseAdam([theirs.weight], lr=0.1)
    for ids in ([1, 2, 2], [2, 3], [1, 8], [2]):
        factors = torch.randn(len(ids), 5)
        for table in (ours, theirs):
            table.zero_grad()
            (table(torch.tensor(ids)) * factors).sum().backward()
        own.step(0.5)
        library.step()  # type: ignore[no-untyped-call]  # PyTorch leaves it without types
        torch.testing.assert_close(ours.weight, theirs.weight, rtol=1e-6, atol=1e-6)
    assert torch.equal(ours.weight[0], theirs.weight[0])


def test_weights_are_stepped_as_by_the_librarys_adamw() -> None:
    torch.manual_seed(0)
    ours = torch.nn.Linear(5, 3)
    theirs = copy.deepcopy(ours)
    own = DenseAdam(list(ours.parameters()), rate=0.2, weight_decay=0.3)
    library = torch.optim.AdamW(theirs.parameters(), lr=0.1, weight_decay=0.3, fused=True)
    for _ in range(4):
        inputs = torch.randn(7, 5)
        for layer in (ours, theirs):
            layer.zero_grad()
            layer(inputs).square().sum().backward()
        with torch.no_grad():
            own.step(0.5)
        library.step()
    assert torch.equal(ours.weight, theirs.weight)
    assert torch.equal(ours.bias, theirs.bias)


def test_the_learning_rate_grows_in_the_warm_up_and_then_falls_to_zero() -> None:
    network = TextCNN(NETWORK, sparse_gradients=True)
    optimizer = Optimizer(network, Recipe(warmup=0.2), steps=10)
    factors = []
    for _ in range(10):
        factors.append(optimizer.factor)
        stepped(network, optimizer, [5, 6, 7])
    assert factors[:2] == [0.5, 1.0]
    assert factors[2:] == sorted(factors[2:], reverse=True)
    assert factors[-1] == pytest.approx(1 / 8)
    assert optimizer.factor == 0


def test_a_restored_optimizer_steps_as_the_one_it_was_taken_from() -> None:
    torch.manual_seed(0)
    one = TextCNN(NETWORK, sparse_gradients=True)
    first = Optimizer(one, Recipe(), steps=10)
    stepped(one, first, [5, 6, 7])
    other = TextCNN(NETWORK, sparse_gradients=True)
    other.load_state_dict(one.state_dict())
    second = Optimizer(other, Recipe(), steps=10)
    second.restore(copy.deepcopy(first.state()))  # as from a file: no tensor in common
    stepped(one, first, [5, 8])
    stepped(other, second, [5, 8])
    for name, weight in one.named_parameters():
        assert torch.equal(weight, dict(other.named_parameters())[name]), name


@pytest.mark.slow
def test_training_does_not_import_pytorchs_compiler() -> None:
    program = (
        "import sys, training\n"
        "texts, labels = [f'word{n % 2} text {n}' for n in range(40)], [str(n % 2) for n in range(40)]\n"
        "training.fit(texts, labels, training.Recipe(init='rand', epochs=1))\n"
        "sys.exit('torch._dynamo' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=50).returncode == 0
