"""The outermost layer of a request: it gets its id and its place in a trace, which every answer tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from app.usage.record import CURRENT, Record, begun
from app.usage.trace_context import HEADER as TRACEPARENT

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from app.web.answer import Field

REQUEST_ID: Final = b"x-request-id"
_RECORD: Final = "dmi.record"


class Recording:
    """ASGI middleware: makes the record of each HTTP request, which `record_of` gives."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id, traceparent = _sent(scope)
        record = scope[_RECORD] = begun(request_id, traceparent)
        current = CURRENT.set(record.id)

        async def answered(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *fields_of(record)]
            await send(message)

        try:
            await self._app(scope, receive, answered)
        finally:
            CURRENT.reset(current)


def record_of(scope: Scope) -> Record:
    """The record of a request."""
    return cast("Record", scope[_RECORD])


def fields_of(record: Record) -> tuple[Field, ...]:
    """The header fields by which an answer tells which request it answers."""
    return (REQUEST_ID, record.id.encode()), (TRACEPARENT, record.span.header)


def _sent(scope: Scope) -> tuple[bytes, bytes]:
    """The two headers, b"" for one that is absent or comes twice: nobody knows which is meant."""
    found: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        if name in (REQUEST_ID, TRACEPARENT):
            found[name] = b"" if name in found else value
    return found.get(REQUEST_ID, b""), found.get(TRACEPARENT, b"")
