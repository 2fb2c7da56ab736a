"""The network as a graph of ONNX operators: token ids in, logits and calibrated scores out.

    vectors   Gather of E, times the scales of int8 rows; both channels add        B x D x (T+1)
    windows   Conv with w-1 zeros on both sides, batch normalisation folded in     B x F x (T+w)
    features  the windows of the text alone: ReduceMax, the mean, or both, activated  B x N
    logits    Gemm                                                                 B x L
    scores    Softmax of logits / temperature, or Sigmoid                          B x L

The zeros at the end of a row of ids are padding. One more is put behind them, so that a batch of empty texts
has a column too; like padding, it counts for nothing. The numbers are those of `model.safetensors`: nothing
is traced, and PyTorch is not needed.

Shapes in comments: B texts, T tokens (padded), D embedding, F filters of a width w, L labels.

Source: the operators of https://onnx.ai/onnx/operators, opset 18.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from textcnn.config import PAD_ID
from textcnn.network.activation import ACTIVATIONS
from textcnn.network.pooling import WAYS, OnnxWindows
from textcnn.network.weights import (
    DENSE_BIAS,
    DENSE_WEIGHT,
    EMBEDDING,
    ROW_SCALE,
    STATIC_EMBEDDING,
    folded_filters,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from onnx import GraphProto, NodeProto

    from textcnn.config import ModelConfig, NetworkConfig

    Arrays = Mapping[str, NDArray[Any]]
    """As `ModelDirectory.stored_weights` gives them."""

OPSET: Final = 18
"""Runtimes know it since early 2023."""


def make_graph(config: ModelConfig, arrays: Arrays) -> GraphProto:
    """The graph from `ids` (B x T, int64) to `logits` and `scores` (B x L, float32)."""
    graph = _Graph()
    vectors, lengths = _add_vectors(graph, arrays)
    pooled = [
        _add_width(graph, config.network, folded_filters(arrays, width), vectors, lengths, width)
        for width in config.network.widths
    ]
    _add_scores(graph, config, arrays, [each for kind in zip(*pooled, strict=True) for each in kind])
    inputs = [helper.make_tensor_value_info("ids", TensorProto.INT64, ["batch", "length"])]
    shape: list[str | int] = ["batch", len(config.labels)]
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in ("logits", "scores")]
    return helper.make_graph(graph.nodes, "textcnn", inputs, outputs, list(graph.constants.values()))


class _Graph:
    """Nodes in the order of computation, and the numbers that they take."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: dict[str, TensorProto] = {}

    def add(self, name: str, operator: str, *inputs: str, **attributes: Any) -> str:  # noqa: ANN401  # ONNX's
        """The value `name`, computed by an operator from other values."""
        self.nodes.append(helper.make_node(operator, inputs, [name], name=name, **attributes))
        return name

    def constant(self, name: str, value: NDArray[Any] | float | Sequence[int]) -> str:
        """Numbers by name; whole ones are int64, and others float32, unless they are an array."""
        array = value if isinstance(value, np.ndarray) else np.array(value)
        if array.dtype == np.float64:
            array = array.astype(np.float32)
        self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(array), name)
        return name


def _add_vectors(graph: _Graph, arrays: Arrays) -> tuple[str, str]:
    """Embedded texts (B x D x (T+1)), and how many tokens each has (B x 1 x 1)."""
    ids = graph.add("ids_and_one", "Pad", "ids", graph.constant("one_behind", [0, 0, 0, 1]))  # B x (T+1)
    vectors = [
        _add_embedding(graph, arrays, name, ids) for name in (EMBEDDING, STATIC_EMBEDDING) if name in arrays
    ]
    total = vectors[0] if len(vectors) == 1 else graph.add("vectors", "Add", *vectors)
    zero, one = graph.constant("zero", 0), graph.constant("one", 1)
    over_tokens = graph.constant("axis_1", [1])
    columns = graph.add("columns", "Squeeze", graph.add("columns_1d", "Shape", ids, start=1, end=2))
    stop = graph.add("columns_and_one", "Add", columns, one)
    numbers = graph.add("token_numbers", "Range", one, stop, one)  # 1 up to T+1
    is_padding = graph.add("is_padding", "Equal", ids, graph.constant("padding_id", PAD_ID))
    numbered = graph.add("tokens_numbered", "Where", is_padding, zero, numbers)
    last = graph.add("last_token", "ReduceMax", numbered, over_tokens, keepdims=1)  # B x 1
    lengths = graph.add("lengths", "Unsqueeze", last, over_tokens)
    return graph.add("vectors_by_dimension", "Transpose", total, perm=[0, 2, 1]), lengths


def _add_embedding(graph: _Graph, arrays: Arrays, name: str, ids: str) -> str:
    """The vectors of one embedding (B x (T+1) x D); its padding row is zero, whatever the file says."""
    scales = arrays.get(name + ROW_SCALE)
    rows = arrays[name].copy() if scales is not None else arrays[name].astype(np.float32)
    rows[PAD_ID] = 0
    rows_of_text = graph.add(f"{name}.found", "Gather", graph.constant(name, rows), ids, axis=0)
    if scales is None:
        return rows_of_text
    scale = graph.constant(name + ROW_SCALE, scales[:, None])  # V x 1
    scale_found = graph.add(f"{name}.scale_found", "Gather", scale, ids, axis=0)
    numbers = graph.add(f"{name}.as_float", "Cast", rows_of_text, to=TensorProto.FLOAT)
    return graph.add(f"{name}.scaled", "Mul", numbers, scale_found)


def _add_width(
    graph: _Graph,
    config: NetworkConfig,
    filters_and_bias: tuple[NDArray[np.float32], NDArray[np.float32]],
    vectors: str,
    lengths: str,
    width: int,
) -> list[str]:
    """h_w (B x F), the features of one width, once for each way of pooling."""
    filters, bias = (
        graph.constant(f"width_{width}.{name}", array)
        for name, array in zip(("filters", "bias"), filters_and_bias, strict=True)
    )
    windows = graph.add(
        f"width_{width}.windows",
        "Conv",
        vectors,
        filters,
        bias,
        pads=[width - 1, width - 1],
        group=config.members,
    )  # B x F x (T+w)
    inside, counts = _add_inside(graph, windows, lengths, width)
    activation = ACTIVATIONS[config.activation].onnx_operator
    own = OnnxWindows(f"width_{width}", windows, inside, counts, activation)
    return [WAYS[way].onnx(graph, own) for way in config.ways]


def _add_inside(graph: _Graph, windows: str, lengths: str, width: int) -> tuple[str, str]:
    """Which windows are of the text (B x 1 x (T+w)); how many are (B x 1 x 1): n+w-1, but one at least."""
    name, one = f"width_{width}", graph.constant("one", 1)
    reach = graph.add(f"{name}.reach", "Add", lengths, graph.constant(f"{name}.overhang", width - 1))
    counts = graph.add(f"{name}.counts", "Max", reach, one)
    size = graph.add(f"{name}.size", "Squeeze", graph.add(f"{name}.size_1d", "Shape", windows, start=2))
    numbers = graph.add(f"{name}.numbers", "Range", graph.constant("zero", 0), size, one)
    return graph.add(f"{name}.inside", "Less", numbers, counts), counts


def _add_scores(graph: _Graph, config: ModelConfig, arrays: Arrays, features: Sequence[str]) -> None:
    """The two outputs, from the features of each width."""
    joined = graph.add("features", "Concat", *features, axis=1)  # B x widths*F
    dense = [graph.constant(name, arrays[name]) for name in (DENSE_WEIGHT, DENSE_BIAS)]
    logits = graph.add("logits", "Gemm", joined, *dense, transB=1)
    calibrated = graph.add("calibrated", "Div", logits, graph.constant("temperature", config.temperature))
    if config.multi_label:
        graph.add("scores", "Sigmoid", calibrated)
    else:
        graph.add("scores", "Softmax", calibrated, axis=1)
