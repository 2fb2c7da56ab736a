"""The ways of pooling windows over time, each in every form but the compiled one.

The names are in `textcnn.config`, where `max+mean` stands for two ways, each of which makes a feature of
every filter. Compiled loops work on the tables of tokens and pool while they add up:
`textcnn.engine.numba_kernels` has one for each name, and `textcnn.training.network.folded` some for training.
How a feature is shared out over the windows is in `textcnn.evidence.logit_shares`.

A text without a token has w windows of padding where tables are added up, and w-1, but one at least, in the
other forms. They are alike, so the largest and the mean are the same; a sum would not be.

Shapes in comments: B texts, T' windows, F filters of a width.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from torch import Tensor


class OnnxGraph(Protocol):
    """The part of a graph that is added to."""

    def add(self, name: str, operator: str, *inputs: str, **attributes: Any) -> str:  # noqa: ANN401  # ONNX's
        """Compute the value `name` by an operator from other values."""
        ...

    def constant(self, name: str, value: float | list[int]) -> str:
        """Add numbers by name."""
        ...


class OnnxWindows(NamedTuple):
    """The windows of one width in a graph, by the names of their values."""

    name: str
    """Of the width; the names of new values begin with it."""
    windows: str
    """c + b (B x F x T')."""
    inside: str
    """Whether a window is of its text (B x 1 x T')."""
    counts: str
    """Windows of each text (B x 1 x 1)."""
    activation: str
    """The operator."""


class WayOfPooling(NamedTuple):
    """From the windows c + b of one width to one feature of each filter."""

    of_array: Callable[[NDArray[np.float32], Callable[[NDArray[Any]], NDArray[Any]]], NDArray[Any]]
    """Features (F) of the windows (T' x F) of one text, and the activation."""
    of_tensor: Callable[[Tensor, Tensor, Tensor, Callable[[Tensor], Tensor]], Tensor]
    """Features (B x F) of windows (B x F x T'), which of them are inside (B x T'), how many (B), and the
    activation."""
    onnx: Callable[[OnnxGraph, OnnxWindows], str]
    """Features (B x F)."""
    additions: int
    """Of each filter in each window."""


def _largest_of_array(
    windows: NDArray[np.float32], activate: Callable[[NDArray[Any]], NDArray[Any]]
) -> NDArray[Any]:
    return activate(windows.max(axis=0))


def _largest_of_tensor(
    windows: Tensor, inside: Tensor, _counts: Tensor, activate: Callable[[Tensor], Tensor]
) -> Tensor:
    """act(max_t c + b): the activation is monotone, so it may come last, on B x F numbers."""
    return activate(windows.masked_fill(~inside[:, None, :], float("-inf")).amax(dim=2))


def _largest_in_onnx(graph: OnnxGraph, of: OnnxWindows) -> str:
    lowest, time = graph.constant("lowest", float(np.finfo(np.float32).min)), graph.constant("axis_2", [2])
    candidates = graph.add(f"{of.name}.candidates", "Where", of.inside, of.windows, lowest)
    maximum = graph.add(f"{of.name}.maximum", "ReduceMax", candidates, time, keepdims=0)
    return graph.add(f"{of.name}.maxima", of.activation, maximum)


def _mean_of_array(
    windows: NDArray[np.float32], activate: Callable[[NDArray[Any]], NDArray[Any]]
) -> NDArray[Any]:
    return np.asarray(activate(windows).mean(axis=0, dtype=np.float64))


def _mean_of_tensor(
    windows: Tensor, inside: Tensor, counts: Tensor, activate: Callable[[Tensor], Tensor]
) -> Tensor:
    total = (activate(windows) * inside[:, None, :]).sum(dim=2)  # B x F
    return total / counts[:, None]


def _mean_in_onnx(graph: OnnxGraph, of: OnnxWindows) -> str:
    nothing, time = graph.constant("nothing", 0.0), graph.constant("axis_2", [2])
    active = graph.add(f"{of.name}.active", of.activation, of.windows)
    own = graph.add(f"{of.name}.kept", "Where", of.inside, active, nothing)
    total = graph.add(f"{of.name}.total", "ReduceSum", own, time, keepdims=0)
    by_text = graph.add(f"{of.name}.counts_by_text", "Squeeze", of.counts, time)  # B x 1
    # ONNX numbers its types: 1 is float32.
    divisor = graph.add(f"{of.name}.divisor", "Cast", by_text, to=1)
    return graph.add(f"{of.name}.means", "Div", total, divisor)


WAYS: Final = {
    "max": WayOfPooling(_largest_of_array, _largest_of_tensor, _largest_in_onnx, additions=0),
    "mean": WayOfPooling(_mean_of_array, _mean_of_tensor, _mean_in_onnx, additions=1),
}
