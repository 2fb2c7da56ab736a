"""The console: one page for browsers, of files that lie beside each other, without a build step.

The page and its parts are for everybody; what it shows comes from the routes that need a key.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter
from starlette.datastructures import Headers
from starlette.responses import FileResponse
from starlette.routing import Match, Route

from textcnn.service.http.access import Area
from textcnn.service.http.route_group import RouteGroup
from textcnn.service.service_errors import RouteError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import Scope

ASSETS: Final = Path(__file__).parent.parent / "console" / "assets"
PAGE: Final = "index.html"
HEADERS: Final = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",
}
"""Nothing from elsewhere, nothing inline, and no page may frame it."""


def console_routes() -> RouteGroup:
    """`GET /` for browsers, and the files of the page."""
    router = APIRouter()
    files = {path.name: path for path in ASSETS.iterdir() if path.name != PAGE}

    async def page(request: Request) -> Response:  # noqa: ARG001  # starlette passes it
        return FileResponse(ASSETS / PAGE, headers=HEADERS)

    async def asset(request: Request) -> Response:
        path = files.get(request.path_params["name"])
        if path is None:
            raise RouteError("The console has no such file.")
        return FileResponse(path, headers=HEADERS)

    router.routes.append(PeoplesRoute("/", page, methods=["GET"], include_in_schema=False))
    router.routes.append(Route("/console/{name}", asset, methods=["GET"], include_in_schema=False))
    return RouteGroup(router, areas=(Area(prefix="/console", needs=None),))


class PeoplesRoute(Route):
    """A route for browsers alone: clients that do not accept HTML are left to other routes of the path."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match only where the client accepts HTML."""
        accepted = Headers(scope=scope).get("accept", "") if scope["type"] == "http" else ""
        return super().matches(scope) if "text/html" in accepted else (Match.NONE, {})
