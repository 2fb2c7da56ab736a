"""Every form of an activation says the same, and has what the engine builds on."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import numpy as np
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper

from textcnn.config import Activation
from textcnn.engine.compiled.activated import activate, pass_back
from textcnn.network.activation import ACTIVATIONS, activate_array

if TYPE_CHECKING:
    from numpy.typing import NDArray

EVERY = pytest.mark.parametrize("name", get_args(Activation))
VALUES = np.concatenate([np.linspace(-6, 6, 2001), [-1e4, 1e4]]).astype(np.float32)


def by_onnx(operator: str, values: NDArray[np.float32]) -> NDArray[np.float32]:
    shape = [len(values)]
    ends = [helper.make_tensor_value_info(each, TensorProto.FLOAT, shape) for each in ("x", "y")]
    graph = helper.make_graph([helper.make_node(operator, ["x"], ["y"])], "one", ends[:1], ends[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    result: NDArray[np.float32] = session.run(["y"], {"x": values})[0]
    return result


def test_every_name_of_the_configuration_has_its_forms_and_a_number_of_its_own() -> None:
    assert tuple(ACTIVATIONS) == get_args(Activation)
    assert len({forms.number for forms in ACTIVATIONS.values()}) == len(ACTIVATIONS)


@EVERY
def test_all_forms_give_the_same(name: Activation) -> None:
    forms = ACTIVATIONS[name]
    compiled = np.array([activate(value, forms.number) for value in VALUES])
    tensor = torch.from_numpy(VALUES)
    module = getattr(torch.nn, forms.torch_module)()
    others = {
        "array": forms.of_array(VALUES),
        "array by number": activate_array(VALUES, forms.number),
        "tensor": forms.of_tensor(tensor).numpy(),
        "module": module(tensor).numpy(),
        "onnx": by_onnx(forms.onnx_operator, VALUES),
    }
    for form, values in others.items():
        np.testing.assert_allclose(values, compiled, rtol=1e-5, atol=1e-6, err_msg=form)


@EVERY
def test_the_slope_is_the_one_that_autograd_has(name: Activation) -> None:
    forms = ACTIVATIONS[name]
    tensor = torch.from_numpy(VALUES.copy()).requires_grad_()
    (expected,) = torch.autograd.grad((3 * forms.of_tensor(tensor)).sum(), tensor)
    slopes = [pass_back(np.float32(3), value, forms.number) for value in VALUES]
    np.testing.assert_allclose(slopes, expected.numpy(), rtol=1e-5, atol=1e-5)


@EVERY
def test_nothing_stays_nothing_and_slopes_are_from_0_to_1(name: Activation) -> None:
    active = ACTIVATIONS[name].of_array(VALUES.astype(np.float64))
    steps, rises = np.diff(VALUES.astype(np.float64)), np.diff(active)
    assert ACTIVATIONS[name].of_array(np.zeros(1))[0] == 0
    assert ((rises >= 0) & (rises <= steps * (1 + 1e-6)))[:2000].all()
    assert ACTIVATIONS[name].is_zero_below == (active[VALUES < 0] == 0).all()
