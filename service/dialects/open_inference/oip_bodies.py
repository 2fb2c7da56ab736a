"""The bodies of the Open Inference Protocol, as typed structs.

https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md
"""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from textcnn.service.dialects.open_inference.input_tensors import InputTensor, Parameters

Element = str | float | bool


class RequestedOutput(Struct):
    """An output that is asked for."""

    name: str
    parameters: Parameters | None = None


class InferRequest(Struct):
    """Texts to label, as one tensor; fields that are not known are passed over."""

    inputs: list[InputTensor]
    id: Annotated[str | None, Meta(description="Comes back in the answer.")] = None
    parameters: Annotated[
        Parameters | None,
        Meta(
            description="`top_k`: `label` and `score` have the shape [n, k], best first. Others do nothing."
        ),
    ] = None
    outputs: Annotated[
        list[RequestedOutput] | None, Meta(description="Which outputs to send; all without it.")
    ] = None


class OutputTensor(Struct):
    """A tensor that is sent back; its data is flat, row by row."""

    name: str
    shape: list[int]
    datatype: str
    data: list[Element]


class InferAnswer(Struct):
    """The outputs, and the model that gave them."""

    model_name: str
    model_version: str
    outputs: list[OutputTensor]
    id: str | UnsetType = UNSET


class InferenceError(Struct):
    """Why there is no answer. It never repeats the text."""

    error: str


class ServerFacts(Struct):
    """The server that answers here."""

    name: str
    version: str
    extensions: list[str]


class Liveness(Struct):
    """Whether the process lives."""

    live: bool


class Readiness(Struct):
    """Whether models are loaded; `live` is how the specification spells it, `ready` how KServe does."""

    live: bool
    ready: bool


class ModelReadiness(Struct):
    """Whether a model answers."""

    name: str
    ready: bool


class TensorFacts(Struct):
    """An input or an output of a model; -1 stands for any number of texts."""

    name: str
    datatype: str
    shape: list[int]


class InferenceModel(Struct):
    """A model: its versions, inputs and outputs."""

    name: str
    versions: list[str]
    platform: str
    inputs: list[TensorFacts]
    outputs: list[TensorFacts]
    properties: Annotated[
        dict[str, str], Meta(description="`labels`: a JSON list in the order of `probabilities`.")
    ]


class TensorConfiguration(Struct):
    """An input or an output in the words of Triton."""

    name: str
    data_type: str
    dims: list[int]


class ModelConfiguration(Struct):
    """A model in the words of Triton."""

    name: str
    platform: str
    max_batch_size: int
    input: list[TensorConfiguration]
    output: list[TensorConfiguration]


class ModelNames(Struct):
    """Every model's name."""

    models: list[str]


class IndexRequest(Struct):
    """Which versions to list."""

    ready: bool = False


class IndexEntry(Struct):
    """One version of a model."""

    name: str
    version: str
    state: str
    reason: str


SCHEMAS = (
    InferRequest,
    InferAnswer,
    InferenceError,
    ServerFacts,
    Liveness,
    Readiness,
    ModelReadiness,
    InferenceModel,
    ModelNames,
    IndexRequest,
    IndexEntry,
    ModelConfiguration,
)
