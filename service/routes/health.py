"""Health checks: the process lives, and is ready."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Response

from textcnn.service.http.access import Area
from textcnn.service.http.openapi import describe
from textcnn.service.http.route_group import RouteGroup, json_response
from textcnn.service.http.schemas import Status
from textcnn.service.process.restarts import troubled_worker
from textcnn.service.service_errors import NotReadyError

if TYPE_CHECKING:
    from textcnn.service.http.in_flight import InFlight
    from textcnn.service.loaded.registry import Registry
    from textcnn.service.process.supervision import Supervision


def health_routes(registry: Registry, in_flight: InFlight, supervision: Supervision) -> RouteGroup:
    """The health checks, for everybody."""
    router = APIRouter()

    @router.get("/livez", **describe("Whether the process lives", Status, public=True))
    async def livez() -> Response:
        """Tell that the process lives."""
        return json_response(Status("live"))

    @router.get(
        "/readyz", **describe("Whether requests should be sent here", Status, refuses=(503,), public=True)
    )
    async def readyz() -> Response:
        """Tell whether models are loaded and the process is not about to end; 503 when not."""
        if in_flight.draining:
            raise NotReadyError("The service is stopping. Ask another one.")
        if not registry.ready:
            raise NotReadyError("No model is loaded yet. Try again in a moment.")
        return json_response(Status("ready", [*supervision.troubled(), *troubled_worker()]))

    return RouteGroup(
        router, areas=tuple(Area(prefix=path, needs=None, any_host=True) for path in ("/livez", "/readyz"))
    )
