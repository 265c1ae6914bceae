"""How many requests of one client are answered at once: further ones wait their turn, and too many waiting are refused.

A request has a place while the server works for it, and not while its client takes its time: from when all of it has
come until its answer is made.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from app.errors import TooManyRequests
from app.web.authentication.middleware import principal_in
from app.web.refusal import refusal

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

FREE: Final = frozenset({"/health", "/ready", "/metrics"})
"""What watches the server is answered in any case."""

WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH"})

LONGEST: Final = 30.0
"""Seconds that a request waits for its turn."""

RETRY: Final = ((b"retry-after", b"1"),)


@dataclass(slots=True)
class Line:
    """The requests of one client: how many are being answered, and the turns of those that wait."""

    answered: int = 0
    waiting: deque[asyncio.Future[None]] = field(default_factory=deque)


class Turns:
    """ASGI middleware: answers `most` requests of a client at once, has `waiting` others wait, and the rest come again.

    It stands behind Authentication, which tells whose request it is."""

    def __init__(self, app: ASGIApp, most: int, waiting: int) -> None:
        self._app = app
        self._most = most
        self._waiting = waiting
        self._lines: dict[str, Line] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it."""
        if scope["type"] != "http" or scope["path"] in FREE:
            await self._app(scope, receive, send)
            return
        turn = Turn(self, client_of(scope))
        try:
            if scope["method"] in WITH_BODY:
                await self._app(scope, turn.after(receive), turn.until(send))
            else:
                await turn.begin()
                await self._app(scope, receive, turn.until(send))
        except TooManyRequests as error:
            await refusal(scope, error, 429, RETRY)(scope, receive, send)
        finally:
            turn.end()

    async def enter(self, client: str) -> None:
        """Return when it is the client's turn. Raises TooManyRequests."""
        line = self._lines.get(client)
        if line is None:
            line = self._lines[client] = Line()
        if line.answered < self._most:
            line.answered += 1
            return
        if len(line.waiting) >= self._waiting:
            raise TooManyRequests(self._most, self._waiting)
        turn = asyncio.get_running_loop().create_future()
        line.waiting.append(turn)
        try:
            async with asyncio.timeout(LONGEST):
                await turn
        except BaseException as error:
            if turn.done() and not turn.cancelled():
                self.leave(client)  # it came just when nobody waited any more
            else:
                with suppress(ValueError):  # one that was given up may have been passed over already
                    line.waiting.remove(turn)
            if isinstance(error, TimeoutError):
                raise TooManyRequests(self._most, self._waiting) from None
            raise

    def leave(self, client: str) -> None:
        """Give the place to who waits for it longest."""
        line = self._lines[client]
        while line.waiting:
            turn = line.waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        line.answered -= 1
        if not line.answered:
            del self._lines[client]


class Turn:
    """The place of one request."""

    __slots__ = ("_client", "_held", "_turns")

    def __init__(self, turns: Turns, client: str) -> None:
        self._turns = turns
        self._client = client
        self._held = False

    async def begin(self) -> None:
        """Take the place, once. Raises TooManyRequests."""
        if not self._held:
            await self._turns.enter(self._client)
            self._held = True

    def end(self) -> None:
        """Give the place back."""
        if self._held:
            self._held = False
            self._turns.leave(self._client)

    def after(self, receive: Receive) -> Receive:
        """Receives a request, the last of it when it is its turn."""

        async def received() -> Message:
            message = await receive()
            if message["type"] == "http.request" and not message.get("more_body"):
                await self.begin()
            return message

        return received

    def until(self, send: Send) -> Send:
        """Sends an answer, for which no place is needed once its length is known: then it is made."""

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start" and any(
                name == b"content-length" for name, _ in message["headers"]
            ):
                self.end()
            await send(message)

        return sent


def client_of(scope: Scope) -> str:
    """Whose request it is: that of the one whom its token names, else that of an address. A name that nobody has
    checked would be a way to have any number of places."""
    principal = principal_in(scope)
    if principal.scopes is not None and principal.identity:
        return f"of {principal.identity}"
    return (scope.get("client") or ("",))[0]
