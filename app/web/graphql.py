"""The GraphQL endpoint: GraphQL over HTTP, with errors as FHIR outcomes.

https://graphql.github.io/graphql-over-http/draft/
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct
from starlette.requests import ClientDisconnect, Request
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.graphql import OperationType

from app.errors import (
    AnswerTooLarge,
    DmiError,
    InProgress,
    KeyReused,
    NotExplained,
    OutOfTime,
    RequestError,
    StoreUnavailable,
    TooLarge,
    UnsupportedMedia,
    UntrustedDocument,
)
from app.fhir import json
from app.intake.identity import random_id
from app.schema.focus import unfocused
from app.usage.course import Course
from app.web.answer import json_answer
from app.web.authentication.middleware import principal_in
from app.web.body import read_body
from app.web.compression import LEAST, Compression
from app.web.encoding import emptied, encoded
from app.web.explaining import ASKED as EXPLAIN
from app.web.explaining import explanation, wants
from app.web.graphql_request import asked_by_get, asked_by_post, media_type_of
from app.web.headers import headers_of, text_of
from app.web.negotiation import JSON, preferred_language, preferred_media_type
from app.web.page import wants_page
from app.web.recording import mark, record_of
from app.web.refusal import refused, told
from app.web.repeats import HEADER, REPLAYED
from app.web.revalidation import revalidated

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

    from starlette.responses import Response
    from starlette.types import Receive, Scope, Send
    from strawberry.types import ExecutionResult

    from app.fhir.resource import Json
    from app.intake.identity import NewId
    from app.schema.build import DmiSchema
    from app.schema.context import Context
    from app.schema.focus import Focus
    from app.store.repository import Repository
    from app.usage.use import Use
    from app.web.answer import Answer, Field
    from app.web.documents import Documents
    from app.web.graphql_request import GraphQLRequest
    from app.web.headers import Headers
    from app.web.repeats import Repeats

STATUS: Final[Mapping[type[DmiError], int]] = {
    TooLarge: 413,
    UnsupportedMedia: 415,
    RequestError: 400,
    UntrustedDocument: 403,
    NotExplained: 403,
    InProgress: 409,
    KeyReused: 422,
    OutOfTime: 503,
    StoreUnavailable: 503,
}
_TOLD: Final = tuple(STATUS)
GRAPHQL: Final = "graphql"

_BY_GET: Final = (OperationType.QUERY,)
_BY_POST: Final = (OperationType.QUERY, OperationType.MUTATION)

_METHODS: Final = RequestError("GraphQL is asked by GET or POST.", "GraphQL s’interroge par GET ou par POST.")
NOT_NAMED: Final = RequestError(
    "The document has no operation of that name. Name one of its operations in `operationName`.",
    "Le document n’a pas d’opération de ce nom. Nommez l’une de ses opérations dans `operationName`.",
)
_BY_SOCKET: Final = RequestError(
    "A subscription is asked for over a web socket (graphql-transport-ws) at /graphql.",
    "Un abonnement se demande par un web socket (graphql-transport-ws) à l’adresse /graphql.",
)
_REFUSALS: Final[Mapping[OperationType, tuple[RequestError, int, Sequence[Field]]]] = {
    OperationType.MUTATION: (
        RequestError("A mutation is sent by POST.", "Une mutation s’envoie par POST."),
        405,
        ((b"allow", b"POST"),),
    ),
    OperationType.SUBSCRIPTION: (_BY_SOCKET, 400, ()),
}
"""Operations that are not executed: the refusal, the status, more headers."""


@dataclass(frozen=True, slots=True)
class Wiring:
    """What the GraphQL endpoints of a server share.

    `context_of(scope, headers, language, new_id, course)` makes a request's context; `documents` are those that may be
    run; `max_body` and `max_answer` count bytes; `store` explains what it does for a request, if that is told at all:
    `explains`."""

    schema: DmiSchema
    context_of: Callable[[Scope, Headers, str, NewId, Course | None], Context]
    repeats: Repeats
    documents: Documents
    max_body: int
    max_answer: int
    store: Repository
    explains: bool


class Executed(Struct, frozen=True, eq=False):
    """A GraphQL response, in the form that leaves the server: no `data` where nothing was executed. `to_empty` are its
    long lists, which nobody else has: they are emptied once it is written."""

    content: dict[str, Json]
    to_empty: Sequence[list[Any]] = ()


class GraphQLView:
    """An ASGI application for HTTP; its route lets no web socket through.

    `page(request)`, if any, answers a browser; `focus_of(scope)`, if any, tells where documents begin."""

    def __init__(
        self,
        wiring: Wiring,
        *,
        page: Callable[[Request], Awaitable[Response]] | None = None,
        focus_of: Callable[[Scope], Focus] | None = None,
    ) -> None:
        self._wiring = wiring
        self._page = page
        self._focus_of = focus_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it. Raises NotFound where nothing is at the focus."""
        headers = headers_of(scope)
        if self._page and wants_page(scope):
            page = await self._page(Request(scope))
            return await page(scope, receive, send)
        try:
            answer = await self._answer(scope, headers, receive)
            mark(record_of(scope), "encode")
        except ClientDisconnect:  # nobody is left to answer
            return None
        except InvalidOperationTypeError as refusal:
            answer = refused(scope, headers, *_REFUSALS[refusal.operation_type])
        except CannotGetOperationTypeError:
            answer = refused(scope, headers, NOT_NAMED, 400)
        except _TOLD as error:
            answer = refused(scope, headers, error, next(STATUS[kind] for kind in STATUS if isinstance(error, kind)))
        sent = answer if len(answer.body) < LEAST else Compression(answer)
        return await sent(scope, receive, send)

    def _answer(self, scope: Scope, headers: Headers, receive: Receive) -> Awaitable[Answer | Response]:
        if use := record_of(scope).use:
            use.interaction = GRAPHQL  # until it is known what is asked
        focus = self._focus_of(scope) if self._focus_of else None
        if scope["method"] == "POST":
            return self._posted(scope, headers, receive, focus)
        return self._got(scope, headers, focus)

    async def _got(self, scope: Scope, headers: Headers, focus: Focus | None) -> Answer | Response:
        if scope["method"] != "GET":
            return refused(scope, headers, _METHODS, 405, [(b"allow", b"GET, POST")])
        asked = asked_by_get(scope["query_string"], self._wiring.documents)
        executed = await self._executed(scope, headers, asked, _BY_GET, focus)
        answer = await self._told(scope, headers, executed)
        if asked.published and "errors" not in executed.content:
            return revalidated(answer, _media_type(headers), headers)
        return answer

    async def _posted(self, scope: Scope, headers: Headers, receive: Receive, focus: Focus | None) -> Answer:
        media_type = media_type_of(text_of(headers, b"content-type"))
        body = await read_body(headers, receive, self._wiring.max_body)
        asked = await asked_by_post(media_type, scope["query_string"], body, self._wiring.documents)
        # At a focus there are only queries.
        if HEADER not in headers or focus or not self._wiring.schema.mutates(asked.query, asked.operation_name):
            return await self._told(scope, headers, await self._executed(scope, headers, asked, _BY_POST, focus))
        request = (scope["path"].encode(), scope["query_string"], media_type.encode(), body)

        async def execute(new_id: NewId) -> dict[str, Json]:
            return (await self._executed(scope, headers, asked, _BY_POST, focus, new_id)).content

        content, first = await self._wiring.repeats.told(principal_in(scope), headers, request, execute)
        if (use := record_of(scope).use) and not first:
            self._note(use, asked, focus)
        return await self._told(scope, headers, Executed(content), () if first else REPLAYED)

    async def _told(self, scope: Scope, headers: Headers, executed: Executed, more: Sequence[Field] = ()) -> Answer:
        """200, or 400 to a client that knows `application/graphql-response+json` where nothing was executed."""
        media_type = _media_type(headers)
        if executed.to_empty:
            body = await encoded(executed.content)
            await emptied(executed.to_empty)
        else:
            body = json.encode(executed.content)
        if len(body) > self._wiring.max_answer:
            return refused(scope, headers, AnswerTooLarge(self._wiring.max_answer), 200 if media_type == JSON else 400)
        status = 400 if "data" not in executed.content and media_type != JSON else 200
        return json_answer(status, body, media_type, more)

    async def _executed(  # noqa: PLR0913, PLR0917 - the parts of a request, and what it needs
        self,
        scope: Scope,
        headers: Headers,
        asked: GraphQLRequest,
        allowed: Collection[OperationType],
        focus: Focus | None,
        new_id: NewId = random_id,
    ) -> Executed:
        language, record = _language(headers), record_of(scope)
        use = record.use
        is_explained = wants(asked.extensions, principal_in(scope), given=self._wiring.explains)
        mark(record, "read")
        course = use.course if use and use.course else Course() if is_explained else None
        context = self._wiring.context_of(scope, headers, language, new_id, course)
        result = await self._wiring.schema.execute(
            asked.query,
            variable_values=asked.variables,
            context_value=context,
            root_value=focus,
            operation_name=asked.operation_name,
            allowed_operation_types=allowed,
            operation_extensions=asked.extensions,
        )
        if course and is_explained:
            told = await explanation(course, self._wiring.store)
            result.extensions = {**(result.extensions or {}), EXPLAIN: told}
        content = _content(result, language, record.id)
        if use:
            self._note(use, asked, focus)
            use.cost = context.cost
            use.executed = "data" in content
            for error in content.get("errors", ()):
                use.met(error["extensions"]["code"], error["extensions"]["resource"]["issue"])
        await context.let_go()
        return Executed(unfocused(content, focus) if focus else content, context.to_empty)

    def _note(self, use: Use, asked: GraphQLRequest, focus: Focus | None) -> None:
        kind, name = self._wiring.schema.named(asked.query, asked.operation_name, focus)
        use.asks(kind or GRAPHQL, name, asked.query)
        use.target = f"{focus.type}/{focus.id}" if focus else ""


def _content(result: ExecutionResult, language: str, request_id: str) -> dict[str, Json]:
    if not result.errors and not result.extensions:
        return {"data": result.data}
    errors = [told(error, language, request_id) for error in result.errors or ()]
    refused = errors and result.data is None and all("path" not in error for error in errors)
    content: dict[str, Json] = {} if refused else {"data": result.data}
    if errors:
        content["errors"] = errors
    if result.extensions:
        content["extensions"] = result.extensions
    return content


def _language(headers: Headers) -> str:
    return preferred_language(text_of(headers, b"accept-language"))


def _media_type(headers: Headers) -> str:
    return preferred_media_type(text_of(headers, b"accept"))
