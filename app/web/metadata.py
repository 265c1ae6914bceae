"""GET /fhir/metadata: the CapabilityStatement. https://hl7.org/fhir/R4/http.html#capabilities"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from starlette.responses import Response
from starlette.routing import Route

from app.errors import UnsupportedMedia
from app.fhir import json
from app.web.failures import outcome_response
from app.web.negotiation import preferred_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from app.fhir.resource import Resource

MEDIA_TYPES: Final = ("application/fhir+json", "application/json")
SHORT: Final = {"json": MEDIA_TYPES[0], **{media_type: media_type for media_type in MEDIA_TYPES}}
"""What `_format` may say, and the media type it stands for."""

KEPT: Final = 8  # texts; a server has one address, but a client may invent names for it

_HEADERS: Final = {"Cache-Control": "no-cache", "Vary": "Accept", "X-Content-Type-Options": "nosniff"}
_REFUSAL: Final = UnsupportedMedia(
    f"The statement is written in {MEDIA_TYPES[0]} or {MEDIA_TYPES[1]} only. Accept one of them.",
    f"La déclaration n’est écrite qu’en {MEDIA_TYPES[0]} ou {MEDIA_TYPES[1]}. Acceptez l’un d’eux.",
)


def metadata_route(statement: Callable[[str], Resource], base_of: Callable[[Request], str]) -> Route:
    """The route that answers `statement(base)`, for the base address of this server as the request knows it."""

    @lru_cache(maxsize=KEPT)
    def text(base: str) -> bytes:
        return json.encode(statement(base))

    async def metadata(request: Request) -> Response:
        media_type = _media_type(request)
        if media_type is None:
            return outcome_response(request, _REFUSAL.issues, 406)
        return Response(text(base_of(request)), media_type=media_type, headers=_HEADERS)

    return Route("/fhir/metadata", metadata, methods=["GET"])


def _media_type(request: Request) -> str | None:
    """What `_format` asks for, which overrides the header Accept; None for anything that is not written here."""
    if asked := request.query_params.get("_format"):
        # In a query string a plus sign stands for a blank, and is often sent as it is.
        return SHORT.get(asked.partition(";")[0].strip().lower().replace(" ", "+"))
    return preferred_of(MEDIA_TYPES, request.headers.get("accept", "*/*"))
