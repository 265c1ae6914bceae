"""Whether the process lives (`/health`) and whether it can serve (`/ready`), for load balancers and containers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import Route

from app.errors import DmiError
from app.fhir import json
from app.web.failures import outcome_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from app.store.repository import Repository
    from app.usage.audit_trail import AuditTrail


def health_routes(store: Repository, audit: AuditTrail | None = None) -> list[BaseRoute]:
    """GET /health: 200 while the process answers; GET /ready: 200 when the store answers too, and the audit trail is
    kept where every answer waits for it, else 503 and why."""

    async def health(_request: Request) -> Response:
        return _json({"status": "live"}, 200)

    async def ready(request: Request) -> Response:
        try:
            await store.ready()
            if audit:
                audit.check()
        except DmiError as error:
            return _json({"status": "not ready", "outcome": outcome_of(request, error.issues)}, 503)
        return _json({"status": "ready"}, 200)

    return [Route("/health", health), Route("/ready", ready)]


def _json(value: object, status: int) -> Response:
    return Response(json.encode(value), status, media_type="application/json")
