"""Writes resources: first the version that is replaced goes into the history, then the new one takes its place, if that
is still the version it was made from.

That needs no transaction: a process that ends in between has lost nothing; the next write makes the same copy again.
Many resources that are written in one transaction are another matter (`app.store.mongo.together`).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from pymongo.errors import DuplicateKeyError

from app.errors import DuplicateKey, VersionConflict
from app.store.mongo.documents import current, earlier, from_bson
from app.store.mongo.keys import holders
from app.store.repository import Stored, Version
from app.store.version import instant, same_content, stamped

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import datetime

    from motor.motor_asyncio import AsyncIOMotorCollection

    from app.search.algebra import Index
    from app.store.mongo.documents import Document
    from app.store.repository import Operation, Write

AT_ONCE: Final = 32
"""So many writes of one call are under way at a time."""

CONTENT: Final = {"ix": False, "sort": False}
"""What of a document a write has to know."""

Collection: TypeAlias = "AsyncIOMotorCollection[dict[str, Any]]"
Put: TypeAlias = "Callable[[Write], Awaitable[Stored]]"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the versions of a type are kept, and the keys of its resources where that is apart from them."""

    current: Collection
    history: Collection
    keys: Collection | None = None


@dataclass(frozen=True, slots=True)
class Writing:
    """Writes resources, found later by what the index reads from them."""

    index: Index
    clock: Callable[[], datetime]

    async def put(self, place: Place, write: Write) -> Stored | None:
        """Keep a resource, or its deletion, as the next version. Raises VersionConflict, DuplicateKey.

        None where it needs a transaction: keys that are kept apart are written together with it."""
        while True:  # whoever comes in between has written a version, so somebody always gets on
            document = await place.current.find_one({"_id": write.id}, CONTENT)
            if place.keys is not None and (write.keys or (document or {}).get("keys")):
                return None
            check_version(document, write)
            kept = same(document, write)
            if kept and (kept.resource is None or not document or document.get("keys", []) == keys_of(write)):
                return kept
            await _check_keys(place, write)
            if kept and document:
                if await _rekeyed(place, document, write):
                    return kept
                continue
            version = self.next(document, write)
            if await _replaced(place, document, current(version, self.index)):
                return Stored(version.resource, version.version)

    def next(self, document: Document | None, write: Write) -> Version:
        """The version that a write makes of a document."""
        before, at = (document["version"], document["at"]) if document else (0, "")
        at = instant(self.clock(), at)
        if write.resource is None:
            return Version(write.type, write.id, before + 1, at, write.author, "delete", None)
        resource = stamped(write.resource, write.id, before + 1, at)
        operation: Operation = "create" if document is None or document["deleted"] else "update"
        return Version(write.type, write.id, before + 1, at, write.author, operation, resource, write.keys)


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


def check_version(document: Document | None, write: Write) -> None:
    """Raise VersionConflict where a document is not of the version that a write expects."""
    version = document["version"] if document else 0
    current = {version, 0} if document is None or document["deleted"] else {version}
    if write.expected is not None and write.expected not in current:
        raise VersionConflict(f"{write.type}/{write.id}", version)


def same(document: Document | None, write: Write) -> Stored | None:
    """What is stored, where it is what is written."""
    if document is None or document["deleted"]:
        version = document["version"] if document else 0
        return Stored(None, version, changed=False) if write.resource is None else None
    if write.resource is None or not same_content(stored := from_bson(document["resource"]), write.resource):
        return None
    return Stored(stored, document["version"], changed=False)


def keys_of(write: Write) -> list[str]:
    """The keys of a write, as a document has them."""
    return sorted(set(write.keys))


async def _check_keys(place: Place, write: Write) -> None:
    """Raise DuplicateKey where another document has one of the keys.

    What comes in between this and the write is found by the unique index; the write then begins again, and here it
    learns who was faster."""
    if write.keys and write.resource is not None:
        held = await holders(place, write.keys)
        for holder in (held[key] for key in write.keys if held.get(key, write.id) != write.id):
            raise DuplicateKey(f"{write.type}/{holder}")


def of_version(document: Document) -> Document:
    """What finds a document unless it has been replaced."""
    return {"_id": document["_id"], "version": document["version"]}


def _unchanged(document: Document) -> Document:
    """What finds a document unless it has been replaced, or was given other keys."""
    return {**of_version(document), "keys": document.get("keys")}


def with_keys(write: Write) -> Document:
    """What gives a document the keys of a write."""
    return {"$set": {"keys": keys_of(write)}} if write.keys else {"$unset": {"keys": ""}}


async def _rekeyed(place: Place, document: Document, write: Write) -> bool:
    """Whether the document has the keys of the write now."""
    try:
        return (await place.current.update_one(_unchanged(document), with_keys(write))).matched_count == 1
    except DuplicateKeyError:
        return False


async def _replaced(place: Place, document: Document | None, replacement: Document) -> bool:
    """Whether the replacement took the place of the document; False: another write was faster."""
    try:
        if document is None:
            await place.current.insert_one(replacement)
            return True
        await _copy(place, earlier(document))
        result = await place.current.replace_one(_unchanged(document), replacement)
    except DuplicateKeyError:
        return False
    return result.matched_count == 1


async def _copy(place: Place, document: Document) -> None:
    """Put a version into the history, in place of the copy that a write has left which was not finished."""
    try:
        await place.history.insert_one(document)
    except DuplicateKeyError:
        await place.history.replace_one({"_id": document["_id"]}, document)
