"""Feedback: the labels that would have been right."""

from __future__ import annotations

import json
from itertools import chain
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from textcnn.service.http.access import KeyScope, require
from textcnn.service.http.charset import json_body
from textcnn.service.http.openapi import describe, describe_bytes, describe_removal
from textcnn.service.http.retraining_schemas import FeedbackFacts, FeedbackList, FeedbackRequest
from textcnn.service.http.route_group import RouteGroup, json_response
from textcnn.service.http.schemas import parse
from textcnn.service.service_errors import RequestError
from textcnn.service.versions.model_home import check_name

if TYPE_CHECKING:
    from textcnn.reading.rows import Row
    from textcnn.service.data_directory import DataDirectory
    from textcnn.service.retraining.kept_feedback import Remark
    from textcnn.service.settings import Settings

LINES = "application/x-ndjson"


def feedback_routes(data_directory: DataDirectory, settings: Settings) -> RouteGroup:
    """The routes of feedback: giving it needs `classify`, reading and removing it `admin` too."""
    router = APIRouter(tags=["loop"])

    @router.post("/v1/feedback", **describe("Give feedback", FeedbackFacts, refuses=(415, 422), status=201))
    async def give(request: Request) -> Response:
        """Store a text with its right label, for a later training that asks for feedback.

        Where answers are kept, `request` alone names the text.
        """
        feedback_request = parse(await json_body(request), FeedbackRequest)
        labels = _labels(feedback_request)
        model, text = await run_in_threadpool(_subject, data_directory, settings, feedback_request)
        remark = await run_in_threadpool(
            data_directory.feedback.add, model, text, labels, request=feedback_request.request
        )
        facts = _facts(remark)
        if feedback_request.text is None:
            facts.text = None
        return json_response(facts, 201)

    @router.get("/v1/feedback", **describe("List feedback", FeedbackList))
    def feedback(request: Request, model: str | None = None) -> Response:
        """List a hundred pieces of feedback, the newest first, or fewer where their texts are long."""
        require(request, KeyScope.ADMIN)
        remarks = data_directory.feedback.find(model)
        return json_response(FeedbackList([_facts(remark) for remark in remarks]))

    @router.get("/v1/models/{model}/feedback", **describe_bytes("Export feedback", LINES, refuses=(422,)))
    def export(request: Request, model: str) -> Response:
        """Export the feedback on a model as a corpus: JSON Lines with `text` and `labels`."""
        require(request, KeyScope.ADMIN)
        check_name(model)
        pages = map(_lines, data_directory.feedback.pages(model))
        first = next(pages, "")  # what is wrong with the database is told before an answer begins
        return StreamingResponse(chain([first], pages), media_type=LINES)

    @router.delete("/v1/feedback/{remark}", **describe_removal("Remove feedback", refuses=(422,)))
    def remove(request: Request, remark: str) -> Response:
        """Remove a piece of feedback."""
        require(request, KeyScope.ADMIN)
        data_directory.feedback.remove(remark)
        return Response(status_code=204)

    return RouteGroup(router)


def _subject(data_directory: DataDirectory, settings: Settings, request: FeedbackRequest) -> tuple[str, str]:
    """The model and the text that feedback is about: as it says, or those of the request that it names.

    Raises:
        RequestError: it says neither in full.
        InputError: the answer to the request is not kept.
    """
    if request.model is not None:
        check_name(request.model)
    if request.text is not None:
        if request.model is None:
            raise RequestError("Give `model` beside `text`.", field="model")
        return request.model, request.text
    if request.request is None:
        raise RequestError("Give `text` and `model`, or `request`.", field="text")
    if not settings.keep_answers:
        raise RequestError(
            "This service keeps no answers (TEXTCNN_KEEP_ANSWERS): give `text` and `model`.", field="text"
        )
    answer = data_directory.answers.get(request.request)
    return request.model or answer.model, answer.text


def _labels(request: FeedbackRequest) -> list[str]:
    if (request.label is None) == (request.labels is None):
        raise RequestError("Give either `label` or `labels`.", field="label")
    labels = [request.label] if request.label is not None else list(request.labels or ())
    if not all(label.strip() for label in labels):
        raise RequestError("A label is empty.", field="label")
    return labels


def _lines(rows: list[Row]) -> str:
    return "".join(json.dumps({"text": row.text, "labels": row.labels}) + "\n" for row in rows)


def _facts(remark: Remark) -> FeedbackFacts:
    return FeedbackFacts(**remark.to_dict())
