"""Errors as HTTP answers: one table from our tree to status codes, and our own way to write them."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final, NoReturn

from starlette.exceptions import HTTPException
from starlette.responses import Response

from textcnn.errors import InputError, ModelError, ModelNotFoundError, TextCNNError, TooLargeError
from textcnn.service.http.schemas import Problem, encode
from textcnn.service.service_errors import (
    AccessError,
    ConflictError,
    FaultError,
    HeadError,
    HostError,
    JobNotFoundError,
    KeyMissingError,
    MediaTypeError,
    MethodError,
    NotReadyError,
    OverloadedError,
    RequestError,
    RouteError,
    SlowRequestError,
    StorageError,
    TimeLimitError,
    as_disk_error,
)

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request

STATUS: Final[dict[type[TextCNNError], HTTPStatus]] = {
    TextCNNError: HTTPStatus.INTERNAL_SERVER_ERROR,
    InputError: HTTPStatus.UNPROCESSABLE_ENTITY,
    RequestError: HTTPStatus.UNPROCESSABLE_ENTITY,
    MediaTypeError: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    RouteError: HTTPStatus.NOT_FOUND,
    MethodError: HTTPStatus.METHOD_NOT_ALLOWED,
    TooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    SlowRequestError: HTTPStatus.REQUEST_TIMEOUT,
    HeadError: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    ConflictError: HTTPStatus.CONFLICT,
    ModelError: HTTPStatus.INTERNAL_SERVER_ERROR,
    ModelNotFoundError: HTTPStatus.NOT_FOUND,
    JobNotFoundError: HTTPStatus.NOT_FOUND,
    KeyMissingError: HTTPStatus.UNAUTHORIZED,
    AccessError: HTTPStatus.FORBIDDEN,
    HostError: HTTPStatus.MISDIRECTED_REQUEST,
    OverloadedError: HTTPStatus.TOO_MANY_REQUESTS,
    TimeLimitError: HTTPStatus.GATEWAY_TIMEOUT,
    NotReadyError: HTTPStatus.SERVICE_UNAVAILABLE,
    StorageError: HTTPStatus.SERVICE_UNAVAILABLE,
    FaultError: HTTPStatus.INTERNAL_SERVER_ERROR,
}
"""An error without an entry has the status of the nearest class above it."""

RETRY_AFTER_SECONDS: Final = b"1"
CLOSE: Final = (b"connection", b"close")
_HEADERS: Final[dict[type[TextCNNError], list[tuple[bytes, bytes]]]] = {
    OverloadedError: [(b"retry-after", RETRY_AFTER_SECONDS)],
    NotReadyError: [(b"retry-after", RETRY_AFTER_SECONDS)],
    StorageError: [(b"retry-after", RETRY_AFTER_SECONDS)],
    KeyMissingError: [(b"www-authenticate", b'Bearer realm="textcnn"')],
    # The rest of the body is not wanted, so the connection has no further use.
    TooLargeError: [CLOSE],
    SlowRequestError: [CLOSE],
    HeadError: [CLOSE],
}


def status_of(error: TextCNNError) -> HTTPStatus:
    """The status code of an error."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def headers_of(error: TextCNNError) -> list[tuple[bytes, bytes]]:
    """The headers that go with an error, whatever the shape of its body."""
    if isinstance(error, MethodError):
        return [(b"allow", error.allowed.encode())]
    return next((_HEADERS[kind] for kind in type(error).__mro__ if kind in _HEADERS), [])


def problem_response(error: TextCNNError) -> Response:
    """The response for an error, in our own shape."""
    return Response(encode(Problem.of(error)), status_of(error), media_type="application/json")


def unexpected(error: Exception) -> TextCNNError:
    """The answer to an error that nobody expected: the disk's, or else a fault of ours."""
    return as_disk_error(error) or FaultError("Something went wrong inside the service; its log tells more.")


def install(app: FastAPI) -> None:
    """Make the framework's errors ours. The gateway answers them, as it does all others."""

    @app.exception_handler(HTTPException)
    async def of_the_framework(request: Request, error: HTTPException) -> NoReturn:  # noqa: ARG001
        raise _in_our_tree(error) from error

    @app.exception_handler(Exception)
    async def a_bug(request: Request, error: Exception) -> NoReturn:  # noqa: ARG001
        raise error


def _in_our_tree(error: HTTPException) -> TextCNNError:
    """The framework's error as one of ours, by its status; its sentence may repeat what was sent."""
    if error.status_code == HTTPStatus.NOT_FOUND:
        return RouteError("There is no such route; /openapi.json lists what there is.")
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = (error.headers or {}).get("Allow", "")
        return MethodError(f"The route takes {allowed}; /openapi.json lists what there is.", allowed)
    if error.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
        return RequestError("The request cannot be read; /openapi.json tells what is expected.")
    return FaultError("Something went wrong inside the service; its log tells more.")
