"""The bodies of Text Embeddings Inference, as typed structs, and what its `inputs` mean.

Read from version 1.9.3, router/src/http/types.rs.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, NamedTuple

from msgspec import Meta, Struct

from textcnn.errors import TextError
from textcnn.service.service_errors import EmptyTextError, RequestError

TEXT = {"type": "string", "minLength": 1}
SINGLE = {"type": "array", "items": TEXT, "minItems": 1, "maxItems": 1}
INPUTS = {"anyOf": [TEXT, SINGLE, {"type": "array", "items": SINGLE, "minItems": 1}]}
"""The schema of `inputs`; a union of lists is more than msgspec can tell apart."""

Inputs = Annotated[
    Any,
    Meta(
        description='`"a"` and `["a"]` are one text, `[["a"],["b"]]` is a batch; `["a","b"]` is a pair, '
        "which no model here takes.",
        extra_json_schema=INPUTS,
    ),
]
Direction = Literal["Left", "Right", "left", "right"]


class PredictRequest(Struct):
    """One text, or a batch."""

    inputs: Inputs
    truncate: Annotated[
        bool | None, Meta(description="Whether to cut a text that is too long; false refuses it with 422.")
    ] = None
    truncation_direction: Annotated[Direction | None, Meta(description="The side that is cut off.")] = "Right"
    raw_scores: Annotated[bool, Meta(description="Logits in place of probabilities.")] = False


class Scored(Struct):
    """A label and its score."""

    score: float
    label: str


Prediction = list[Scored] | list[list[Scored]]
"""A list for one text, a list of lists for a batch."""

DESCRIBED_PREDICTION = list[Scored | list[Scored]]
"""Nearly the same for the OpenAPI document: msgspec has no union of two lists."""


class VertexRequest(Struct):
    """Several requests at once, as Vertex AI wraps them."""

    instances: list[PredictRequest]


class VertexAnswer(Struct):
    """A prediction for each instance."""

    predictions: list[Any]


class TokenizeRequest(Struct):
    """Texts to split into tokens."""

    inputs: Annotated[
        Any,
        Meta(
            extra_json_schema={"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
        ),
    ]
    add_special_tokens: Annotated[bool, Meta(description="Does nothing: no model has special tokens.")] = True


class Token(Struct):
    """A token: its number, and where in the text it is, in characters."""

    id: int
    text: str
    special: bool
    start: int | None
    stop: int | None


class ClassifierType(Struct):
    """The labels by their numbers, and the other way round."""

    id2label: dict[str, str]
    label2id: dict[str, int]


class ModelType(Struct):
    """The kind of model that answers."""

    classifier: ClassifierType


class EmbeddingsInfo(Struct):
    """The default model and the limits, in the words of Text Embeddings Inference."""

    model_id: str
    model_sha: Annotated[str | None, Meta(description="The model's version.")]
    model_dtype: str
    served_model_name: str
    model_type: ModelType
    max_concurrent_requests: int
    max_input_length: Annotated[int, Meta(description="In characters; a token has at least one.")]
    max_batch_tokens: int
    max_batch_requests: int | None
    max_client_batch_size: int
    auto_truncate: bool
    tokenization_workers: int
    version: Annotated[str, Meta(description="Of textcnn.")]
    sha: str | None = None
    docker_label: str | None = None


class EmbeddingsError(Struct):
    """Why there is no answer. It never repeats the text."""

    error: str
    error_type: Literal["Unhealthy", "Backend", "Overloaded", "Validation", "Tokenizer", "Empty"]


class InputTexts(NamedTuple):
    """The texts of a request, and whether they came as a batch: then the answer is one too."""

    texts: list[str]
    is_batch: bool


def read_inputs(inputs: object) -> InputTexts:
    """Read the texts of `inputs`.

    Raises:
        RequestError: it is neither a text nor a batch.
        TextError: a pair of texts, which a model of single texts cannot take.
        EmptyTextError: a text is empty.
    """
    if isinstance(inputs, str):
        return InputTexts([_require_filled(inputs)], is_batch=False)
    if not isinstance(inputs, list) or not inputs:
        raise RequestError("inputs is a string, or a list of lists of one string each.", field="inputs")
    if all(isinstance(each, str) for each in inputs):
        return InputTexts([_single(inputs)], is_batch=False)
    if all(isinstance(each, list) for each in inputs):
        return InputTexts([_single(each) for each in inputs], is_batch=True)
    raise RequestError("inputs mixes strings with other values.", field="inputs")


def _single(item: list[Any]) -> str:
    if len(item) not in (1, 2) or not all(isinstance(each, str) for each in item):
        raise RequestError("inputs has an item that is not a list of one string.", field="inputs")
    if len(item) == 2:
        raise TextError(
            "`inputs` has a pair of texts; this model takes single texts. A batch is a list of lists of one "
            "string each.",
            field="inputs",
        )
    return _require_filled(item[0])


def _require_filled(text: str) -> str:
    if not text:
        raise EmptyTextError("`inputs` cannot be empty", field="inputs")
    return text
