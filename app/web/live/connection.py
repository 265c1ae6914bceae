"""One web socket: what its client may say, and when.

https://github.com/graphql/graphql-over-http/blob/main/rfcs/GraphQLOverWebSocket.md"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from time import time
from typing import TYPE_CHECKING, Any, Final

from app.errors import IssuerUnavailable, NotAuthenticated, RequestError, StoreUnavailable, origin
from app.usage.record import Record
from app.web.authentication.middleware import of_principal
from app.web.headers import with_headers
from app.web.live.outbox import Outbox
from app.web.live.protocol import ACKNOWLEDGED, Closing, Code, message_of, pong
from app.web.live.subscribing import Subscribing
from app.web.recording import record_of
from app.web.turns import client_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import Receive, Scope, Send

    from app.web.live.audiences import Audiences
    from app.web.live.protocol import Message

LOGGER = logging.getLogger("dmi")

GIVEN: Final = ("authorization", "accept-language")
"""Header fields that a client may send in the payload of its first message: a browser cannot set them."""

LOOK: Final = 30.0
"""Seconds between two looks at the clock, where a socket ends with its token."""

ENDED: Final = "The access token has ended: connect again with a new one"


class Connection:
    """A socket that was accepted."""

    def __init__(self, audiences: Audiences, scope: Scope) -> None:
        wiring = self._wiring = audiences.wiring
        self._audiences = audiences
        self._scope = scope
        self._outbox = Outbox(wiring.limits.unread)
        self._is_greeted = False
        self._client = ""
        self._subscribing: Subscribing | None = None
        self._timers: list[asyncio.TimerHandle] = []

    async def serve(self, receive: Receive, send: Send) -> None:
        """Until it is closed."""
        sending = asyncio.create_task(self._send(send))
        self._close_in(self._wiring.limits.client_seconds, Closing(Code.INITIALISATION_TIMEOUT, "Say connection_init"))
        try:
            while (message := await receive())["type"] != "websocket.disconnect":
                if not self._outbox.is_closing:
                    await self._received(message.get("text"))
        finally:
            self._let_go()
            sending.cancel()
            with suppress(asyncio.CancelledError):
                await sending

    async def _received(self, text: str | None) -> None:
        try:
            await self._handle(message_of(text))
        except Closing as closing:
            self._outbox.close(closing, after_all=True)
        except Exception as error:  # noqa: BLE001 - told without its text, which may hold data
            LOGGER.error("unexpected %s, web socket (request %s)", origin(error), record_of(self._scope).id)  # noqa: TRY400
            self._outbox.close(Closing(Code.INTERNAL_ERROR, "The server met an error that it did not expect"))

    async def _handle(self, message: Message) -> None:
        match message.type:
            case "connection_init":
                await self._greet(message.payload or {})
            case "ping":
                self._outbox.put(pong(message.payload))
            case "subscribe":
                if self._subscribing is None:
                    raise Closing(Code.UNAUTHORIZED, "Say connection_init first")
                await self._subscribing.subscribe(message.id, message.payload or {})
            case "complete":
                if self._subscribing:
                    self._subscribing.complete(message.id)
            case _:  # a pong asks for nothing
                pass

    async def _greet(self, payload: Mapping[str, Any]) -> None:
        """Find out who it is. Raises Closing where that is nobody, or it has as many sockets as it may."""
        if self._is_greeted:
            raise Closing(Code.TOO_MANY_INITIALISATIONS, "connection_init was said before")
        self._is_greeted = True
        given = {name.lower(): value for name, value in payload.items() if isinstance(value, str)}
        fields = {name.encode(): given[name].encode("latin-1", "replace") for name in GIVEN if name in given}
        scope = with_headers(self._scope, fields)
        try:
            principal = await self._wiring.identify(scope)
        except NotAuthenticated as error:
            await self._note_refusal()
            raise Closing(Code.UNAUTHORIZED, f"The access token {_said(error)}") from None
        except RequestError:
            raise Closing(Code.BAD_REQUEST, "The name in X-Intake-System is none") from None
        except IssuerUnavailable:
            raise Closing(Code.TRY_AGAIN_LATER, "Access tokens cannot be checked for now") from None
        scope = of_principal(scope, principal)
        self._take_place(client_of(scope))
        while self._timers:
            self._timers.pop().cancel()
        if principal.until is not None:
            self._end_at(principal.until)
        self._subscribing = Subscribing(self._audiences, scope, self._outbox)
        self._outbox.put(ACKNOWLEDGED)

    async def _note_refusal(self) -> None:
        """Have it noted that somebody was not let in, as HTTP has it of a request that is answered with 401."""
        if use := self._wiring.use_in(self._scope, 401):
            socket = record_of(self._scope)
            record = Record(socket.id, socket.span, socket.parent, use)
            if self._wiring.note:
                self._wiring.note(record)
            if self._wiring.keep:
                with suppress(StoreUnavailable):  # nothing was told that must not be
                    await self._wiring.keep(record)

    def _take_place(self, client: str) -> None:
        most = self._wiring.limits.sockets
        if self._wiring.sockets[client] >= most:
            raise Closing(Code.TRY_AGAIN_LATER, f"A client has at most {most} sockets (DMI_MAX_SOCKETS)")
        self._client = client
        self._wiring.sockets[client] += 1
        self._wiring.figures["sockets"] += 1

    def _let_go(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._wiring.figures["slow"] += self._outbox.is_slow
        self._outbox.clear()
        if self._subscribing:
            self._subscribing.close()
        if self._client:
            self._wiring.figures["sockets"] -= 1
            self._wiring.sockets[self._client] -= 1
            if not self._wiring.sockets[self._client]:
                del self._wiring.sockets[self._client]

    def _end_at(self, moment: float) -> None:
        """Close it at a moment by the clock, which may be set meanwhile, or go on while a machine sleeps."""
        left = moment - time()
        if left <= 0:
            self._outbox.close(Closing(Code.FORBIDDEN, ENDED))
        else:
            loop = asyncio.get_running_loop()
            self._timers = [loop.call_later(min(left, LOOK), self._end_at, moment)]

    def _close_in(self, seconds: float, closing: Closing) -> None:
        self._timers.append(asyncio.get_running_loop().call_later(seconds, self._outbox.close, closing))

    async def _send(self, send: Send) -> None:
        with suppress(OSError):  # the client is gone
            try:
                while True:
                    await send({"type": "websocket.send", "text": await self._outbox.take()})
            except Closing as closing:
                await send({"type": "websocket.close", "code": int(closing.code), "reason": closing.reason})


def _said(error: NotAuthenticated) -> str:
    return f"is not accepted: {error.reason}" if error.reason else "is missing: send it as the payload's authorization"
