"""Answers that are kept by the ids of their requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response

from textcnn.service.http.access import KeyScope, require
from textcnn.service.http.openapi import describe, describe_removal
from textcnn.service.http.retraining_schemas import AnswerFacts, AnswerList
from textcnn.service.http.route_group import RouteGroup, json_response

if TYPE_CHECKING:
    from textcnn.service.data_directory import DataDirectory


def answers_routes(data_directory: DataDirectory) -> RouteGroup:
    """The routes of kept answers, which need `admin`: the answers hold what others sent."""
    router = APIRouter(tags=["loop"])

    @router.get("/v1/answers", **describe("List kept answers", AnswerList))
    def answers(request: Request, model: str | None = None) -> Response:
        """List a hundred kept answers, the newest first, or fewer where their texts are long."""
        require(request, KeyScope.ADMIN)
        kept_answers = data_directory.answers.find(model)
        return json_response(AnswerList([AnswerFacts(**answer.to_dict()) for answer in kept_answers]))

    @router.delete("/v1/answers/{answered:path}", **describe_removal("Remove a kept answer", refuses=(422,)))
    def remove(request: Request, answered: str) -> Response:
        """Remove the kept answer to a request, by its id."""
        require(request, KeyScope.ADMIN)
        data_directory.answers.remove(answered)
        return Response(status_code=204)

    return RouteGroup(router)
