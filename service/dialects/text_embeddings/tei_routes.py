"""Hugging Face Text Embeddings Inference with a classifier: flat lists, and its own errors and headers.

Read from version 1.9.3, router/src/http/server.rs. That server has one model; here the default one answers.
"""

from __future__ import annotations

from http import HTTPStatus
from importlib.metadata import version
from typing import TYPE_CHECKING, Final, Literal, TypeVar

import msgspec
from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from starlette.datastructures import Headers
from starlette.routing import Match

from textcnn.errors import ModelError, TextCNNError, TextError, TooLargeError
from textcnn.service.dialects.all_labelled import ANSWER_HEADERS
from textcnn.service.dialects.dialect_openapi import Errors, describe_route
from textcnn.service.dialects.huggingface import TaskError
from textcnn.service.dialects.text_embeddings.tei_bodies import (
    DESCRIBED_PREDICTION,
    ClassifierType,
    EmbeddingsError,
    EmbeddingsInfo,
    ModelType,
    PredictRequest,
    Scored,
    Token,
    TokenizeRequest,
    VertexAnswer,
    VertexRequest,
)
from textcnn.service.dialects.text_embeddings.tei_predictor import COMPUTE_HEADERS, Predictor, tokenize
from textcnn.service.http.access import Area
from textcnn.service.http.charset import json_body
from textcnn.service.http.problems import status_of
from textcnn.service.http.route_group import RouteGroup
from textcnn.service.http.schemas import parse
from textcnn.service.service_errors import (
    AccessError,
    EmptyTextError,
    MediaTypeError,
    NotJSONError,
    NotReadyError,
    OverloadedError,
    RequestError,
)

if TYPE_CHECKING:
    from starlette.types import Scope

    from textcnn.service.labelling.bounded_pool import BoundedPool
    from textcnn.service.labelling.labeller import Labeller
    from textcnn.service.loaded.registry import Registry
    from textcnn.service.settings import Settings

S = TypeVar("S", bound=msgspec.Struct)
ErrorType = Literal["Unhealthy", "Backend", "Overloaded", "Validation", "Empty"]

ERRORS: dict[type[TextCNNError], tuple[HTTPStatus, ErrorType]] = {
    EmptyTextError: (HTTPStatus.BAD_REQUEST, "Empty"),
    TextError: (HTTPStatus.UNPROCESSABLE_ENTITY, "Validation"),
    ModelError: (HTTPStatus.FAILED_DEPENDENCY, "Backend"),
    OverloadedError: (HTTPStatus.TOO_MANY_REQUESTS, "Overloaded"),
    NotReadyError: (HTTPStatus.SERVICE_UNAVAILABLE, "Unhealthy"),
}
"""The errors that that server writes as JSON; those without an entry are looked up in `PLAIN`."""

PLAIN: dict[type[TextCNNError], HTTPStatus] = {
    NotJSONError: HTTPStatus.BAD_REQUEST,
}
"""The errors that its framework writes in plain text with another status than ours."""


def write_error(error: TextCNNError) -> Response:
    """The response for an error: JSON, plain text or nothing, as that server has it."""
    if isinstance(error, AccessError):
        return Response(status_code=status_of(error))
    if isinstance(error, TooLargeError):
        return Response("length limit exceeded", status_of(error), media_type="text/plain")
    status = next((PLAIN[kind] for kind in type(error).__mro__ if kind in PLAIN), status_of(error))
    if isinstance(error, RequestError):
        return Response(error.message, status, media_type="text/plain")
    json_error = next((ERRORS[kind] for kind in type(error).__mro__ if kind in ERRORS), None)
    status, error_type = json_error or (status_of(error), "Backend")
    body = EmbeddingsError(error.message, error_type)
    return Response(msgspec.json.encode(body), status, media_type="application/json")


JSON_ERROR = (EmbeddingsError,)
DESCRIBED: Errors = {
    400: ("text/plain", EmbeddingsError),
    401: (),
    403: (),
    408: JSON_ERROR,
    413: ("text/plain",),
    415: ("text/plain",),
    422: ("text/plain", EmbeddingsError),
    429: JSON_ERROR,
    503: JSON_ERROR,
    504: JSON_ERROR,
}
TAG: Final = "Text Embeddings Inference"
PATHS = ("/predict", "/invocations", "/vertex", "/tokenize", "/info")
PUBLIC_PATHS = ("/health", "/ping")


def text_embeddings_routes(
    registry: Registry, labeller: Labeller, pool: BoundedPool, settings: Settings
) -> RouteGroup:
    """The routes of the dialect."""
    router = APIRouter(tags=[TAG])
    _add_texts(router, registry, Predictor(labeller, settings), pool)
    _add_facts(router, registry, settings)
    areas = [Area(prefix=path, only_labels=True, write_error=write_error) for path in PATHS]
    areas += [Area(prefix=path, write_error=write_error, needs=None) for path in PUBLIC_PATHS]
    schemas = (PredictRequest, VertexRequest, VertexAnswer, TokenizeRequest, Token, EmbeddingsInfo)
    return RouteGroup(router, areas=tuple(areas), schemas=(*schemas, Scored, EmbeddingsError))


def _add_texts(router: APIRouter, registry: Registry, predictor: Predictor, pool: BoundedPool) -> None:
    """Add the routes that take texts."""
    headers = (*ANSWER_HEADERS, *COMPUTE_HEADERS)
    description = describe_route(
        "Label one text, or a batch", DESCRIBED_PREDICTION, DESCRIBED, takes=PredictRequest, headers=headers
    )

    @router.post("/predict", **description)
    @router.post("/invocations", **description)
    async def predict(request: Request) -> Response:
        """Label one text, or a batch, with the default model."""
        predict_request = await _read(request, PredictRequest)
        predictions, headers = await predictor.predict([predict_request])
        return _json(predictions[0], headers)

    @router.post(
        "/vertex",
        **describe_route(
            "Answer several requests", VertexAnswer, DESCRIBED, takes=VertexRequest, headers=headers
        ),
    )
    async def vertex(request: Request) -> Response:
        """Answer several requests of `/predict` at once."""
        vertex_request = await _read(request, VertexRequest)
        predictions, headers = await predictor.predict(vertex_request.instances)
        return _json(VertexAnswer(predictions), headers)

    @router.post(
        "/tokenize",
        **describe_route("Split texts into tokens", list[list[Token]], DESCRIBED, takes=TokenizeRequest),
    )
    async def tokens(request: Request) -> Response:
        """Split texts into the tokens of the default model."""
        tokenize_request = await _read(request, TokenizeRequest)
        texts = predictor.texts_to_tokenize(tokenize_request.inputs)
        tokenizer = registry.get().classifier.tokenizer
        return _json(await pool.run(lambda: [tokenize(tokenizer, text) for text in texts]))


def _add_facts(router: APIRouter, registry: Registry, settings: Settings) -> None:
    """Add the routes that tell about the default model, and whether one is loaded."""
    refusals = {status: DESCRIBED[status] for status in (401, 403, 503)}

    @router.get("/info", **describe_route("Tell of the default model", EmbeddingsInfo, refusals))
    async def info() -> Response:
        """Tell of the default model, and how much a request may hold."""
        return _json(_info(registry, settings))

    description = describe_route("Whether a model is loaded", None, refusals, public=True)

    async def health() -> Response:
        """Whether a model is loaded: 200 without a body, or 503."""
        if not registry.ready:
            raise NotReadyError("unhealthy")
        return Response()

    for path in PUBLIC_PATHS:
        router.get(path, **description)(health)
    # The root is an area of the other dialect of Hugging Face, which writes its errors.
    root_description = describe_route("Whether a model is loaded", None, {503: (TaskError,)}, public=True)
    router.routes.append(ProgramsRoute("/", health, methods=["GET"], tags=[TAG], **root_description))


class ProgramsRoute(APIRoute):
    """A route for programs alone: clients that accept HTML are left to a page for people."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match nothing where the client accepts HTML."""
        accepted = Headers(scope=scope).get("accept", "")
        return (Match.NONE, {}) if "text/html" in accepted else super().matches(scope)


def _info(registry: Registry, settings: Settings) -> EmbeddingsInfo:
    model = registry.get()
    labels = {str(number): label for number, label in enumerate(model.classifier.labels)}
    return EmbeddingsInfo(
        model_id=model.name,
        model_sha=model.version,
        model_dtype=model.classifier.engine.numbers,
        served_model_name=model.name,
        model_type=ModelType(ClassifierType(labels, {label: int(key) for key, label in labels.items()})),
        max_concurrent_requests=settings.max_waiting,
        max_input_length=settings.max_text_characters,
        max_batch_tokens=settings.max_body_bytes,
        max_batch_requests=None,
        max_client_batch_size=settings.max_batch_texts,
        auto_truncate=settings.truncate_texts,
        tokenization_workers=settings.threads,
        version=version("textcnn"),
    )


async def _read(request: Request, kind: type[S]) -> S:
    """Parse the body into a struct.

    Raises:
        MediaTypeError: the content type is not JSON, as this dialect's servers demand, or in
            a charset that is not read.
        RequestError: it is not JSON, or not of this shape.
    """
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "application/json" and not content_type.endswith("+json"):
        raise MediaTypeError("Expected request with `Content-Type: application/json`")
    return parse(await json_body(request), kind)


def _json(body: object, headers: dict[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(body), headers=headers, media_type="application/json")
