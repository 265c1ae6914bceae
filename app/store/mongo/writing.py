"""Writes resources without a transaction: first the version that is replaced goes into the history, then the new one
takes its place, if that is still the version it was made from.

A process that ends in between has lost nothing; the next write makes the same copy again.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from pymongo.errors import DuplicateKeyError

from app.errors import VersionConflict
from app.store.mongo.documents import current, earlier, from_bson
from app.store.repository import Stored
from app.store.version import instant, same_content, stamped

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import datetime

    from motor.motor_asyncio import AsyncIOMotorCollection

    from app.search.algebra import Index
    from app.store.mongo.documents import Document
    from app.store.repository import Write

AT_ONCE: Final = 32
"""So many writes of one call are under way at a time."""

Collection: TypeAlias = "AsyncIOMotorCollection[dict[str, Any]]"
Put: TypeAlias = "Callable[[Write], Awaitable[Stored]]"


@dataclass(frozen=True, slots=True)
class Writing:
    """Writes resources, found later by what the index reads from them."""

    index: Index
    clock: Callable[[], datetime]

    async def put(self, collection: Collection, history: Collection, write: Write) -> Stored:
        """Keep a resource as the next version. Raises VersionConflict."""
        while True:  # whoever comes in between has written a version, so somebody always gets on
            document = await collection.find_one({"_id": write.id}, {"ix": False, "sort": False})
            version = document["version"] if document else 0
            if write.expected not in (None, version):
                raise VersionConflict(f"{write.type}/{write.id}", version)
            if document and same_content(stored := from_bson(document["resource"]), write.resource):
                return Stored(stored, version, changed=False)
            at = instant(self.clock(), document["at"] if document else "")
            resource = stamped(write.resource, write.id, version + 1, at)
            replacement = current(resource, version + 1, at, write.author, self.index)
            if await _replaced(collection, history, document, replacement):
                return Stored(resource, version + 1)


async def in_chunks(writes: Sequence[Write], put: Put) -> list[Stored]:
    """What `put` gives for each write: several at a time, but those of one resource in their order.

    Raises the error of the first write that fails; the chunks after it are not tried."""
    stored: list[Stored] = []
    for start in range(0, len(writes), AT_ONCE):
        chunk = writes[start : start + AT_ONCE]
        same: dict[tuple[str, str], list[Write]] = {}
        for write in chunk:
            same.setdefault((write.type, write.id), []).append(write)
        groups = await asyncio.gather(*(_in_order(group, put) for group in same.values()))
        outcomes = {resource: iter(group) for resource, group in zip(same, groups, strict=True)}
        for write in chunk:
            outcome = next(outcomes[write.type, write.id])
            if isinstance(outcome, Exception):
                raise outcome
            stored.append(outcome)
    return stored


async def _in_order(writes: Sequence[Write], put: Put) -> list[Stored | Exception]:
    """What is stored of each write, up to the first that fails."""
    outcomes: list[Stored | Exception] = []
    for write in writes:
        try:
            outcomes.append(await put(write))
        except Exception as error:  # noqa: BLE001 - it is raised when its turn comes
            return [*outcomes, error]
    return outcomes


async def _replaced(
    collection: Collection, history: Collection, document: Document | None, replacement: Document
) -> bool:
    """Whether the replacement took the place of the document; False: another write was faster."""
    if document is None:
        try:
            await collection.insert_one(replacement)
        except DuplicateKeyError:
            return False
        return True
    with suppress(DuplicateKeyError):  # the copy is there: a write that was not finished has made it
        await history.insert_one(earlier(document))
    of_version = {"_id": document["_id"], "version": document["version"]}
    result = await collection.replace_one(of_version, replacement)
    return result.matched_count == 1
