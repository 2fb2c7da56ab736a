"""The figures of the service, for Prometheus."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Response

from textcnn.service.http.access import Area, KeyScope
from textcnn.service.http.openapi import SECURITY
from textcnn.service.http.prometheus import CONTENT_TYPE
from textcnn.service.http.route_group import RouteGroup

if TYPE_CHECKING:
    from textcnn.service.http.prometheus import Metrics

_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {"description": "In the text format.", "content": {"text/plain": {"schema": {"type": "string"}}}}
}


def metrics_routes(metrics: Metrics, *, public: bool) -> RouteGroup:
    """`GET /metrics`, for everybody or for keys with `classify`."""
    router = APIRouter()

    @router.get(
        "/metrics",
        summary="Figures for Prometheus",
        response_class=Response,
        responses=_ANSWER,
        openapi_extra={"security": SECURITY},
    )
    async def figures() -> Response:
        """Tell requests, latencies, texts, labels, scores and memory in the text format of Prometheus."""
        return Response(metrics.page(), media_type=CONTENT_TYPE)

    area = Area(prefix="/metrics", needs=None if public else KeyScope.CLASSIFY, any_host=True)
    return RouteGroup(router, areas=(area,))
