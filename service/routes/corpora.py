"""The rows that a model's versions were trained on: listed and removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response

from textcnn.service.http.access import KeyScope, require
from textcnn.service.http.openapi import describe, describe_removal
from textcnn.service.http.retraining_schemas import CorpusFacts, CorpusList
from textcnn.service.http.route_group import RouteGroup, json_response
from textcnn.service.retraining.kept_corpora import Corpora

if TYPE_CHECKING:
    from textcnn.service.data_directory import DataDirectory


def corpora_routes(data_directory: DataDirectory) -> RouteGroup:
    """The routes of kept rows, which need `admin` too."""
    router = APIRouter(tags=["loop"])

    @router.get("/v1/models/{model}/corpora", **describe("List kept rows", CorpusList, refuses=(422,)))
    def corpora(request: Request, model: str) -> Response:
        """List the corpora that versions of a model were trained on, and until when they are kept."""
        require(request, KeyScope.ADMIN)
        kept_corpora = Corpora(data_directory.repository.home(model)).all()
        return json_response(CorpusList([CorpusFacts(**corpus.to_dict()) for corpus in kept_corpora]))

    @router.delete(
        "/v1/models/{model}/corpora/{corpus}", **describe_removal("Remove kept rows", refuses=(422,))
    )
    def remove_corpus(request: Request, model: str, corpus: str) -> Response:
        """Remove the kept rows of a corpus; versions that were trained on it stay."""
        require(request, KeyScope.ADMIN)
        Corpora(data_directory.repository.home(model)).remove(corpus)
        return Response(status_code=204)

    return RouteGroup(router)
