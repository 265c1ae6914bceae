"""The GraphQL endpoint: Strawberry's ASGI view, made to follow GraphQL over HTTP and to answer errors as FHIR outcomes.

https://graphql.github.io/graphql-over-http/draft/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from cross_web import HTTPException
from graphql import GraphQLError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from strawberry.asgi import GraphQL
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError

from app.errors import DmiError, RequestError, TooLarge, UnsupportedMedia
from app.fhir import json
from app.schema.errors import shown
from app.schema.focus import Focus
from app.web.body import limited
from app.web.graphql_request import graphql_request, malformed
from app.web.negotiation import JSON, accepts_html, preferred_language, preferred_media_type

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from cross_web import AsyncHTTPRequestAdapter
    from starlette.types import Receive, Scope, Send
    from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData
    from strawberry.http.base import BaseRequestProtocol
    from strawberry.schema import BaseSchema
    from strawberry.types import ExecutionResult

    from app.schema.context import Context

_HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
STATUS: Final[Mapping[type[DmiError], int]] = {TooLarge: 413, UnsupportedMedia: 415, RequestError: 400}


_METHODS: Final = RequestError("GraphQL is asked by GET or POST.", "GraphQL s’interroge par GET ou par POST.")
# What Strawberry refuses, by its cause: the refusal, the status, more headers.
_REFUSALS: Final[Mapping[type[object], tuple[RequestError, int, Mapping[str, str]]]] = {
    InvalidOperationTypeError: (
        RequestError("A mutation is sent by POST.", "Une mutation s’envoie par POST."),
        405,
        {"Allow": "POST"},
    ),
    CannotGetOperationTypeError: (
        RequestError(
            "The document has no operation of that name. Name one of its operations in `operationName`.",
            "Le document n’a pas d’opération de ce nom. Nommez l’une de ses opérations dans `operationName`.",
        ),
        400,
        {},
    ),
}


class GraphQLView(GraphQL["Context", Focus]):
    """`context_of(request, language)` makes a request's context; `page(request)`, if any, answers a browser."""

    def __init__(
        self,
        schema: BaseSchema,
        *,
        context_of: Callable[[Request, str], Context],
        max_body: int,
        page: Callable[[Request], Awaitable[Response]] | None = None,
    ) -> None:
        super().__init__(schema, graphql_ide=None, subscription_protocols=())
        self._context_of = context_of
        self._page = page
        self._max_body = max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """An ASGI application for HTTP; its route lets no web socket through."""
        request = Request(scope, limited(receive, scope, self._max_body))
        try:
            response = await self._answer(request)
        except HTTPException as refusal:
            response = _refused(request, *_REFUSALS.get(type(refusal.__cause__), (malformed(), 400, {})))
        except ClientDisconnect:  # nobody is left to answer
            return
        except RequestError as error:
            status = next(code for kind, code in STATUS.items() if isinstance(error, kind))
            response = _refused(request, error, status)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if request.method not in ("GET", "POST"):
            return _refused(request, _METHODS, 405, {"Allow": "GET, POST"})
        if self._page and request.method == "GET" and "query" not in request.query_params and _wants_page(request):
            return await self._page(request)
        return await self.run(request)

    async def get_context(self, request: Any, response: Any) -> Context:
        """The context of a request, in the language its client reads."""
        return self._context_of(request, _language(request))

    async def get_sub_response(self, request: Any) -> Response:
        """Carries what the final response takes over: the media type the client prefers."""
        return Response(media_type=_media_type(request))

    def should_render_graphql_ide(self, request: BaseRequestProtocol) -> bool:
        """Never: `_answer` has seen to browsers."""
        return False

    def encode_json(self, data: object) -> bytes:
        """Decimals keep their digits."""
        return json.encode(data)

    async def parse_http_body(self, request: AsyncHTTPRequestAdapter) -> GraphQLRequestData:
        """The request's document, variables and operation name. Raises RequestError."""
        return await graphql_request(request)

    async def process_result(self, request: Any, result: ExecutionResult) -> GraphQLHTTPResponse:
        """The response's JSON: no `data` where nothing was executed, errors in the form that leaves the server."""
        errors = [shown(error, _language(request)).formatted for error in result.errors or ()]
        refused = result.data is None and all(error.path is None for error in result.errors or ())
        response: dict[str, object] = {} if refused and errors else {"data": result.data}
        if errors:
            response["errors"] = errors
        if result.extensions:
            response["extensions"] = result.extensions
        return cast("GraphQLHTTPResponse", response)

    def create_response(self, response_data: Any, sub_response: Response) -> Response:
        """200, or 400 to a client that knows `application/graphql-response+json` where nothing was executed."""
        media_type = sub_response.media_type or JSON
        status = 400 if "data" not in response_data and media_type != JSON else 200
        return Response(self.encode_json(response_data), status, media_type=media_type, headers=_HEADERS)


def _refused(request: Request, error: RequestError, status: int, headers: Mapping[str, str] | None = None) -> Response:
    answer = shown(GraphQLError(error.en, original_error=error), _language(request)).formatted
    body = json.encode({"errors": [answer]})
    return Response(body, status, media_type=_media_type(request), headers={**_HEADERS, **(headers or {})})


def _language(request: Request) -> str:
    return preferred_language(request.headers.get("accept-language", ""))


def _media_type(request: Request) -> str:
    return preferred_media_type(request.headers.get("accept", ""))


def _wants_page(request: Request) -> bool:
    return accepts_html(request.headers.get("accept", ""))
