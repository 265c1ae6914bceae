"""Nothing leaves the server ahead of the audit trail: an answer waits until what it tells of is kept, and is refused
where that cannot be (DMI_AUDIT=required)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.errors import StoreUnavailable
from app.web.recording import record_of
from app.web.refusal import refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from app.usage.record import Record


class Auditing:
    """ASGI middleware inside of Recording; `keep` returns when what a request did so far is kept."""

    def __init__(self, app: ASGIApp, keep: Callable[[Record], Awaitable[None]]) -> None:
        self._app = app
        self._keep = keep

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        record, refused = record_of(scope), False

        async def kept(message: Message) -> None:
            """Each part of an answer is behind the events of what it tells; a later part that cannot be breaks off."""
            nonlocal refused
            if refused:
                return
            begins = message["type"] == "http.response.start"
            if begins and record.use:
                record.use.status = message["status"]
            try:
                await self._keep(record)
            except StoreUnavailable as error:
                if not begins:
                    raise
                refused = True
                await refusal(scope, error, 503, ((b"retry-after", b"1"),))(scope, receive, send)
                return
            await send(message)

        await self._app(scope, receive, kept)
