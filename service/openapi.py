"""The OpenAPI document, from the same structs that parse and write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from fastapi.openapi.utils import get_openapi

from service.schemas import REFERENCE, SCHEMAS, Problem

if TYPE_CHECKING:
    from fastapi import FastAPI

PROBLEMS = {
    404: "No such model, or no such route.",
    413: "The body is larger than `GET /v1/info` tells.",
    422: "The body is not of the shape that the route takes.",
    429: "Too much work is under way; try again after `Retry-After` seconds.",
    503: "No model is loaded yet; try again after `Retry-After` seconds.",
}


def describe(
    summary: str,
    gives: type[msgspec.Struct],
    *,
    takes: type[msgspec.Struct] | None = None,
    refuses: tuple[int, ...] = (),
) -> dict[str, Any]:
    """The arguments that tell FastAPI what a route takes, gives and refuses with.

    A route that takes texts refuses in every way; another one only with the statuses in `refuses`.
    """
    codes = tuple(PROBLEMS) if takes else refuses
    responses: dict[int, dict[str, Any]] = {200: {"description": summary, "content": _content(gives)}}
    responses |= {code: {"description": PROBLEMS[code], "content": _content(Problem)} for code in codes}
    values: dict[str, Any] = {"summary": summary, "responses": responses, "response_model": None}
    if takes:
        values["openapi_extra"] = {"requestBody": {"required": True, "content": _content(takes)}}
    return values


def install(app: FastAPI) -> None:
    """Make the app serve a document whose schemas are the structs'."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            made = get_openapi(
                title=app.title, version=app.version, description=app.description, routes=app.routes
            )
            _, schemas = msgspec.json.schema_components(SCHEMAS, ref_template=REFERENCE)
            made.setdefault("components", {})["schemas"] = schemas
            app.openapi_schema = made
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # as FastAPI documents it


def _content(kind: type[msgspec.Struct]) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": REFERENCE.format(name=kind.__name__)}}}
