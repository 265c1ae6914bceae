"""The feed of changes: what a change stream tells of the collections of current versions.

A cursor has the resume token of a change, or a later one. The store's name, by which its cursors are told from those of
others, is made when it is first asked for, and kept in the database: `{_id: "feed", name}` among the store's own
documents."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from uuid import uuid4

import bson
from pymongo import ReadPreference, ReturnDocument

from app.errors import NoChanges
from app.store.cursors import cursor, position
from app.store.mongo.collections import OWN
from app.store.mongo.documents import version_of
from app.store.mongo.streams import AT_ONCE, Stream
from app.store.repository import Batch, Change

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Collection, Sequence

    from app.store.mongo.server import Server
    from app.store.mongo.streams import Database, Step


class Feed:
    """The changes of the resources of these types in a database."""

    def __init__(self, server: Server, database: Database, types: Collection[str]) -> None:
        self._server = server
        self._database = database
        self._types = types
        self._without_end = asyncio.Semaphore(AT_ONCE)
        self._catching_up = asyncio.Semaphore(AT_ONCE)  # however many do, nobody waits for them who has done so
        self._name = ""

    async def latest(self) -> str:
        """As `Repository.latest`."""
        name = await self._named()
        stream = self._stream(None, self._catching_up)
        try:
            return cursor(name, await stream.begin())
        finally:
            await stream.close()

    async def changes(self, since: str, types: Collection[str] | None, until: str | None) -> AsyncGenerator[Batch]:
        """As `Repository.changes`."""
        name = await self._named()
        reached, end = position(since, name), until and position(until, name)
        stream = self._stream(reached, self._catching_up if until else self._without_end)
        try:
            if end and reached >= end:
                return
            await stream.begin()
            while True:
                steps = await stream.steps()
                # In a thread: the documents may be large.
                read = await asyncio.to_thread(_changes, steps, name, types)
                wanted = [change for change in read if until is None or change.cursor <= until]
                there = await self._there(wanted)
                if steps[-1].position != reached:
                    reached = steps[-1].position
                    yield Batch(there, cursor(name, min(reached, end) if end else reached))
                if end and reached >= end:
                    return
        finally:
            await stream.close()

    def _stream(self, since: str | None, turns: asyncio.Semaphore) -> Stream:
        try:
            return Stream(self._server, turns, self._database, self._types, since)
        except NotImplementedError:  # of mongomock
            raise NoChanges from None

    async def _there(self, changes: Sequence[Change]) -> list[Change]:
        """Those whose resource has not been erased since: the server tells of it as long as it keeps what was written.

        One that was made anew under the same id is taken for it."""
        last: dict[tuple[str, str], int] = {}
        for name in {change.version.type for change in changes}:
            ids = list({change.version.id for change in changes if change.version.type == name})
            current = self._database.get_collection(
                name, read_preference=ReadPreference.PRIMARY
            )  # others may be behind
            async with self._server.request():
                found = current.find({"_id": {"$in": ids}}, {"version": True})
                last |= {(name, document["_id"]): document["version"] for document in await found.to_list(None)}
        return [each for each in changes if each.version.version <= last.get((each.version.type, each.version.id), 0)]

    async def _named(self) -> str:
        if not self._name:
            async with self._server.request():
                own = await self._database[OWN].find_one_and_update(
                    {"_id": "feed"},
                    {"$setOnInsert": {"name": uuid4().hex[:16]}},
                    upsert=True,
                    return_document=ReturnDocument.AFTER,
                )
            self._name = own["name"]
        return self._name


def _changes(steps: Sequence[Step], name: str, types: Collection[str] | None) -> list[Change]:
    return [
        Change(cursor(name, position), version_of(event["ns"]["coll"], bson.decode(event["fullDocument"].raw)))
        for event, position in steps
        if event is not None and (types is None or event["ns"]["coll"] in types)
    ]
