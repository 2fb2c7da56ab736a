"""The layers of a network: a table like Keras's, with costs and receptive fields."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

from textcnn.network.pooling import WAYS
from textcnn.network.weights import EMBEDDING, STATIC_EMBEDDING, expected_shapes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textcnn.config import ModelConfig, NetworkConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One row of the table."""

    name: str
    output_shape: str
    """For a text of n tokens; wide padding gives n+w-1 windows of width w (one at least)."""
    parameters: int = 0
    trained: int = 0
    """Parameters that training changes by gradients; the others are given, or are running statistics."""
    flops_per_token: int = 0
    """As the network (PyTorch) computes it; see `Summary`."""
    flops_per_text: int = 0
    """Work done once for a text, however long it is."""
    engine_flops_per_token: int = 0
    """As the compiled engine computes it: additions of table rows."""
    receptive_field: int | None = None
    """Tokens that one output sees; None is the whole text."""


@dataclass(frozen=True, slots=True)
class Summary:
    """The layers of a network and their sums.

    FLOPs count each multiplication and each addition as one, so a multiply-add is two; comparisons (relu, the
    maximum), look-ups and tanh count nothing. Per token means per window: a text has w-1 windows more than
    tokens. For a width w the convolution takes 2 D w F multiplications and additions (the bias is the last
    addition). The engine has multiplied each embedding by each filter position when the model was loaded, so
    w-1 additions of F numbers remain, and nothing of the batch normalisation; the bias comes after the
    pooling, once a text.
    """

    layers: tuple[Layer, ...]

    @property
    def parameters(self) -> int:
        """All numbers of the network, running statistics and the padding row included."""
        return sum(layer.parameters for layer in self.layers)

    @property
    def trained(self) -> int:
        """Parameters that training changes."""
        return sum(layer.trained for layer in self.layers)

    @property
    def fixed(self) -> int:
        """Parameters that training leaves as they are."""
        return self.parameters - self.trained

    @property
    def flops_per_token(self) -> int:
        """Of the network."""
        return sum(layer.flops_per_token for layer in self.layers)

    @property
    def flops_per_text(self) -> int:
        """Of what is done once for a text."""
        return sum(layer.flops_per_text for layer in self.layers)

    @property
    def engine_flops_per_token(self) -> int:
        """Of the compiled engine."""
        return sum(layer.engine_flops_per_token for layer in self.layers)

    def to_dict(self) -> dict[str, Any]:
        """Layers and sums as plain JSON values."""
        return {
            "layers": [dataclasses.asdict(layer) for layer in self.layers],
            "parameters": self.parameters,
            "trained": self.trained,
            "fixed": self.fixed,
            "flops_per_token": self.flops_per_token,
            "flops_per_text": self.flops_per_text,
            "engine_flops_per_token": self.engine_flops_per_token,
        }


def summarise(config: ModelConfig) -> Summary:
    """The table of a model's network, from its configuration alone."""
    return Summary(tuple(_layers(config)))


def _layers(config: ModelConfig) -> Iterator[Layer]:
    network = config.network
    sizes = {name: prod(shape) for name, shape in expected_shapes(network).items()}
    yield _embedding(network, sizes)
    for width in network.widths:
        yield _convolution(network, width, sizes)
        if network.batch_norm:
            yield _batch_norm(network, width)
    yield _pooling(network)
    yield Layer(name=f"dropout {network.dropout:g}", output_shape=f"({network.features})")
    dense = sizes["dense.weight"] + sizes["dense.bias"]
    yield Layer(
        name=f"dense + {'sigmoid' if config.multi_label else 'softmax'}",
        output_shape=f"({network.outputs})",
        parameters=dense,
        trained=dense,
        flops_per_text=2 * sizes["dense.weight"],
    )


def _embedding(network: NetworkConfig, sizes: dict[str, int]) -> Layer:
    both = network.channels == "multichannel"
    tuned = 0 if network.channels == "static" else sizes[EMBEDDING]
    return Layer(
        name=f"embedding ({network.channels})",
        output_shape=f"(n, {network.vector_size})",
        parameters=sizes[EMBEDDING] + sizes.get(STATIC_EMBEDDING, 0),
        trained=tuned,
        flops_per_token=network.vector_size if both else 0,
        receptive_field=1,
    )


def _convolution(network: NetworkConfig, width: int, sizes: dict[str, int]) -> Layer:
    size = sizes[f"convolutions.{width}.weight"] + sizes[f"convolutions.{width}.bias"]
    return Layer(
        name=f"convolution {width}",
        output_shape=_windows(network, width),
        parameters=size,
        trained=size,
        flops_per_token=2 * network.embedding_dim * width * network.bank,
        engine_flops_per_token=(width - 1) * network.bank,
        receptive_field=width,
    )


def _batch_norm(network: NetworkConfig, width: int) -> Layer:
    return Layer(
        name=f"batch norm {width}",
        output_shape=_windows(network, width),
        parameters=4 * network.bank,
        trained=2 * network.bank,  # gain and shift; the other two are running statistics
        flops_per_token=2 * network.bank,
        receptive_field=width,
    )


def _pooling(network: NetworkConfig) -> Layer:
    adds = sum(WAYS[way].additions for way in network.ways) * network.bank * len(network.widths)
    return Layer(
        name=f"{network.activation}, {network.pooling} over time",
        output_shape=f"({network.features})",
        flops_per_token=adds,
        flops_per_text=adds,
        engine_flops_per_token=2 * adds,  # the bias belongs to each window when each is activated
    )


def _windows(network: NetworkConfig, width: int) -> str:
    length = "n" if width == 1 else f"n+{width - 1}"
    return f"({length}, {network.bank})"
