"""The answer to a request that met an error nobody expected: logged by place, told without its text."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from starlette.responses import Response

from app.errors import UNEXPECTED, origin
from app.fhir import json
from app.fhir.outcome import operation_outcome
from app.web.negotiation import preferred_language

if TYPE_CHECKING:
    from starlette.requests import Request

LOGGER = logging.getLogger("dmi")


def unexpected(request: Request, error: Exception) -> Response:
    """500 with an OperationOutcome; Starlette's shape of an exception handler."""
    LOGGER.error("unexpected %s, %s %s", origin(error), request.method, request.url.path)
    outcome = operation_outcome([UNEXPECTED], preferred_language(request.headers.get("accept-language", "")))
    return Response(json.encode(outcome), 500, media_type="application/fhir+json")
