"""Subscribers who are told the same: one document with the same values, asked by one principal in one language.

Each change is looked at, authorised, carried out and written once for all of them."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from graphql import GraphQLError

from app.errors import StoreUnavailable
from app.fhir import json
from app.intake.identity import random_id
from app.schema.errors import cause_of, log_unexpected
from app.schema.live.feed import AGAIN
from app.schema.live.fields import told as fields_of
from app.store.deadline import CURRENT, Deadline
from app.usage.command import Command
from app.usage.record import begun
from app.web.recording import recorded
from app.web.refusal import told

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Hashable, Sequence

    from starlette.types import Scope
    from strawberry.types import ExecutionResult

    from app.fhir.resource import Json
    from app.schema.context import Context
    from app.schema.live.feed import Follower
    from app.schema.live.happening import Happening
    from app.search.algebra import Filter
    from app.usage.record import Record
    from app.usage.use import Use
    from app.web.headers import Headers
    from app.web.live.subscriber import Subscriber
    from app.web.live.wiring import LiveWiring

SUBSCRIPTION: Final = "subscription"
"""What a subscription is called among interactions."""


class Asked(NamedTuple):
    """A document that was found good, with who asks, which the scope and the header fields of the socket tell. `since`
    is the cursor to begin behind; subscriptions with the same `key` are told the same."""

    query: str
    variables: dict[str, Json] | None
    operation_name: str | None
    type: str
    filter: Filter
    since: str | None
    scope: Scope
    headers: Headers
    language: str
    key: Hashable


class Refused(Exception):
    """A change cannot be told: its errors end the subscription."""

    def __init__(self, errors: Sequence[GraphQLError]) -> None:
        super().__init__()
        self.errors = errors


class Audience:
    """The subscribers; `caught_up` is called with it whenever it has had all, and tells whether it has given its
    subscribers away; `ended` when it has none."""

    def __init__(
        self,
        wiring: LiveWiring,
        asked: Asked,
        follower: Follower,
        caught_up: Callable[[Audience], bool],
        ended: Callable[[Audience], None],
    ) -> None:
        self.asked = asked
        self.subscribers: set[Subscriber] = set()
        self._wiring = wiring
        self._follower = follower
        self._caught_up = caught_up
        self._ended = ended
        self._hearing = self._context(begun(b"", b"")).repository
        self._task: asyncio.Task[None] | None = asyncio.create_task(self._run())
        # Also where the task is cancelled before it has begun, and nothing of it ever runs.
        self._task.add_done_callback(lambda _: wiring.feed.leave(follower))

    @property
    def reached(self) -> str:
        """The cursor up to which all changes were told."""
        return self._follower.reached

    @property
    def is_busy(self) -> bool:
        """Whether enough waits to be read by the only one of them; of several nobody waits for another."""
        return len(self.subscribers) == 1 and all(each.outbox.is_busy for each in self.subscribers)

    async def room(self) -> None:
        """Return when the only one has read much of what waits for it; who reads nothing is given up."""
        if len(self.subscribers) == 1:
            [subscriber] = self.subscribers
            await subscriber.outbox.room(self._wiring.limits.client_seconds)

    def join(self, subscriber: Subscriber) -> None:
        """One subscriber more, who is told of what comes behind its `last` cursor."""
        self.subscribers.add(subscriber)
        subscriber.audience = self

    def leave(self, subscriber: Subscriber) -> None:
        """One subscriber less; with the last one it ends."""
        self.subscribers.discard(subscriber)
        if not self.subscribers:
            self._ended(self)
            if self._task:
                self._task.cancel()
            self._task = None  # it has where it was cancelled, and that this: a ring of references

    async def _run(self) -> None:
        try:
            following = cast(
                "AsyncGenerator[Happening | None]", self._wiring.feed.follow(self._follower, self.asked.since, self)
            )
            async with aclosing(following) as happenings:
                async for happening in happenings:
                    if happening is not None:
                        await self._tell(happening)
                    if not self._follower.behind and self._caught_up(self):
                        return
        except Refused as refused:
            self._fail(refused.errors)
        except Exception as error:  # noqa: BLE001 - whatever ends a subscription is told to its clients
            self._fail([GraphQLError(str(error), original_error=error)])

    def _fail(self, errors: Sequence[GraphQLError]) -> None:
        """End all subscriptions. An error that no user caused is logged, without its text."""
        for error in errors:
            log_unexpected(error)
        request = begun(b"", b"").id
        for subscriber in list(self.subscribers):
            subscriber.fail([told(error, self.asked.language, request) for error in errors])

    async def _tell(self, happening: Happening) -> None:
        """Tell of a change, whatever time the store takes. Raises what no time will heal."""
        while True:
            try:
                found = await self._in_time(happening)
                break
            except StoreUnavailable:
                await asyncio.sleep(AGAIN)
        if found:
            for subscriber in list(self.subscribers):
                subscriber.next(happening.cursor, *found)

    async def _in_time(self, happening: Happening) -> tuple[str, Use | None] | None:
        async with self._wiring.turns:
            token = CURRENT.set(Deadline(self._wiring.limits.seconds))
            try:
                return await self._found(happening)
            finally:
                CURRENT.reset(token)

    async def _found(self, happening: Happening) -> tuple[str, Use | None] | None:
        """What is told of a change, and what it gives; None where it is none of these subscribers' business. Raises
        StoreUnavailable, OutOfTime, Refused."""
        if not (await happening.meets(self.asked.filter) and await self._hearing.hears(happening.version)):
            return None
        record = begun(b"", b"")
        use = record.use = self._use(happening)
        result = await self._wiring.schema.tell(
            self.asked.query,
            self.asked.variables,
            self.asked.operation_name,
            self._context(record),
            fields_of(happening.change),
        )
        self._wiring.figures["made"] += 1
        content = self._content(result, record)
        if use:
            for error in content.get("errors", ()):
                use.met(error["extensions"]["code"], error["extensions"]["resource"]["issue"])
            await self._kept(record)
        return json.encode(content).decode(), use

    def _content(self, result: ExecutionResult, record: Record) -> dict[str, Any]:
        for error in result.errors or ():
            cause = cause_of(error)
            if isinstance(cause, StoreUnavailable):
                raise cause.with_traceback(None)
        if result.data is None:
            raise Refused(result.errors or ())
        content: dict[str, Any] = {"data": result.data}
        if result.errors:
            content["errors"] = [told(error, self.asked.language, record.id) for error in result.errors]
        return content

    def _use(self, happening: Happening) -> Use | None:
        asked, version = self.asked, happening.version
        if use := self._wiring.use_in(asked.scope):
            _, name = self._wiring.schema.named(asked.query, asked.operation_name, None)
            use.asks(SUBSCRIPTION, name, asked.query)
            use.did(Command("version", version.type, (), 0, 0, version))
        return use

    async def _kept(self, record: Record) -> None:
        """Have it noted that this is told. Whoever cannot be sure of that is told nothing: the client may go on behind
        the last change that it was told of."""
        if self._wiring.keep:
            try:
                await self._wiring.keep(record)
            except StoreUnavailable as error:
                raise Refused([GraphQLError(error.en, original_error=error)]) from None

    def _context(self, record: Record) -> Context:
        scope = recorded(self.asked.scope, record)
        return self._wiring.context_of(scope, self.asked.headers, self.asked.language, random_id, None)
