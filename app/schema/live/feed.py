"""The feed: one reading of the store's changes for all subscribers of a process, as long as there are any.

A follower that begins behind what is being read, because it resumes or because it was too slow, reads the store by
itself until it has caught up, and then goes on with all others. The cursors of a store are in the order of its changes,
so each tells what it has already."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from contextlib import aclosing
from contextvars import Context
from itertools import groupby
from typing import TYPE_CHECKING, Final, Protocol

from app.errors import DmiError, StoreUnavailable, origin
from app.fhir.json import encode
from app.schema.live.happening import Happenings

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Sequence

    from app.schema.live.happening import Happening
    from app.store.repository import Batch, Change, Repository

LOGGER = logging.getLogger("dmi")

MOST: Final = 1_000
MOST_BYTES: Final = 16_777_216
"""Changes that wait for a follower, and the JSON of their resources; one that is slower reads the store by itself."""

AT_ONCE: Final = 8
"""Followers that read the store by themselves at once, a batch each; others wait for their turn."""

AGAIN: Final = 0.5
"""Seconds after which a store that was away is asked again."""


class Reader(Protocol):
    """Who is told of what a follower has had."""

    @property
    def is_busy(self) -> bool:
        """Whether enough waits to be read."""

    async def room(self) -> None:
        """Return when it is not busy."""


class Follower:
    """Who follows the changes of a type. What is read in the feed waits here; `lost` tells that it was too much.

    `reached` is the cursor up to which it has had all; while it is `behind`, it reads the store by itself."""

    def __init__(self, type_name: str, position: str) -> None:
        self.type = type_name
        self.reached = position
        self.behind = False
        self.begin(position)
        self._failure: Exception | None = None
        self._arrived = asyncio.Event()

    def begin(self, position: str) -> None:
        """From here on changes wait that come behind a position of the feed."""
        self.position = position
        self.lost = False
        self._waiting: deque[Happening] = deque()
        self._size = 0

    def put(self, happenings: Sequence[Happening], size: int) -> None:
        """Have some changes wait, with so many bytes of resources."""
        if self._failure:
            return  # another reading, which may have left some out
        self._size += size
        if self.lost or len(self._waiting) + len(happenings) > MOST or self._size > MOST_BYTES:
            self.lost = True
            self._waiting.clear()
        else:
            self._waiting.extend(happenings)
        self._arrived.set()

    def fail(self, error: Exception) -> None:
        """The feed has ended."""
        self._failure = error
        self._arrived.set()

    async def take(self) -> Sequence[Happening]:
        """The changes that wait, as soon as there are any; none where some were lost. Raises what ended the feed."""
        while not (self._waiting or self.lost):
            if self._failure:
                raise self._failure
            self._arrived.clear()
            await self._arrived.wait()
        taken = list(self._waiting)
        self._waiting.clear()
        self._size = 0
        return taken


class Feed:
    """The changes of a store, for use in one event loop."""

    def __init__(self, store: Repository) -> None:
        self._store = store
        self._position = ""
        self._types: frozenset[str] = frozenset()
        self._followers: set[Follower] = set()
        self._reading: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._catching_up = asyncio.Semaphore(AT_ONCE)
        self._works = True

    @property
    def position(self) -> str:
        """The cursor up to which all is read."""
        return self._position

    async def join(self, type_name: str) -> Follower:
        """A follower of what is stored of a type from now on. Raises StoreUnavailable, NoChanges."""
        async with self._starting:
            if self._reading is None:
                self._position = await self._store.latest()
                self._types = frozenset()
            follower = Follower(type_name, self._position)
            self._followers.add(follower)
            if type_name not in self._types:
                self._types |= {type_name}
                self._read_from_here()
        return follower

    def leave(self, follower: Follower) -> None:
        """Follow no longer; when nobody does, nothing is read."""
        self._followers.discard(follower)
        if not self._followers and self._reading:
            self._reading.cancel()
            self._reading = None

    async def follow(
        self, follower: Follower, since: str | None = None, reader: Reader | None = None
    ) -> AsyncIterator[Happening | None]:
        """The changes of the follower's type behind a cursor, or from when it joined, in their order, each once; None
        whenever it has caught up with the feed. Until then the `reader` may take its time. Raises InvalidCursor,
        CursorGone, NoChanges."""
        if since is not None:
            follower.behind = since != follower.reached
            follower.reached = since
        while True:
            if follower.behind:
                async for happening in self._behind(follower, reader):
                    yield happening
                follower.behind = False
            yield None
            while not follower.lost:
                for happening in await follower.take():
                    if happening.cursor > follower.reached:
                        yield happening
                        follower.reached = happening.cursor
            follower.behind = True

    async def _behind(self, follower: Follower, reader: Reader | None) -> AsyncIterator[Happening]:
        """What the follower has not had of what the feed has read so far; the rest waits for it from here on."""
        follower.begin(self._position)
        is_there = False
        while not is_there:
            if reader:
                await reader.room()
            async with self._catching_up:
                batch = await self._next(follower)
                is_there = batch is None
                for happening in Happenings(self._store, batch.changes if batch else ()):
                    yield happening
                    follower.reached = happening.cursor
                    if reader and reader.is_busy:
                        break  # what is left is read again when it has taken this
                else:
                    follower.reached = batch.reached if batch else follower.reached
        follower.reached = max(follower.reached, follower.position)

    async def _next(self, follower: Follower) -> Batch | None:
        """The next changes that the follower has not had, None at the end, whatever time the store takes."""
        types = frozenset((follower.type,))
        while True:
            try:
                async with aclosing(self._changes(follower.reached, types, follower.position)) as batches:
                    return await anext(batches, None)
            except StoreUnavailable:
                await asyncio.sleep(AGAIN)

    def _read_from_here(self) -> None:
        """Read on behind the last change that all had: what is read just now, of other types, is read anew."""
        if self._reading:
            self._reading.cancel()
        # It outlives the request in which it begins, and that request's time.
        self._reading = asyncio.create_task(self._read(), context=Context())

    async def _read(self) -> None:
        while True:
            try:
                await self._read_on()
            except StoreUnavailable as error:
                if self._works:  # it is said once, until it works again
                    LOGGER.warning("changes cannot be read for now: %s", error.en)
                self._works = False
                await asyncio.sleep(AGAIN)
            except Exception as error:  # noqa: BLE001 - whatever ends the feed is told to those who follow it
                if not isinstance(error, DmiError):
                    LOGGER.error("unexpected %s, changes are not told any more", origin(error))  # noqa: TRY400 - its text may hold data
                self._reading = None
                for follower in self._followers:
                    follower.fail(error)
                return

    async def _read_on(self) -> None:
        async with aclosing(self._changes(self._position, self._types)) as batches:
            async for batch in batches:
                self._works = True
                self._position = batch.reached
                self._hand_out(batch.changes)

    def _changes(self, since: str, types: frozenset[str], until: str | None = None) -> AsyncGenerator[Batch, None]:
        return self._store.changes(since, types, until)

    def _hand_out(self, changes: Sequence[Change]) -> None:
        for type_name, some in groupby(sorted(changes, key=_type_of), key=_type_of):
            if followers := [each for each in self._followers if each.type == type_name]:
                together = list(some)
                happenings, size = list(Happenings(self._store, together)), sum(map(_size_of, together))
                for follower in followers:
                    follower.put(happenings, size)


def _type_of(change: Change) -> str:
    return change.version.type


def _size_of(change: Change) -> int:
    return len(encode(change.version.resource))
