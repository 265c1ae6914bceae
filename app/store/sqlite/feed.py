"""The feed of changes: whoever reads it looks behind the last change that it has, again and again.

A write of this process has it look at once. What another process writes is found by looking from time to time, which
takes some ten microseconds of a thread of its own; where nobody reads the feed, nobody looks."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final

from app.store.cursors import cursor
from app.store.repository import Batch
from app.store.sqlite.changes import LAST, check, following, last, place

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Collection

    from app.store.sqlite.readers import Readers
    from app.store.sqlite.writer import AmongWrites

PAUSE: Final = 0.1
"""Seconds between two looks at what others have written."""


class Feed:
    """The changes of the store of that name, read by a reader of its own."""

    def __init__(self, store: str, reader: Readers | AmongWrites) -> None:
        self._store = store
        self._reader = reader
        self._bells: set[asyncio.Event] = set()

    def ring(self) -> None:
        """Have those who wait look now."""
        for bell in self._bells:
            bell.set()

    async def latest(self) -> str:
        """As `Repository.latest`."""
        return cursor(self._store, str(await self._reader.run(last)))

    async def changes(self, since: str, types: Collection[str] | None, until: str | None) -> AsyncGenerator[Batch]:
        """As `Repository.changes`."""
        reached, end = place(since, self._store), place(until, self._store).sequence if until else LAST
        await self._reader.run(partial(check, since=reached))
        bell = asyncio.Event()
        self._bells.add(bell)
        try:
            while True:
                bell.clear()  # ahead of the look: a write that comes during it rings for the next one
                piece = await self._reader.run(
                    partial(following, store=self._store, since=reached, until=end, types=types)
                )
                if piece.reached != reached:
                    reached = piece.reached
                    yield Batch(piece.changes, cursor(self._store, str(reached)))
                if piece.more:
                    continue
                if until:
                    return
                with suppress(TimeoutError):
                    async with asyncio.timeout(PAUSE):
                        await bell.wait()
        finally:
            self._bells.discard(bell)

    async def close(self) -> None:
        """End the reading: whoever waits learns that the store is closed."""
        self.ring()
        await self._reader.close()
