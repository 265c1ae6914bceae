"""GET /metrics: the server's figures, for Prometheus. They hold no patient data and no id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.requests import Request

    from app.usage.metrics import Metrics


def metrics_route(metrics: Metrics) -> Route:
    """The route, which is there only where the settings want figures."""

    async def answer(request: Request) -> Response:
        text, media_type = await metrics.text(request.headers.get("accept", ""))
        return Response(text, headers={"Content-Type": media_type, "Cache-Control": "no-store"})

    return Route("/metrics", answer, methods=["GET"])
