"""Texts to labels: `/v1/classify` and `/v1/classify/batch`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from fastapi import APIRouter, Request, Response

from textcnn.service.http.access import Area
from textcnn.service.http.charset import json_body
from textcnn.service.http.openapi import describe
from textcnn.service.http.route_group import RouteGroup
from textcnn.service.http.schemas import BatchAnswer, BatchRequest, ClassifyAnswer, ClassifyRequest, parse
from textcnn.service.labelling.narrowing import Narrowing

if TYPE_CHECKING:
    from textcnn.service.labelling.labeller import Labeller
    from textcnn.service.retraining.kept_answers import AnswerBook

CLASSIFY = "/v1/classify"
BATCH = "/v1/classify/batch"


def classify_routes(labeller: Labeller, book: AnswerBook | None = None) -> RouteGroup:
    """The routes that label texts; single ones are noted in the book, where answers are kept."""
    router = APIRouter()

    async def answer(body: bytes, request_id: str) -> bytes:
        request = parse(body, ClassifyRequest)
        outcome = await labeller.classify(
            request.text, request.model, request.version, _narrowing(request), evidence=request.evidence
        )
        if book is not None:
            book.note(request_id, request.text, outcome)
        return msgspec.json.encode(ClassifyAnswer.of(outcome))

    async def answer_batch(body: bytes, _: str) -> bytes:
        request = parse(body, BatchRequest)
        outcome = await labeller.classify_batch(
            request.texts, request.model, request.version, _narrowing(request)
        )
        return msgspec.json.encode(BatchAnswer.of(outcome))

    # The gateway answers both by itself; behind a root path they come here.
    @router.post(CLASSIFY, **describe("Label one text", ClassifyAnswer, takes=ClassifyRequest))
    async def classify(request: Request) -> Response:
        """Label one text."""
        return Response(await answer(await json_body(request), _id(request)), media_type="application/json")

    @router.post(BATCH, **describe("Label several texts", BatchAnswer, takes=BatchRequest))
    async def classify_batch(request: Request) -> Response:
        """Label several texts; one that cannot be labelled is an error in its place."""
        return Response(
            await answer_batch(await json_body(request), _id(request)), media_type="application/json"
        )

    area = Area(prefix=CLASSIFY, only_labels=book is None)
    return RouteGroup(router, areas=(area,), direct={CLASSIFY: answer, BATCH: answer_batch})


def _id(request: Request) -> str:
    """The id that the gateway gave the request."""
    request_id: str = request.scope["textcnn.request_id"]
    return request_id


def _narrowing(request: ClassifyRequest | BatchRequest) -> Narrowing | None:
    if request.top_k is None and request.threshold is None:
        return None
    return Narrowing(request.top_k, request.threshold)
