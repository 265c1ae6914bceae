"""How many requests of one client are answered at once, and for how long: further ones wait their turn, and too many
waiting are refused.

A request has a place while the server works for it, and not while its client takes its time: from when all of it has
come until its answer is made. What it may take begins with its place.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from time import monotonic
from typing import TYPE_CHECKING, Final, TypeAlias

from app.errors import TooManyRequests, TooMuchUnread, TooSlow
from app.store.deadline import CURRENT, Deadline
from app.web.authentication.middleware import principal_in
from app.web.refusal import refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from app.settings import Settings

FREE: Final = frozenset({"/health", "/ready", "/metrics"})
"""What watches the server is answered in any case."""

WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH"})

LONGEST: Final = 30.0
"""Seconds that a request waits for its turn."""

RETRY: Final = ((b"retry-after", b"1"),)
CLOSE: Final = ((b"connection", b"close"),)

STREAMED: Final = frozenset({"/recall.csv"})
"""Answers that are still made while their beginning is read."""

UNREAD: Final = "dmi.unread"
"""Where the scope of a request has the function that tells how many bytes wait to be read by its client."""

Unread: TypeAlias = "Callable[[], int]"

LARGE: Final = 65_536
"""Bytes of an answer that may wait to be read; less is kept by the system."""

CLIENTS: Final = 1_000
"""Clients with large answers, beyond which those are forgotten who have read theirs."""

TICK: Final = 1.0
"""Seconds between two looks at the bodies that are still coming."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one client, `most` requests are answered at once and `waiting` wait, and none while more than `unread` bytes
    of answers wait to be read. A request may take `seconds`, and its body `body_seconds` to come."""

    most: int
    waiting: int
    seconds: float
    body_seconds: float
    unread: int


def limits_of(settings: Settings) -> Limits:
    """The limits that the settings tell."""
    return Limits(
        settings.max_requests,
        settings.max_waiting,
        settings.max_seconds,
        settings.max_client_seconds,
        2 * settings.max_answer,
    )


class Turns:
    """ASGI middleware: gives requests their turns, and their time.

    It stands behind Authentication, which tells whose request it is."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app = app
        # By client: how many of its requests are being answered, and the turns of those that wait.
        self._answered: dict[str, int] = {}
        self._waiting: defaultdict[str, deque[asyncio.Future[None]]] = defaultdict(deque)
        self._unread: dict[str, set[Unread]] = {}  # of connections with large answers
        self._coming = Coming(limits.body_seconds)
        self.limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it."""
        if scope["type"] != "http" or scope["path"] in FREE:
            await self._app(scope, receive, send)
            return
        turn = Turn(self, client_of(scope), scope.get(UNREAD))
        try:
            if scope["method"] in WITH_BODY:
                self._coming.add(turn)
                await self._app(scope, turn.after(receive), turn.until(send))
            else:
                await turn.begin()
                await self._app(scope, receive, send if scope["path"] in STREAMED else turn.until(send))
        except TooManyRequests as error:
            await refusal(scope, error, 429, RETRY)(scope, receive, send)
        except asyncio.CancelledError:
            if not turn.is_given_up():
                raise
            # The rest of the body may come for ever.
            await refusal(scope, TooSlow(self.limits.body_seconds), 408, CLOSE)(scope, receive, send)
        finally:
            self._coming.discard(turn)
            turn.end()
            CURRENT.set(None)

    def enter(self, turn: Turn) -> bool:
        """Whether a request, all of which has come, is answered at once; else it must `wait`. Raises TooManyRequests,
        TooMuchUnread."""
        self._coming.discard(turn)
        if turn.client in self._unread:
            self._check_unread(turn.client)
        answered = self._answered.get(turn.client, 0)
        if answered < self.limits.most:
            self._answered[turn.client] = answered + 1
            return True
        if len(self._waiting[turn.client]) < self.limits.waiting:
            return False
        raise self._too_many()

    async def wait(self, client: str) -> None:
        """Return when it is the turn of a request. Raises TooManyRequests, TooMuchUnread."""
        place, waiting = asyncio.get_running_loop().create_future(), self._waiting[client]
        waiting.append(place)
        try:
            async with asyncio.timeout(LONGEST):
                await place
        except BaseException as error:
            if place.done() and not place.cancelled():
                self.leave(client)  # it came just when nobody waited any more
            else:
                with suppress(ValueError):  # one that was given up may have been passed over already
                    waiting.remove(place)
            if isinstance(error, TimeoutError):
                raise self._too_many() from None
            raise
        try:
            self._check_unread(client)
        except TooMuchUnread:
            self.leave(client)
            raise

    def leave(self, client: str) -> None:
        """Give a place to who waits for it longest."""
        waiting = self._waiting.get(client)
        while waiting:
            place = waiting.popleft()
            if not place.done():
                place.set_result(None)
                return
        if self._answered[client] > 1:
            self._answered[client] -= 1
        else:
            del self._answered[client]
            self._waiting.pop(client, None)

    def answers(self, client: str, unread: Unread) -> None:
        """Note a connection that has a large answer, of which `unread()` bytes are still to be read."""
        if len(self._unread) >= CLIENTS:
            self._unread = {each: found for each in self._unread if (found := self._still(each))}
        self._unread.setdefault(client, set()).add(unread)

    def _check_unread(self, client: str) -> None:
        """Raises TooMuchUnread."""
        if still := self._still(client):
            self._unread[client] = still
        else:
            self._unread.pop(client, None)
        if sum(unread() for unread in still) > self.limits.unread:
            raise TooMuchUnread(self.limits.unread)

    def _still(self, client: str) -> set[Unread]:
        return {unread for unread in self._unread.get(client, ()) if unread()}

    def _too_many(self) -> TooManyRequests:
        return TooManyRequests(self.limits.most, self.limits.waiting)


class Turn:
    """The place of one request, and the task that answers it."""

    __slots__ = ("_held", "_is_slow", "_task", "_turns", "_unread", "client", "ends")

    def __init__(self, turns: Turns, client: str, unread: Unread | None = None) -> None:
        self._turns = turns
        self._unread = unread
        self._task = asyncio.current_task()
        self._held = False
        self.client = client
        self._is_slow = False
        self.ends = 0.0

    async def begin(self) -> None:
        """Take the place, once. Raises TooManyRequests, TooMuchUnread."""
        if self._held:
            return
        if not self._turns.enter(self):
            await self._turns.wait(self.client)
        self._held = True
        CURRENT.set(Deadline(self._turns.limits.seconds, self.client))

    def end(self) -> None:
        """Give the place back."""
        if self._held:
            self._held = False
            self._turns.leave(self.client)

    def give_up(self) -> None:
        """Wait for the body no longer."""
        if self._task:
            self._is_slow = self._task.cancel()

    def is_given_up(self) -> bool:
        """Whether the task was cancelled by `give_up` and by nobody else; it goes on then."""
        return self._is_slow and self._task is not None and self._task.uncancel() == 0

    def after(self, receive: Receive) -> Receive:
        """Receives a request, the last of it when it is its turn. Raises TooManyRequests."""

        async def received() -> Message:
            message = await receive()
            if message["type"] == "http.request" and not message.get("more_body"):
                await self.begin()
            return message

        return received

    def until(self, send: Send) -> Send:
        """Sends an answer, which is made by then, so that no place is needed any more."""

        def sent(message: Message) -> Awaitable[None]:
            if self._held:
                self.end()
            if self._unread and len(message.get("body", b"")) > LARGE:
                self._turns.answers(self.client, self._unread)
            return send(message)

        return sent


class Coming:
    """The requests whose bodies are still coming. One timer looks at all of them: nearly all are there at once, and a
    timer for each costs as much as a fifth of a small answer."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._turns: set[Turn] = set()
        self._looking = False
        self.discard = self._turns.discard

    def add(self, turn: Turn) -> None:
        """A request begins to come."""
        turn.ends = monotonic() + self._seconds
        self._turns.add(turn)
        if not self._looking:
            self._looking = True
            asyncio.get_running_loop().call_later(TICK, self._look)

    def _look(self) -> None:
        now = monotonic()
        for turn in [each for each in self._turns if each.ends <= now]:
            self._turns.discard(turn)
            turn.give_up()
        self._looking = bool(self._turns)
        if self._looking:
            asyncio.get_running_loop().call_later(TICK, self._look)


def client_of(scope: Scope) -> str:
    """Whose request it is: that of the one whom its token names, else that of an address. A name that nobody has
    checked would be a way to have any number of places."""
    principal = principal_in(scope)
    if principal.scopes is not None and principal.identity:
        return f"of {principal.identity}"
    return network_of((scope.get("client") or ("",))[0])


@lru_cache(maxsize=1_024)
def network_of(address: str) -> str:
    """The part of an address that one client has: of IPv6 the first 64 bits, within which it may take any other one."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv4Address):
        return address
    return str(found.ipv4_mapped or f"{IPv6Address(int(found) >> 64 << 64)}/64")
