"""GET /fhir/metadata: the CapabilityStatement. https://hl7.org/fhir/R4/http.html#capabilities"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.routing import Route

from app.errors import NotAcceptable
from app.fhir import json
from app.web.compression import Compression
from app.web.failures import outcome_response
from app.web.fhir_media import answered_in
from app.web.headers import headers_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.types import Scope

    from app.fhir.resource import Resource
    from app.web.headers import Headers

KEPT: Final = 8  # texts; a server has one address, but a client may invent names for it

_HEADERS: Final = {"Cache-Control": "no-cache", "Vary": "Accept"}


def metadata_route(statement: Callable[[str], Resource], base_of: Callable[[Scope, Headers], str]) -> Route:
    """The route that answers `statement(base)`, for the base address of this server as the request knows it."""

    @lru_cache(maxsize=KEPT)
    def text(base: str) -> bytes:
        return json.encode(statement(base))

    async def metadata(request: Request) -> Response:
        try:
            media_type = answered_in(request.query_params.get("_format"), request.headers.get("accept", ""))
        except NotAcceptable as error:
            return outcome_response(request, error.issues, 406)
        return Response(
            text(base_of(request.scope, headers_of(request.scope))), media_type=media_type, headers=_HEADERS
        )

    return Route("/fhir/metadata", metadata, methods=["GET"], middleware=[Middleware(Compression)])
