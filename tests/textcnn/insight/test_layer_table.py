from __future__ import annotations

import json
from dataclasses import replace
from math import prod

import pytest

from textcnn.config import Channels, ModelConfig, NetworkConfig, Pooling
from textcnn.insight.layer_table import summarise
from textcnn.network.weights import expected_shapes


def config(channels: Channels = "rand", *, batch_norm: bool = False, pooling: Pooling = "max") -> ModelConfig:
    network = NetworkConfig(
        vocabulary_size=50,
        outputs=2,
        embedding_dim=8,
        channels=channels,
        widths=(1, 3),
        filters=5,
        batch_norm=batch_norm,
        pooling=pooling,
    )
    return ModelConfig(labels=("a", "b"), network=network)


@pytest.mark.parametrize("channels", ["rand", "static", "non-static", "multichannel"])
@pytest.mark.parametrize("batch_norm", [False, True])
def test_the_total_is_every_number_in_the_weights_file(channels: Channels, batch_norm: bool) -> None:
    model = config(channels, batch_norm=batch_norm)
    assert summarise(model).parameters == sum(map(prod, expected_shapes(model.network).values()))


def test_members_are_so_many_networks_in_one() -> None:
    network = config(batch_norm=True, pooling="max+mean").network
    one, three = (
        summarise(ModelConfig(labels=("a", "b"), network=replace(network, members=members)))
        for members in (1, 3)
    )
    assert three.parameters == 3 * one.parameters - 2 * network.outputs  # the dense bias is one and the same
    assert three.flops_per_token == 3 * one.flops_per_token
    assert three.engine_flops_per_token == 3 * one.engine_flops_per_token


@pytest.mark.parametrize(
    ("channels", "fixed"), [("rand", 0), ("static", 400), ("non-static", 0), ("multichannel", 400)]
)
def test_given_embeddings_are_not_trained(channels: Channels, fixed: int) -> None:
    assert summarise(config(channels)).fixed == fixed


def test_running_statistics_are_not_trained() -> None:
    assert summarise(config(batch_norm=True)).fixed == 2 * 5 * 2


def test_costs_are_counted_as_documented() -> None:
    summary = summarise(config())
    assert summary.flops_per_token == 2 * 8 * (1 + 3) * 5
    assert summary.engine_flops_per_token == (0 + 2) * 5
    assert summary.flops_per_text == 2 * 10 * 2


def test_shapes_and_receptive_fields_are_those_of_wide_convolution() -> None:
    layers = {layer.name: layer for layer in summarise(config()).layers}
    assert layers["convolution 1"].output_shape == "(n, 5)"
    assert layers["convolution 3"].output_shape == "(n+2, 5)"
    assert layers["convolution 3"].receptive_field == 3
    assert layers["dense + softmax"].receptive_field is None


def test_mean_pooling_adds_every_window() -> None:
    mean, largest = summarise(config(pooling="mean")), summarise(config())
    assert mean.flops_per_token - largest.flops_per_token == 10


def test_the_summary_is_json() -> None:
    values = summarise(config()).to_dict()
    assert json.loads(json.dumps(values)) == values
