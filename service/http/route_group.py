"""Groups of routes, and what the gateway must know of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.responses import Response

from textcnn.service.http.schemas import encode

if TYPE_CHECKING:
    from collections.abc import Mapping

    import msgspec
    from fastapi import APIRouter

    from textcnn.service.http.access import Area
    from textcnn.service.http.gateway import Direct


@dataclass(frozen=True, slots=True)
class RouteGroup:
    """A router, and what goes with it.

    `areas` are those of its paths; `direct` has the routes that the gateway answers by itself; `schemas` are
    the bodies that the OpenAPI document has beside those of `/v1`.
    """

    router: APIRouter
    areas: tuple[Area, ...] = ()
    direct: Mapping[str, Direct] = field(default_factory=dict)
    schemas: tuple[type[msgspec.Struct], ...] = ()


def json_response(
    body: msgspec.Struct, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """A JSON response from a struct."""
    return Response(encode(body), status, headers=headers, media_type="application/json")
