"""Where clients get tokens: /.well-known/smart-configuration, and the same in the CapabilityStatement.

https://hl7.org/fhir/smart-app-launch/conformance.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response
from starlette.routing import Route

from app.errors import MalformedJson, SettingsError
from app.fhir import json
from app.web.authentication.source import Unreadable, is_address, read_source

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from app.fhir.resource import Resource
    from app.settings import TokenSettings

PATHS: Final = ("/.well-known/smart-configuration", "/fhir/.well-known/smart-configuration")

SCOPES: Final = ("system/*.cruds", "user/*.cruds", "patient/*.cruds", "system/*.*", "user/*.*", "patient/*.*")
CAPABILITIES: Final = ("permission-patient", "permission-user", "permission-v1", "permission-v2")
"""What this server itself does with a token; all else is the issuer's."""

_SERVICE: Final = "http://terminology.hl7.org/CodeSystem/restful-security-service"
_ENDPOINTS: Final = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"
_NAMES: Final = {"authorize": "authorization_endpoint", "token": "token_endpoint"}
_HEADERS: Final = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}


def smart_configuration(tokens: TokenSettings) -> dict[str, Any]:
    """The document: what the file of the settings tells of the issuer, and what this server adds. Raises
    SettingsError."""
    offered = _offered(tokens) if tokens.smart else {}
    own = {"issuer": tokens.issuer, **({"jwks_uri": tokens.keys} if is_address(tokens.keys) else {})}
    return {
        **own,
        **offered,
        "scopes_supported": _together(offered, "scopes_supported", SCOPES),
        "capabilities": _together(offered, "capabilities", CAPABILITIES),
    }


def smart_routes(document: Mapping[str, Any]) -> list[BaseRoute]:
    """GET of the document, below this server's address and below that of its FHIR resources."""
    body = json.encode(document)

    async def configuration(_request: Request) -> Response:
        return Response(body, media_type="application/json", headers=_HEADERS)

    return [Route(path, configuration, methods=["GET"]) for path in PATHS]


def security(document: Mapping[str, Any]) -> Resource:
    """`CapabilityStatement.rest.security` of a server that asks for tokens."""
    found = [{"url": name, "valueUri": document[key]} for name, key in _NAMES.items() if key in document]
    return {
        **({"extension": [{"url": _ENDPOINTS, "extension": found}]} if found else {}),
        "service": [{"coding": [{"system": _SERVICE, "code": "SMART-on-FHIR"}]}],
        "description": "Access tokens (JWT) with SMART scopes; see /.well-known/smart-configuration.",
    }


def _offered(tokens: TokenSettings) -> dict[str, Any]:
    try:
        offered = json.decode(read_source(tokens.smart))
    except (OSError, Unreadable, MalformedJson) as error:
        raise SettingsError(
            f"The file that DMI_SMART_CONFIGURATION names cannot be read: {error}.",
            f"Le fichier que nomme DMI_SMART_CONFIGURATION ne peut pas être lu : {error}.",
        ) from None
    if not isinstance(offered, dict) or offered.get("issuer", tokens.issuer) != tokens.issuer:
        raise SettingsError(
            "The file that DMI_SMART_CONFIGURATION names must be a JSON object, of the issuer in DMI_JWT_ISSUER.",
            "Le fichier que nomme DMI_SMART_CONFIGURATION doit être un objet JSON, de l’émetteur de DMI_JWT_ISSUER.",
        )
    return offered


def _together(offered: Mapping[str, Any], name: str, own: tuple[str, ...]) -> list[str]:
    listed = offered.get(name)
    return list(dict.fromkeys((*(listed if isinstance(listed, list) else ()), *own)))
