"""A request that is refused as a whole, ahead of any route: as GraphQL tells it where GraphQL is asked, else as FHIR
does. https://hl7.org/fhir/R4/http.html#Status-Codes, https://graphql.github.io/graphql-over-http/draft/"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from graphql import GraphQLError
from starlette.requests import Request

from app.fhir import json
from app.schema.errors import shown
from app.web.answer import Answer, json_answer
from app.web.failures import outcome_of
from app.web.fhir_media import FHIR_JSON
from app.web.headers import headers_of, text_of
from app.web.negotiation import preferred_language, preferred_media_type
from app.web.recording import record_of, use_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphql import GraphQLFormattedError
    from starlette.types import Scope

    from app.errors import DmiError
    from app.web.answer import Field
    from app.web.headers import Headers

_GRAPHQL: Final = ("/graphql", "/$graphql")


def refusal(scope: Scope, error: DmiError, status: int, more: Sequence[Field] = ()) -> Answer:
    """The answer to a request that is not looked at any further."""
    if scope["path"].endswith(_GRAPHQL):
        return refused(scope, headers_of(scope), error, status, more)
    body = json.encode(outcome_of(Request(scope), error.issues))
    return Answer(status, body, ((b"content-type", FHIR_JSON.encode()), *more))


def refused(scope: Scope, headers: Headers, error: DmiError, status: int, more: Sequence[Field] = ()) -> Answer:
    """The same in the form of GraphQL."""
    language = preferred_language(text_of(headers, b"accept-language"))
    refused = told(GraphQLError(error.en, original_error=error), language, record_of(scope).id)
    if use := use_of(scope):
        use.met(error.code, refused["extensions"]["resource"]["issue"])
    media_type = preferred_media_type(text_of(headers, b"accept"))
    return json_answer(status, json.encode({"errors": [refused]}), media_type, more)


def told(error: GraphQLError, language: str, request_id: str) -> GraphQLFormattedError:
    """The error as it leaves the server, with the id of the request."""
    formatted = shown(error, language).formatted
    formatted["extensions"]["requestId"] = request_id
    return formatted
