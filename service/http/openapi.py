"""The OpenAPI document, from the same structs that parse and write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from fastapi import Response
from fastapi.openapi.utils import get_openapi

from textcnn.service.http.schemas import REFERENCE, SCHEMAS, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fastapi import FastAPI

PROBLEMS = {
    401: "No API key, or one that is not known; only where keys are asked for.",
    403: "The API key is for other routes.",
    404: "No such model, or no such route.",
    408: "The request did not arrive whole in time.",
    413: "The body is larger than `GET /v1/info` tells.",
    415: "The charset of the content type is not read.",
    422: "The body is not of the shape that the route takes.",
    429: "Too much work is under way; try again after `Retry-After` seconds.",
    503: "No model is loaded yet; try again after `Retry-After` seconds.",
    504: "The work took longer than a request may.",
}
CONFLICTS = {409: "It does not go with how things stand now."}
ACCESS = (401, 403)
ANY_TYPE = "application/octet-stream"
SECURITY: list[dict[str, list[str]]] = [{}, {"key": []}]
"""Either none, as without keys, or a key."""
SCHEMES = {"key": {"type": "http", "scheme": "bearer", "description": "An API key."}}


def describe(
    summary: str,
    gives: type[msgspec.Struct],
    *,
    takes: type[msgspec.Struct] | None = None,
    refuses: tuple[int, ...] = (),
    public: bool = False,
    status: int = 200,
) -> dict[str, Any]:
    """The arguments that tell FastAPI what a route takes, gives and refuses with.

    A route that takes texts refuses in every way; another one only with the statuses in `refuses`, and for
    want of a key unless it is public. `status` is that of an answer without an error.
    """
    codes = tuple(PROBLEMS) if takes else refuses if public else (*ACCESS, *refuses)
    responses: dict[int, dict[str, Any]] = {status: {"description": summary, "content": _content(gives)}}
    responses |= _refusals(codes)
    arguments: dict[str, Any] = {
        "status_code": status,
        "summary": summary,
        "responses": responses,
        "response_model": None,
    }
    extra: dict[str, Any] = {"security": [] if public else SECURITY}
    if takes:
        extra["requestBody"] = {"required": True, "content": _content(takes)}
    arguments["openapi_extra"] = extra
    return arguments


def describe_removal(summary: str, *, refuses: tuple[int, ...]) -> dict[str, Any]:
    """The same arguments for a route that removes something, and answers without a body."""
    return {
        "summary": summary,
        "status_code": 204,
        "response_class": Response,
        "responses": _refusals((*ACCESS, *refuses)),
        "openapi_extra": {"security": SECURITY},
    }


def describe_bytes(summary: str, media_type: str, *, refuses: tuple[int, ...]) -> dict[str, Any]:
    """The same arguments for a route that answers with something else than JSON."""
    content = {media_type: {"schema": {"type": "string"}}}
    return {
        "summary": summary,
        "response_class": Response,
        "responses": {
            200: {"description": summary, "content": content},
            **_refusals((*ACCESS, *refuses)),
        },
        "openapi_extra": {"security": SECURITY},
    }


def describe_file(
    summary: str, parameters: type[msgspec.Struct], media_types: Iterable[str]
) -> dict[str, Any]:
    """The same arguments for a route that takes and gives a file, and the rest in the query or in a form.

    `media_types` are those of the answers.
    """
    file = {"schema": {"type": "string", "format": "binary"}}
    answers = dict.fromkeys((media_type.partition(";")[0] for media_type in media_types), file)
    responses: dict[int, dict[str, Any]] = {200: {"description": summary, "content": answers}}
    responses |= {code: {"description": PROBLEMS[code], "content": _content(Problem)} for code in PROBLEMS}
    fields = msgspec.json.schema(parameters)["$defs"][parameters.__name__]["properties"]
    form = {"type": "object", "required": ["file"], "properties": {"file": file["schema"], **fields}}
    return {
        "summary": summary,
        "responses": responses,
        "response_model": None,
        "response_class": Response,
        "openapi_extra": {
            "security": SECURITY,
            "parameters": [{"name": name, "in": "query", "schema": each} for name, each in fields.items()],
            "requestBody": {
                "required": True,
                "content": {ANY_TYPE: file, "multipart/form-data": {"schema": form}},
            },
        },
    }


def install(app: FastAPI, schemas: Iterable[type[msgspec.Struct]]) -> None:
    """Make the app serve a document whose schemas are the structs': those of `/v1`, and more."""
    kinds = (*SCHEMAS, *schemas)

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            contents = get_openapi(
                title=app.title, version=app.version, description=app.description, routes=app.routes
            )
            _, components = msgspec.json.schema_components(kinds, ref_template=REFERENCE)
            _settle_paths(contents)
            contents["components"] = {"schemas": components, "securitySchemes": SCHEMES}
            app.openapi_schema = contents
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # as FastAPI documents it


def _settle_paths(document: dict[str, Any]) -> None:
    """Say how names in paths are refused: by 404 where they hold control characters, and never by 422.

    The framework adds that to every path.
    """
    not_found = {str(code): refusal for code, refusal in _refusals([404]).items()}
    for path, operations in document["paths"].items():
        for operation in operations.values():
            responses = operation["responses"]
            if "HTTPValidationError" in str(responses.get("422")):
                del responses["422"]
            if "{" in path:
                operation["responses"] = not_found | responses


def _refusals(codes: Iterable[int]) -> dict[int, dict[str, Any]]:
    """The responses with these error statuses."""
    descriptions = PROBLEMS | CONFLICTS
    return {code: {"description": descriptions[code], "content": _content(Problem)} for code in codes}


def _content(kind: type[msgspec.Struct]) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": REFERENCE.format(name=kind.__name__)}}}
