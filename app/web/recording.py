"""The outermost layer of a request: it gets its id and its place in a trace, which every answer tells, beside what must
not be done with it."""

from __future__ import annotations

from time import perf_counter_ns
from typing import TYPE_CHECKING, Final

from app.usage.record import CURRENT, Record, begun
from app.usage.trace_context import HEADER as TRACEPARENT
from app.web.headers import headers_of
from app.web.security import secured

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from app.usage.use import Use
    from app.web.answer import Field

REQUEST_ID: Final = b"x-request-id"
_RECORD: Final = "dmi.record"


class Recording:
    """ASGI middleware: makes the record of each connection, of HTTP or a web socket, which `record_of` gives.

    `unexpected(scope, error)` is the answer to what no other layer has answered. `use_of`, if any, makes what is noted
    of a request's use, and each of `told` is called with the record when the request has ended. Traces that begin here
    are kept if `sampled`."""

    def __init__(
        self,
        app: ASGIApp,
        unexpected: Callable[[Scope, Exception], ASGIApp],
        use_of: Callable[[], Use] | None = None,
        told: Sequence[Callable[[Record], None]] = (),
        *,
        sampled: bool = False,
    ) -> None:
        self._app = app
        self._unexpected = unexpected
        self._use_of = use_of
        self._told = told
        self._sampled = sampled

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """As ASGI has it. An unexpected error is answered and raised again, as Starlette does, for the server's log."""
        if scope["type"] == "lifespan":
            return self._app(scope, receive, send)
        headers = headers_of(scope)  # one that is sent twice is not well formed
        given = headers.get(REQUEST_ID, b""), headers.get(TRACEPARENT, b"")
        record = scope[_RECORD] = begun(*given, sampled=self._sampled)
        if self._use_of:
            record.use = self._use_of()
            record.use.client = (scope.get("client") or ("",))[0]
        return (self._socket if scope["type"] == "websocket" else self._request)(scope, receive, send, record)

    async def _request(self, scope: Scope, receive: Receive, send: Send, record: Record) -> None:
        is_answered, use = False, record.use

        async def answered(message: Message) -> None:
            nonlocal is_answered
            if message["type"] == "http.response.start":
                is_answered = True
                message["headers"] = [*secured(message["headers"]), *fields_of(record)]
                if use:
                    use.status = message["status"]
            await send(message)

        current = CURRENT.set(record.id)
        try:
            await self._app(scope, receive, answered)
        except Exception as error:
            if not is_answered:
                await self._unexpected(scope, error)(scope, receive, answered)
            raise
        finally:
            CURRENT.reset(current)
            if use:
                self._tell(record, use)

    async def _socket(self, scope: Scope, receive: Receive, send: Send, record: Record) -> None:
        """One that is let in is told of by what is done over it, which has its own uses; one that is not, here."""
        use = record.use

        async def let_in(message: Message) -> None:
            if message["type"] == "websocket.accept":
                message["headers"] = [*message.get("headers", ()), *fields_of(record)]
                record.use = None
            elif message["type"] == "websocket.http.response.start":
                message["headers"] = [*secured(message["headers"]), *fields_of(record)]
            if record.use:
                record.use.status = message.get("status", 403)  # as a closed handshake is answered
            await send(message)

        current = CURRENT.set(record.id)
        try:
            await self._app(scope, receive, let_in)
        finally:
            CURRENT.reset(current)
        if use and record.use and use.status:
            self._tell(record, use)

    def _tell(self, record: Record, use: Use) -> None:
        use.took = perf_counter_ns() - use.begun
        for told in self._told:
            told(record)


def record_of(scope: Scope) -> Record:
    """The record of a request."""
    record: Record = scope[_RECORD]
    return record


def recorded(scope: Scope, record: Record) -> Scope:
    """The same connection with another record: one thing of several that are done over it."""
    return {**scope, _RECORD: record}


def use_of(scope: Scope) -> Use | None:
    """What is noted of the use that a request makes, if anybody wants to know."""
    record: Record = scope[_RECORD]
    return record.use


def mark(record: Record, step: str) -> None:
    """What was done since the last mark was this step of the request, if anybody wants to know."""
    if record.use and record.use.course:
        record.use.course.mark(step)


def fields_of(record: Record) -> tuple[Field, ...]:
    """The header fields by which an answer tells which request it answers."""
    return (REQUEST_ID, record.id.encode()), (TRACEPARENT, record.span.header)
