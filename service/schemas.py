"""The bodies of requests and answers, as typed structs: parsed, written and described from one definition."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from textcnn.errors import RequestError

if TYPE_CHECKING:
    from textcnn.errors import TextCNNError
    from textcnn.prediction import Prediction

S = TypeVar("S", bound=Struct)

LONGEST_REASON = 120
"""Msgspec's own sentences are shorter; only a caller's field name, perhaps a text, makes one longer."""

REFERENCE = "#/components/schemas/{name}"
"""Where the OpenAPI document has a struct's schema."""

OUTCOMES = {"items": {"anyOf": [{"$ref": REFERENCE.format(name=name)} for name in ("Result", "Problem")]}}
"""The schema of a batch's results, as a union of structs would need a tag in the JSON."""


class ClassifyRequest(Struct, forbid_unknown_fields=True):
    """One text to label."""

    text: Annotated[str, Meta(description="Any text, the empty one included.")]
    model: Annotated[str | None, Meta(description="A model's name; the default model without it.")] = None


class BatchRequest(Struct, forbid_unknown_fields=True):
    """Several texts to label."""

    texts: Annotated[
        list[Any], Meta(description="Texts. One that is no string is an error in its place, and no more.")
    ]
    model: Annotated[str | None, Meta(description="A model's name; the default model without it.")] = None


class Result(Struct):
    """What a model says about one text."""

    label: Annotated[str | None, Meta(description="The best label; null below the model's confidence.")]
    score: Annotated[float, Meta(description="Calibrated probability of the best label.", ge=0, le=1)]
    scores: Annotated[dict[str, float], Meta(description="Probability of every label.")]
    labels: Annotated[
        list[str] | UnsetType, Meta(description="Multi-label models: every label that applies, best first.")
    ] = UNSET
    unknown: Annotated[bool | UnsetType, Meta(description="True where `label` is null.")] = UNSET

    @classmethod
    def of(cls, prediction: Prediction) -> Result:
        """A prediction as it is sent."""
        return cls(**prediction.to_dict())  # type: ignore[arg-type]  # it has exactly these keys


class Problem(Struct, omit_defaults=True):
    """Why there is no result. It never repeats the text."""

    error: Annotated[str, Meta(description="A sentence: what was found, what is expected.")]
    code: Annotated[str, Meta(description="A slug for programs.")]
    field: Annotated[str | None, Meta(description="The field it is about, where there is one.")] = None

    @classmethod
    def of(cls, error: TextCNNError) -> Problem:
        """An error as it is sent."""
        return cls(error.message, error.code, error.field)


class ClassifyAnswer(Result, kw_only=True):
    """A result, and the model that gave it."""

    model: str
    version: Annotated[str, Meta(description="Names exactly the model's contents.")]


class BatchAnswer(Struct):
    """Results in the order of the texts."""

    model: str
    version: str
    results: Annotated[
        list[Any], Meta(description="A result or a problem for each text.", extra_json_schema=OUTCOMES)
    ]


class ModelFacts(Struct):
    """A model that answers."""

    name: str
    version: str
    labels: tuple[str, ...]
    multi_label: bool
    default: Annotated[bool, Meta(description="Whether it answers requests that name no model.")]
    metrics: Annotated[dict[str, float], Meta(description="Figures on its test part, where it had one.")]


class ModelList(Struct):
    """Every model that answers."""

    models: list[ModelFacts]


class Limits(Struct):
    """How much a request may hold."""

    max_body_bytes: int
    max_batch_texts: int
    max_text_characters: int


class Info(Struct):
    """What answers here."""

    version: Annotated[str, Meta(description="Of textcnn.")]
    engines: Annotated[dict[str, str], Meta(description="What computes each model.")]
    limits: Limits


class Status(Struct):
    """Whether the process lives, or is ready."""

    status: str


SCHEMAS = (
    ClassifyRequest,
    BatchRequest,
    ClassifyAnswer,
    BatchAnswer,
    Result,
    Problem,
    ModelList,
    Info,
    Status,
)


def parse(body: bytes, kind: type[S]) -> S:
    """A request body as its struct.

    Raises:
        RequestError: it is not JSON, or not of this shape; the field is named, its value is not repeated.
    """
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise _explain(error) from None
    except RecursionError:
        raise RequestError("The body is nested too deeply; a flat JSON object is expected.") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _parse_leniently(body, kind)


def _parse_leniently(body: bytes, kind: type[S]) -> S:
    """What the standard library alone reads: JSON whose strings hold lone surrogates; they are texts too."""
    try:
        return msgspec.convert(json.loads(body), kind)
    except msgspec.ValidationError as error:
        raise _explain(error) from None
    except (ValueError, RecursionError):
        raise RequestError("The body is not JSON; a JSON object is expected.") from None


def _explain(error: msgspec.ValidationError) -> RequestError:
    """Keep msgspec's words: it tells types and field names, never values."""
    if len(str(error)) > LONGEST_REASON:
        return RequestError("The object has an unknown field, whose name is too long to be repeated.")
    reason, _, path = str(error).partition(" - at `$")
    field = path.strip("`.").split("[")[0] or None
    if field is None and "`" in reason:
        field = reason.split("`")[1] if "field" in reason else None
    where = f" in the field '{field}'" if path else ""
    return RequestError(f"{reason}{where}.", field=field)
