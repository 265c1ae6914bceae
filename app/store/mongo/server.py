"""The server as the store uses it: so many requests at a time, and few while it is away.

The driver runs each request in a thread, and waits there for a server that is away. If every request did, they would
soon wait for a thread; so while the server is away, they all wait for one question whether it is back. A server that
keeps its connections but does not answer is found out by the driver's heartbeat, in some 15 seconds.

What a request of ours reads is stopped at the end of its time: here it is waited for no longer, and the server stops
its command by itself a little later (`maxTimeMS`, which the driver sends).
https://pymongo.readthedocs.io/en/stable/api/pymongo/index.html#pymongo.timeout
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import pymongo
from motor.frameworks.asyncio import max_workers

from app.errors import StoreUnavailable
from app.store.deadline import in_time, time_left
from app.store.fair_places import Places
from app.store.mongo.failures import in_our_words

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from motor.motor_asyncio import AsyncIOMotorDatabase

Database: TypeAlias = "AsyncIOMotorDatabase[dict[str, Any]]"

AT_ONCE: Final[int] = max_workers
"""Requests under way, no more than the driver has threads for."""

LATER: Final = 0.5
"""Seconds after the end of a request's time at which the server stops: by then nobody waits, and it is not taken to be
away."""


class Server:
    """Lets requests through to a database; raises the failures of the driver in our words. `asked` are the requests of
    now, and `running` those of them that have their turn."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._places = Places(AT_ONCE)
        self._away = False
        self.asked, self.running = 0, 0
        self.closed = False
        self._question: asyncio.Task[Any] | None = None

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        """As `request`, for what is stopped at the end of its request's time. Raises OutOfTime too."""
        async with in_time(), self.request():
            with _stopped_by_server():
                yield

    @asynccontextmanager
    async def request(self) -> AsyncIterator[None]:
        """What is asked of the driver goes inside. Raises StoreUnavailable, StoreUnusable, TooLarge."""
        self.asked += 1
        try:
            while True:
                if self._away:
                    await self._back()
                async with self._places:
                    if self._away:  # since this request waited for its place: it gives it up, to ask with the others
                        continue
                    self.running += 1
                    try:
                        with in_our_words():
                            yield
                    except StoreUnavailable:
                        self._away = True
                        raise
                    finally:
                        self.running -= 1
                    return
        finally:
            self.asked -= 1

    async def ping(self) -> None:
        """Return when the server answers."""
        with in_our_words():
            await self._database.command("ping")
        self._away = False

    async def close(self) -> None:
        """End what is under way."""
        self.closed = True
        if self._question:
            await asyncio.gather(self._question, return_exceptions=True)

    async def _back(self) -> None:
        """Return when the server is back; many may ask, the driver is asked once."""
        if self._question is None or self._question.done():
            self._question = asyncio.create_task(self.ping())
        await asyncio.shield(self._question)


@contextmanager
def _stopped_by_server() -> Iterator[None]:
    left = time_left()
    if left is None:
        yield
        return
    with pymongo.timeout(left + LATER):
        yield
