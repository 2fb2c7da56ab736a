"""Errors as HTTP answers: one table from our tree to status codes, one writer for all of them."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING

import msgspec
from starlette.exceptions import HTTPException
from starlette.responses import Response

from service.schemas import Problem
from textcnn.errors import (
    InputError,
    ModelError,
    ModelNotFoundError,
    NotReadyError,
    OverloadedError,
    RequestError,
    TextCNNError,
    TooLargeError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import FastAPI
    from starlette.requests import Request

log = logging.getLogger(__name__)

STATUS: dict[type[TextCNNError], HTTPStatus] = {
    TextCNNError: HTTPStatus.INTERNAL_SERVER_ERROR,
    InputError: HTTPStatus.UNPROCESSABLE_ENTITY,
    RequestError: HTTPStatus.UNPROCESSABLE_ENTITY,
    TooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    ModelError: HTTPStatus.INTERNAL_SERVER_ERROR,
    ModelNotFoundError: HTTPStatus.NOT_FOUND,
    OverloadedError: HTTPStatus.TOO_MANY_REQUESTS,
    NotReadyError: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""An error without an entry has the status of the nearest class above it."""

RETRY_AFTER_SECONDS = "1"


def status_of(error: TextCNNError) -> HTTPStatus:
    """The status code of an error."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def problem_response(error: TextCNNError) -> Response:
    """The answer to a request that met this error."""
    status = status_of(error)
    busy = status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
    return _response(Problem.of(error), status, {"retry-after": RETRY_AFTER_SECONDS} if busy else None)


def install(app: FastAPI) -> None:
    """Answer every error, ours or not, in the one shape."""

    @app.exception_handler(TextCNNError)
    async def ours(request: Request, error: TextCNNError) -> Response:  # noqa: ARG001
        return problem_response(error)

    @app.exception_handler(HTTPException)
    async def of_the_framework(request: Request, error: HTTPException) -> Response:
        status = HTTPStatus(error.status_code)
        sentence = f"{request.method} {request.url.path}: {status.phrase.lower()}. /docs lists what there is."
        return _response(Problem(sentence, status.name.lower()), status, error.headers)

    @app.exception_handler(Exception)
    async def a_bug(request: Request, error: Exception) -> Response:
        log.error("unexpected error in %s %s", request.method, request.url.path, exc_info=error)
        problem = Problem("Something went wrong inside the service; its log tells more.", "internal_error")
        return _response(problem, HTTPStatus.INTERNAL_SERVER_ERROR)


def _response(problem: Problem, status: HTTPStatus, headers: Mapping[str, str] | None = None) -> Response:
    return Response(
        msgspec.json.encode(problem), status, headers=dict(headers or {}), media_type="application/json"
    )
