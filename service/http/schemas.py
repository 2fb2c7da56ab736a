"""The bodies of requests and answers, as typed structs: parsed, written and described from one definition."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import msgspec
import numpy as np
from msgspec import Meta, Struct

from textcnn.errors import nearest
from textcnn.service.http.json_faults import explain_json, refuse_constant
from textcnn.service.service_errors import NotJSONError, RequestError
from textcnn.tokens.surrogates import json_without_surrogates, without_surrogates

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textcnn.errors import TextCNNError
    from textcnn.service.labelling.labelled import BatchOutcome, Outcome

S = TypeVar("S", bound=Struct)
T = TypeVar("T")

LONGEST_REASON = 120
"""Msgspec's own sentences are shorter; only a caller's field name, perhaps a text, makes one longer."""

REFERENCE = "#/components/schemas/{name}"
"""The place of a struct's schema in the OpenAPI document."""

OUTCOMES = {"items": {"anyOf": [{"$ref": REFERENCE.format(name=name)} for name in ("Result", "Problem")]}}
"""The schema of a batch's results, as a union of structs would need a tag in the JSON."""


Name = Annotated[str | None, Meta(description="A model's name; the default model without it.")]
Version = Annotated[str | None, Meta(description="A version of the model; the one that answers without it.")]
TopK = Annotated[
    Annotated[int, Meta(ge=1)] | None, Meta(description="At most so many labels in `scores`, best first.")
]
Threshold = Annotated[
    Annotated[float, Meta(ge=0, le=1)] | None,
    Meta(description="Labels whose score is below it are not told; it stands in place of the model's own."),
]


class ClassifyRequest(Struct, forbid_unknown_fields=True):
    """One text to label."""

    text: Annotated[str, Meta(description="Any text, the empty one included.")]
    model: Name = None
    version: Version = None
    top_k: TopK = None
    threshold: Threshold = None
    evidence: Annotated[bool, Meta(description="Tell why the best label is the best.")] = False


class BatchRequest(Struct, forbid_unknown_fields=True):
    """Several texts to label."""

    texts: Annotated[
        list[Any], Meta(description="Texts. One that is no string is an error in its place, and no more.")
    ]
    model: Name = None
    version: Version = None
    top_k: TopK = None
    threshold: Threshold = None


class Result(Struct, omit_defaults=True, gc=False):  # nothing in it refers back to it
    """A model's answer about one text."""

    label: Annotated[str | None, Meta(description="The best label; null below the model's confidence.")]
    score: Annotated[float, Meta(description="Calibrated probability of the best label.", ge=0, le=1)]
    scores: Annotated[dict[str, float], Meta(description="Probability of every label that is told.")]
    unknown_share: Annotated[
        float,
        Meta(description="Part of the text's tokens that the model's vocabulary lacks.", ge=0, le=1),
    ]
    labels: Annotated[
        tuple[str, ...] | None,
        Meta(description="Multi-label models: every label that applies, best first."),
    ] = None
    unknown: Annotated[bool, Meta(description="True where `label` is null.")] = False
    truncated: Annotated[bool, Meta(description="True where the text was too long, and cut off.")] = False


class Problem(Struct, omit_defaults=True):
    """Why there is no result. It never repeats the text."""

    error: Annotated[str, Meta(description="A sentence: what was found, what is expected.")]
    code: Annotated[str, Meta(description="A slug for programs.")]
    field: Annotated[str | None, Meta(description="The field it is about, where there is one.")] = None

    @classmethod
    def of(cls, error: TextCNNError) -> Problem:
        """An error as it is sent."""
        return cls(error.message, error.code, error.field)


class Reason(Struct):
    """An n-gram of the text, and what it adds to the logit of a label; below 0 it speaks against it."""

    text: str
    start: Annotated[int, Meta(description="Its first code point in the text.")]
    end: Annotated[int, Meta(description="One past its last.")]
    contribution: float


class Evidence(Struct):
    """Why the best label is the best: its logit is the sum of bias, contributions and rest, exactly."""

    label: str
    logit: Annotated[float, Meta(description="Before temperature.")]
    bias: float
    items: Annotated[list[Reason], Meta(description="The ten strongest n-grams, for or against.")]
    rest: Annotated[float, Meta(description="What all weaker n-grams add.")]


class ClassifyAnswer(Result, kw_only=True):
    """A result, and the model that gave it."""

    model: str
    version: Annotated[str, Meta(description="Names exactly the model's contents.")]
    evidence: Annotated[Evidence | None, Meta(description="Where it was asked for.")] = None

    @classmethod
    def of(cls, outcome: Outcome) -> ClassifyAnswer:
        """The outcome of a text, as it is sent."""
        model, prediction, detail, truncated, evidence = outcome
        unknown = detail.unknown_tokens
        return cls(
            label=prediction.label,
            score=prediction.score,
            scores=prediction.scores,
            labels=prediction.labels,
            unknown=prediction.unknown,
            truncated=truncated,
            # Three decimals; the library's rounding would cost as much as the rest of the answer.
            unknown_share=int(1000 * unknown / detail.tokens + 0.5) / 1000 if unknown else 0.0,
            model=model.name,
            version=model.version,
            evidence=None if evidence is None else msgspec.convert(evidence, Evidence),
        )


class BatchAnswer(Struct):
    """Results in the order of the texts."""

    model: str
    version: str
    results: Annotated[
        list[Any], Meta(description="A result or a problem for each text.", extra_json_schema=OUTCOMES)
    ]

    @classmethod
    def of(cls, outcome: BatchOutcome) -> BatchAnswer:
        """The outcome of a batch, as it is sent."""
        details = outcome.details
        shares = np.floor(1000 * details.unknown_tokens / np.maximum(details.tokens, 1) + 0.5) / 1000
        # By position, which costs less than by name; a test holds both orders together.
        results: list[Any] = [
            Result(label, score, scores, share, labels, unknown, truncated)
            for (label, score, scores, labels, unknown), share, truncated in zip(
                outcome.predictions, shares.tolist(), outcome.truncated, strict=True
            )
        ]
        for place, error in outcome.errors.items():  # in order, so that each goes to its own place
            results.insert(place, Problem.of(error))
        return cls(outcome.model.name, outcome.model.version, results)


class ModelFacts(Struct):
    """A model that answers."""

    name: str
    version: str
    labels: tuple[str, ...]
    multi_label: bool
    default: Annotated[bool, Meta(description="Whether it answers requests that name no model.")]
    metrics: Annotated[dict[str, float], Meta(description="Figures on its test part, where it had one.")]


class ModelPage(Struct):
    """All that is known of a model."""

    name: str
    version: Annotated[str, Meta(description="The one that answers requests without a version.")]
    versions: Annotated[list[str], Meta(description="Those that are loaded, the one that answers first.")]
    labels: tuple[str, ...]
    multi_label: bool
    default: Annotated[bool, Meta(description="Whether it answers requests that name no model.")]
    engine: Annotated[str, Meta(description="What computes it.")]
    metrics: Annotated[dict[str, Any], Meta(description="Every figure on its test part.")]
    card: Annotated[str, Meta(description="Its model card, in Markdown.")]
    history: Annotated[
        list[dict[str, Any]], Meta(description="Losses and validation score of each epoch of its training.")
    ]
    failure: Annotated[
        str | None, Meta(description="Why the live version does not answer; null where it does.")
    ] = None


class FailedModel(Struct):
    """A model that does not answer in the version in which it should."""

    name: str
    version: Annotated[str, Meta(description="The one that should answer; empty of a directory.")]
    failure: Annotated[str, Meta(description="What is wrong with it.")]


class ModelList(Struct):
    """Every model that answers, and those that should."""

    models: list[ModelFacts]
    failed: Annotated[
        list[FailedModel], Meta(description="Those that cannot be loaded; an earlier version may answer.")
    ] = []


class Limits(Struct):
    """How much a request may hold."""

    max_body_bytes: int
    max_batch_texts: int
    max_text_characters: int
    truncate_texts: Annotated[bool, Meta(description="Whether longer texts are cut off, or else refused.")]
    max_unpacked_bytes: Annotated[int, Meta(description="Of a compressed file.")]
    request_seconds: float
    file_seconds: float


class Info(Struct):
    """The server that answers here."""

    version: Annotated[str, Meta(description="Of textcnn.")]
    engines: Annotated[dict[str, str], Meta(description="What computes each model.")]
    limits: Limits
    keeps_answers: Annotated[bool, Meta(description="Whether texts are stored that `/v1/classify` labels.")]


class Status(Struct, omit_defaults=True):
    """Whether the process lives, or is ready."""

    status: str
    troubled: Annotated[
        list[str], Meta(description="Tasks in the background that an error ended within the last minute.")
    ] = []


SCHEMAS = (
    ClassifyRequest,
    BatchRequest,
    ClassifyAnswer,
    BatchAnswer,
    Result,
    Problem,
    ModelList,
    ModelPage,
    Info,
    Status,
)


def parse(body: bytes, kind: type[S]) -> S:
    """Parse a request body into a struct.

    Raises:
        NotJSONError: it is not JSON.
        RequestError: it is not of this shape; the field is named, its value is not repeated.
    """
    try:
        return decode(body, kind)
    except msgspec.ValidationError as error:
        raise explain(error, kind) from None


def decode(body: bytes, kind: type[T], subject: str = "The body") -> T:
    """JSON as a value of this type. All that the service reads as JSON from a request is read here.

    Half of a surrogate pair, which JSON can write and UTF-8 cannot, becomes U+FFFD. `subject` begins the
    sentence of an error.

    Raises:
        NotJSONError: it is not JSON in UTF-8, or nested too deeply; place and cause are told.
        msgspec.ValidationError: it is not of the type.
    """
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        if "got `float`" in str(error):
            return _decode_leniently(body, kind, subject)
        raise
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _decode_leniently(body, kind, subject)


def _decode_leniently(body: bytes, kind: type[T], subject: str) -> T:
    """Decode what the standard library alone reads: halves of surrogate pairs, and 2.0 for an integer."""
    try:
        text = body.decode("utf-8-sig")
        values = json.loads(text, parse_float=_number, parse_constant=refuse_constant)
        return msgspec.convert(json_without_surrogates(values), kind)
    except msgspec.ValidationError:  # a ValueError too
        raise
    except RecursionError:
        raise NotJSONError(f"{subject} is nested too deeply; a flat JSON object is expected.") from None
    except ValueError:
        raise NotJSONError(f"{subject} {explain_json(body)}.") from None


def read_fields(values: Mapping[str, str], kind: type[S]) -> S:
    """The fields of a query or a form as a struct; halves of surrogate pairs become U+FFFD, as in JSON.

    Raises:
        RequestError: a field is unknown or of the wrong type; its value is not repeated.
    """
    fields = {without_surrogates(name): without_surrogates(value) for name, value in values.items()}
    try:
        return msgspec.convert(fields, kind, strict=False)
    except msgspec.ValidationError as error:
        raise explain(error, kind) from None


def encode(body: Struct) -> bytes:
    """A struct as JSON; what was stored before halves of surrogate pairs were repaired is repaired here."""
    try:
        return msgspec.json.encode(body)
    except UnicodeEncodeError:
        return msgspec.json.encode(json_without_surrogates(msgspec.to_builtins(body)))


def _number(digits: str) -> float:
    value = float(digits)
    return int(value) if value.is_integer() else value


def explain(error: msgspec.ValidationError, kind: type[Any]) -> RequestError:
    """The error as ours, in msgspec's words: it tells types and field names, never values.

    Of a field of `kind` that takes a few values alone, it lists these.
    """
    if len(str(error)) > LONGEST_REASON:
        return RequestError("The object has an unknown field, whose name is too long to be repeated.")
    reason, _, path = str(error).partition(" - at `$")
    field = path.strip("`.").split("[")[0] or None
    if reason.startswith("Invalid enum value"):  # it repeats the value
        allowed = _values_of(kind, field)
        reason = f"Expected one of {', '.join(allowed)}" if allowed else "Another value is expected"
    if field is None and "`" in reason:
        field = reason.split("`")[1] if "field" in reason else None
        reason += _suggested(field, kind) if "unknown field" in reason else ""
    where = f" in the field '{field}'" if path else ""
    return RequestError(f"{reason}{where}{'' if reason.endswith('?') else '.'}", field=field)


def _suggested(field: str | None, kind: type[Any]) -> str:
    """The field of a struct that was probably meant, as the end of a sentence."""
    meant = nearest(field or "", getattr(kind, "__struct_encode_fields__", ()))
    return "" if meant is None else f"; did you mean '{meant}'?"


def _values_of(kind: type[Any], field: str | None) -> list[str]:
    """The few values that a field takes alone, also where it may be null; empty for any other field."""
    hint = get_type_hints(kind).get(field or "")
    literals = (each for each in (hint, *get_args(hint)) if get_origin(each) is Literal)
    return [str(value) for literal in literals for value in get_args(literal)]
