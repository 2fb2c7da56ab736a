"""The activations, each in every form that the code needs. Names are in `textcnn.config`.

Every one has act(0) = 0 and slopes from 0 to 1. So it is monotone and may come after a maximum, the error of
int16 tables has a bound (`textcnn.engine.tables`), and a token that adds nothing has no share in a feature
(`textcnn.evidence.logit_shares`).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from torch import Tensor

    from textcnn.config import Activation

RELU, TANH = range(2)
"""By these numbers compiled loops know them."""


class ActivationForms(NamedTuple):
    """One activation, but for its compiled form and its slope."""

    number: int
    of_array: Callable[[NDArray[Any]], NDArray[Any]]
    of_tensor: Callable[[Tensor], Tensor]
    torch_module: str
    """Its class in `torch.nn`, for what hooks modules."""
    onnx_operator: str
    is_zero_below: bool
    """A filter whose sums are never above 0 does nothing."""


ACTIVATIONS: Final[dict[Activation, ActivationForms]] = {
    "relu": ActivationForms(
        number=RELU,
        of_array=lambda values: np.maximum(values, np.float32(0)),
        of_tensor=lambda values: values.relu(),
        torch_module="ReLU",
        onnx_operator="Relu",
        is_zero_below=True,
    ),
    "tanh": ActivationForms(
        number=TANH,
        of_array=np.tanh,
        of_tensor=lambda values: values.tanh(),
        torch_module="Tanh",
        onnx_operator="Tanh",
        is_zero_below=False,
    ),
}


def activate(value: np.float32, activation: int) -> np.float32:
    """act(value); compiled in `textcnn.engine.compiled.activated`, where it is inlined."""
    if activation == TANH:
        return np.float32(math.tanh(value))
    return max(value, np.float32(0))


def pass_back(gradient: np.float32, value: np.float32, activation: int) -> np.float32:
    """The gradient of `value` from that of act(value); compiled like `activate`."""
    if activation == TANH:
        active = math.tanh(value)
        return np.float32(gradient * (1 - active * active))
    return gradient if value > 0 else np.float32(0)


def activate_array(values: NDArray[Any], activation: int) -> NDArray[Any]:
    """Every act(value) of an array, by the activation's number."""
    return _BY_NUMBER[activation].of_array(values)


_BY_NUMBER: Final = {forms.number: forms for forms in ACTIVATIONS.values()}
