"""What an HTTP request asks of GraphQL: a JSON body, a document as `application/graphql`, or a query string.

A request may name a published document by its identifier instead of sending it.
https://graphql.github.io/graphql-over-http/draft/, https://hl7.org/fhir/R4/graphql.html
"""

from __future__ import annotations

import asyncio
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct
from starlette.datastructures import QueryParams

from app.errors import RequestError, UnsupportedMedia
from app.fhir import json
from app.web.negotiation import JSON, KEPT, media_type_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.fhir.resource import Json
    from app.web.documents import Documents

GRAPHQL: Final = "application/graphql"
READ_AT_ONCE: Final = 65_536  # bytes

_KINDS: Final[Mapping[str, type]] = {
    "query": str,
    "documentId": str,
    "variables": dict,
    "operationName": str,
    "extensions": dict,
}


class GraphQLRequest(Struct, frozen=True):
    """A document, its variables, the operation to run and the request's extensions; `published` where the request named
    the document."""

    query: str
    variables: dict[str, Json] | None
    operation_name: str | None
    published: bool
    extensions: dict[str, Json] | None


def asked_by_get(query_string: bytes, documents: Documents) -> GraphQLRequest:
    """The request in a query string. Raises RequestError, UntrustedDocument."""
    return _request(_parameters(query_string), documents)


async def asked_by_post(media_type: str, query_string: bytes, body: bytes, documents: Documents) -> GraphQLRequest:
    """The request in a body. Raises RequestError, UntrustedDocument.

    A document sent as `application/graphql` finds its variables and operation name in the query string."""
    if media_type == GRAPHQL:
        return _request({**_parameters(query_string), "query": _document(body)}, documents)
    # A large body is read in a thread, so that it does not keep others waiting.
    large = len(body) > READ_AT_ONCE
    return _request(await asyncio.to_thread(json.decode_strict, body) if large else json.decode_strict(body), documents)


def asked_by_message(payload: Mapping[str, Json], documents: Documents) -> GraphQLRequest:
    """The request in a message of a web socket. Raises RequestError, UntrustedDocument."""
    return _request(dict(payload), documents)


@lru_cache(maxsize=KEPT)
def media_type_of(content_type: str) -> str:
    """The media type of a body that can be read here. Raises UnsupportedMedia."""
    media_type = media_type_in(content_type, (JSON, GRAPHQL))
    if media_type is None:
        raise UnsupportedMedia(
            f"Send the request as Content-Type: {JSON} (or a document alone as {GRAPHQL}), in UTF-8.",
            f"Envoyez la requête avec Content-Type: {JSON} (ou un document seul avec {GRAPHQL}), en UTF-8.",
        )
    return media_type


def _request(data: Json, documents: Documents) -> GraphQLRequest:
    if isinstance(data, list):
        raise _batch()
    if not isinstance(data, dict) or not _well_formed(data):
        raise _malformed()
    query, identifier = data.get("query"), data.get("documentId")
    if identifier is not None:
        if query is not None:
            raise _malformed()
        query = documents.named(identifier)
    elif not query or query.isspace():
        raise _malformed()
    else:
        documents.check(query)
    operation_name, extensions = data.get("operationName") or None, data.get("extensions")
    return GraphQLRequest(query, data.get("variables"), operation_name, identifier is not None, extensions)


def _well_formed(data: dict[str, Json]) -> bool:
    """Whether each parameter has its type; null is an absent one."""
    for name, value in data.items():
        kind = _KINDS.get(name)
        if kind and value is not None and not isinstance(value, kind):
            return False
    return True


def _document(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise RequestError("The document is not UTF-8.", "Le document n’est pas en UTF-8.") from None


def _parameters(query_string: bytes) -> dict[str, Any]:
    """The request in a query string, where an empty parameter is an absent one."""
    given: dict[str, Any] = {name: value for name, value in QueryParams(query_string).items() if value}
    for name in given.keys() & {"variables", "extensions"}:
        given[name] = json.decode_strict(given[name])
    return given


def _malformed() -> RequestError:
    return RequestError(
        "A request is a JSON object with either `query` (text) or `documentId` (text), and maybe `variables` (object), "
        "`operationName` (text).",
        "Une requête est un objet JSON : soit `query` (texte), soit `documentId` (texte), et au besoin `variables` "
        "(objet), `operationName` (texte).",
    )


def _batch() -> RequestError:
    return RequestError(
        "An array of requests is not taken. Send them one by one, or as several root fields of one document.",
        "Un tableau de requêtes n’est pas accepté. Envoyez-les une à une, ou comme plusieurs champs racines d’un même "
        "document.",
        rule="batch",
    )
