"""What an HTTP request asks of GraphQL: a JSON body, a document as `application/graphql`, or a query string.

https://graphql.github.io/graphql-over-http/draft/, https://hl7.org/fhir/R4/graphql.html
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from strawberry.http import GraphQLRequestData
from strawberry.http.parse_content_type import parse_content_type

from app.errors import RequestError, UnsupportedMedia
from app.fhir import json
from app.web.negotiation import JSON

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cross_web import AsyncHTTPRequestAdapter

GRAPHQL: Final = "application/graphql"
READ_AT_ONCE: Final = 65_536  # bytes

_SHAPE: Final = {"query": str, "variables": dict | None, "operationName": str | None, "extensions": dict | None}


async def graphql_request(request: AsyncHTTPRequestAdapter) -> GraphQLRequestData:
    """The request's document, variables and operation name. Raises RequestError.

    A document sent as `application/graphql` finds its variables and operation name in the query string."""
    data = await _sent(request) if request.method == "POST" else _parameters(request.query_params)
    if not isinstance(data, dict) or not all(isinstance(data.get(name), kind) for name, kind in _SHAPE.items()):
        raise malformed()
    if not data["query"].strip():
        raise malformed()
    return GraphQLRequestData(
        data["query"], data.get("variables"), data.get("operationName") or None, data.get("extensions")
    )


def malformed() -> RequestError:
    """The refusal of what is no GraphQL request."""
    return RequestError(
        "A request is a JSON object with `query` (text), and maybe `variables` (object), `operationName` (text).",
        "Une requête est un objet JSON : `query` (texte), et au besoin `variables` (objet), `operationName` (texte).",
    )


async def _sent(request: AsyncHTTPRequestAdapter) -> object:
    content_type, parameters = parse_content_type(request.content_type or "")
    media_type, charset = content_type.lower(), parameters.get("charset", "utf-8").lower()
    if media_type not in (JSON, GRAPHQL) or charset not in ("utf-8", "utf8"):
        raise UnsupportedMedia(
            f"Send the request as Content-Type: {JSON} (or a document alone as {GRAPHQL}), in UTF-8.",
            f"Envoyez la requête avec Content-Type: {JSON} (ou un document seul avec {GRAPHQL}), en UTF-8.",
        )
    body = await request.get_body()
    if media_type == GRAPHQL:
        return {**_parameters(request.query_params), "query": _document(body)}
    # A large body is read in a thread, so that it does not keep others waiting.
    return json.decode_strict(body) if len(body) <= READ_AT_ONCE else await asyncio.to_thread(json.decode_strict, body)


def _document(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise RequestError("The document is not UTF-8.", "Le document n’est pas en UTF-8.") from None


def _parameters(query_string: Mapping[str, Any]) -> dict[str, Any]:
    """The request in a query string, where an empty parameter is an absent one."""
    given: dict[str, Any] = {name: value for name, value in query_string.items() if value or name == "query"}
    for name in given.keys() & {"variables", "extensions"}:
        given[name] = json.decode_strict(given[name])
    return given
