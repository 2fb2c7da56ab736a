"""A dialect's routes in the OpenAPI document: they have errors of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.responses import Response

from textcnn.service.http.openapi import PROBLEMS, SECURITY
from textcnn.service.http.schemas import REFERENCE

Kind = Any
"""A struct or a type built of structs, such as a list of them: no annotation covers both."""

Errors = Mapping[int, tuple[Kind, ...]]
"""The bodies that each status may have: JSON of a type, or text of a media type; none where it is empty."""

MORE_PROBLEMS = {
    400: "The body is not what the route takes.",
    415: "The content type is another.",
    424: "The model cannot be used.",
}


def describe_route(
    summary: str,
    gives: Kind,
    errors: Errors,
    *,
    takes: Kind = None,
    needs_body: bool = True,
    public: bool = False,
    headers: tuple[str, ...] = (),
) -> dict[str, Any]:
    """The arguments that tell FastAPI what a route takes, gives and refuses with.

    A route that gives None answers without a body. `headers` are those that every 200 has.
    """
    answer: dict[str, Any] = {"description": summary, **content_of(*([] if gives is None else [gives]))}
    if headers:
        answer["headers"] = {name: {"schema": {"type": "string"}} for name in headers}
    responses: dict[int, dict[str, Any]] = {200: answer}
    for status, kinds in errors.items():
        if not (public and status in (401, 403)):
            responses[status] = {"description": (PROBLEMS | MORE_PROBLEMS)[status], **content_of(*kinds)}
    extra: dict[str, Any] = {"security": [] if public else SECURITY}
    if takes is not None:
        extra["requestBody"] = {"required": needs_body, **content_of(takes)}
    arguments = {"summary": summary, "responses": responses, "response_model": None, "openapi_extra": extra}
    # Otherwise the document would list JSON where there is no body.
    return arguments if gives is not None else {**arguments, "response_class": Response}


def content_of(*kinds: Kind) -> dict[str, Any]:
    """The `content` of a request or an answer, which is any one of these."""
    content: dict[str, Any] = {}
    for kind in kinds:
        if isinstance(kind, str):
            content[kind] = {"schema": {"type": "string"}}
        else:
            ((schema,), _) = msgspec.json.schema_components((kind,), ref_template=REFERENCE)
            content["application/json"] = {"schema": schema}
    return {"content": content} if content else {}
