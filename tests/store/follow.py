"""Readers of the feed of changes."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.errors import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.store.repository import Change, Repository

LATE = 120.0
"""Seconds after which a change counts as lost, also where many tests run at once."""


async def following(store: Repository, since: str, number: int) -> list[Change]:
    """So many changes behind a cursor."""
    found: list[Change] = []
    async with asyncio.timeout(LATE), aclosing(store.changes(since)) as batches:
        while len(found) < number:
            found += (await anext(batches)).changes
    return found


async def between(store: Repository, since: str, until: str, *types: str) -> list[Change]:
    """The changes behind a cursor up to another one."""
    async with asyncio.timeout(LATE):
        return [change async for batch in store.changes(since, types or None, until) for change in batch.changes]


def told(changes: Iterable[Change]) -> list[tuple[str, int]]:
    """The place and the version of each."""
    return [(f"{each.version.type}/{each.version.id}", each.version.version) for each in changes]


@dataclass
class Persistent:
    """Reads on behind its last change whenever the store is back."""

    store: Repository
    cursor: str
    changes: list[Change] = field(default_factory=list)
    interrupted: int = 0

    async def read(self) -> None:
        """Read without end."""
        while True:
            try:
                async with aclosing(self.store.changes(self.cursor)) as batches:
                    async for batch in batches:
                        self.changes += batch.changes
                        self.cursor = batch.reached
            except StoreUnavailable:
                self.interrupted += 1
                await asyncio.sleep(0.05)
