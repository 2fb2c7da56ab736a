"""Texts to labels: `/v1/classify` and `/v1/classify/batch`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from fastapi import APIRouter, Request, Response

from service.narrowing import Narrowing
from service.openapi import describe
from service.routes.part import Part, json_response
from service.schemas import BatchAnswer, BatchRequest, ClassifyAnswer, ClassifyRequest, Problem, Result, parse
from textcnn.errors import TextCNNError

if TYPE_CHECKING:
    from service.labeller import Labeller
    from service.outcome import Outcome

CLASSIFY = "/v1/classify"


def labelling_part(labeller: Labeller) -> Part:
    """The routes that label texts."""
    router = APIRouter()

    async def answer(body: bytes) -> bytes:
        asked = parse(body, ClassifyRequest)
        outcome = await labeller.classify(
            asked.text, asked.model, asked.version, _narrowing(asked), evidence=asked.evidence
        )
        return msgspec.json.encode(ClassifyAnswer.of(outcome))

    # The gateway answers this route itself; behind a root path it comes here.
    @router.post(CLASSIFY, **describe("Label one text", ClassifyAnswer, takes=ClassifyRequest))
    async def classify(request: Request) -> Response:
        """Label one text."""
        return Response(await answer(await request.body()), media_type="application/json")

    @router.post("/v1/classify/batch", **describe("Label several texts", BatchAnswer, takes=BatchRequest))
    async def classify_batch(request: Request) -> Response:
        """Label several texts; one that cannot be labelled is an error in its place."""
        asked = parse(await request.body(), BatchRequest)
        model, outcomes = await labeller.classify_batch(
            asked.texts, asked.model, asked.version, _narrowing(asked)
        )
        return json_response(BatchAnswer(model.name, model.version, [_told(each) for each in outcomes]))

    return Part(router, direct={CLASSIFY: answer})


def _narrowing(asked: ClassifyRequest | BatchRequest) -> Narrowing | None:
    if asked.top_k is None and asked.threshold is None:
        return None
    return Narrowing(asked.top_k, asked.threshold)


def _told(outcome: Outcome | TextCNNError) -> Result | Problem:
    return Problem.of(outcome) if isinstance(outcome, TextCNNError) else Result.of(outcome)
