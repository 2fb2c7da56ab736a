"""Hugging Face Inference, task text-classification: nested lists, as `huggingface_hub.InferenceClient` reads.

The client posts to exactly the URL that it is given, so the task lies at the root, and models have paths.
https://huggingface.co/docs/inference-providers/tasks/text-classification
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from fastapi import APIRouter, Request, Response
from msgspec import Meta, Struct

from textcnn.errors import TextError
from textcnn.service.dialects.all_labelled import ANSWER_HEADERS, answer_headers, label_all
from textcnn.service.dialects.dialect_openapi import describe_route
from textcnn.service.dialects.ranking import Function, best_first, scores_of
from textcnn.service.http.access import Area
from textcnn.service.http.charset import json_body
from textcnn.service.http.problems import status_of
from textcnn.service.http.route_group import RouteGroup
from textcnn.service.http.schemas import parse

if TYPE_CHECKING:
    from textcnn.errors import TextCNNError
    from textcnn.service.labelling.labelled import Outcome
    from textcnn.service.labelling.labeller import Labeller

TASK: Final = "/pipeline/text-classification"
LOADING_SECONDS: Final = 1.0


class TaskParameters(Struct):
    """How to answer; what is not known is passed over."""

    top_k: Annotated[
        Annotated[int, Meta(ge=1)] | None, Meta(description="At most so many labels; all when not said.")
    ] = None
    function_to_apply: Annotated[
        Function | None, Meta(description="`none` gives logits; the model's own function when not said.")
    ] = None


class TaskRequest(Struct):
    """One text or several."""

    inputs: Annotated[str | list[str], Meta(description="A list is as many texts, never a pair.")]
    parameters: TaskParameters | None = None


class Element(Struct):
    """A label and its score."""

    label: str
    score: float


class TaskError(Struct, omit_defaults=True):
    """Why there is no answer. It never repeats the text."""

    error: str
    estimated_time: Annotated[
        float | None, Meta(description="With 503 alone: seconds until a model may be loaded.")
    ] = None


ERRORS = dict.fromkeys((400, 401, 403, 404, 408, 413, 415, 422, 429, 503, 504), (TaskError,))


def write_error(error: TextCNNError) -> Response:
    """The response for an error, as Hugging Face's servers write it."""
    status = status_of(error)
    if status == HTTPStatus.UNPROCESSABLE_ENTITY and not isinstance(error, TextError):
        status = HTTPStatus.BAD_REQUEST
    loading = LOADING_SECONDS if status == HTTPStatus.SERVICE_UNAVAILABLE else None
    return Response(
        msgspec.json.encode(TaskError(error.message, loading)), status, media_type="application/json"
    )


def huggingface_routes(labeller: Labeller) -> RouteGroup:
    """The routes of the dialect."""
    router = APIRouter(tags=["Hugging Face Inference"])

    async def answer(request: Request, model: str | None = None) -> Response:
        task_request = parse(await json_body(request), TaskRequest)
        texts = [task_request.inputs] if isinstance(task_request.inputs, str) else task_request.inputs
        loaded, outcomes = await label_all(labeller, texts, model)
        parameters = task_request.parameters or TaskParameters()
        lists = [_elements(outcome, parameters) for outcome in outcomes]
        truncated = any(outcome.truncated for outcome in outcomes)
        return Response(
            msgspec.json.encode(lists),
            headers=answer_headers(loaded, truncated=truncated),
            media_type="application/json",
        )

    description = describe_route(
        "Label one text or several", list[list[Element]], ERRORS, takes=TaskRequest, headers=ANSWER_HEADERS
    )

    @router.post("/", **description)
    @router.post(TASK, **description)
    async def classify(request: Request) -> Response:
        """Label one text or several with the default model."""
        return await answer(request)

    @router.post("/models/{model}", **description)
    @router.post(f"/models/{{model}}{TASK}", **description)
    async def classify_with(request: Request, model: str) -> Response:
        """Label one text or several with the model of this name."""
        return await answer(request, model)

    # The root may also be a page for browsers, and it is where Text Embeddings Inference tells its health.
    root = Area(prefix="/", exact=True, public_reading=True, only_labels=True, write_error=write_error)
    areas = (
        Area(prefix=prefix, only_labels=True, write_error=write_error) for prefix in ("/models", "/pipeline")
    )
    return RouteGroup(router, areas=(root, *areas), schemas=(TaskRequest, Element, TaskError))


def _elements(outcome: Outcome, parameters: TaskParameters) -> list[Element]:
    scores = scores_of(outcome, parameters.function_to_apply)
    return [Element(label, score) for label, score in best_first(scores, parameters.top_k)]
