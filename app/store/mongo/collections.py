"""The collections of a database: each is given its indexes, and search values of this release, before its first use.

Servers of two releases may share a database for a while, as one after the other is replaced. The one that was opened
last has the say: it looks now and then for documents that the other has written, and gives them its own search values.
"""

from __future__ import annotations

import asyncio
from itertools import chain
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from pymongo.errors import OperationFailure

from app.store.mongo.documents import found_by, from_bson
from app.store.mongo.indexes import MOST, indexes, missing, states

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from motor.motor_asyncio import AsyncIOMotorCollection, AsyncIOMotorDatabase
    from pymongo import IndexModel

    from app.search.algebra import Index
    from app.store.mongo.documents import Document
    from app.store.repository import IndexState

Database: TypeAlias = "AsyncIOMotorDatabase[dict[str, Any]]"
Collection: TypeAlias = "AsyncIOMotorCollection[dict[str, Any]]"

BATCH: Final = 192
"""So many documents are in memory at a time while their search values are rebuilt."""

AT_ONCE: Final = 32
"""So many of them are written at a time."""

RECHECK: Final = 10.0
"""Seconds after which a collection in use is looked through for documents of another release."""

OWN: Final = "dmi"
"""The collection of the store's own document, `{_id: "index", version}`: the index of the store opened last."""

INDEX_NOT_FOUND: Final = 27
"""https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml"""


class Collections:
    """The collection `T` of the current versions of each resource type, and `T.history` of the earlier ones."""

    def __init__(self, database: Database, index: Index) -> None:
        self.database = database
        self._index = index
        self._wanted = {type: indexes(parameters) for type, parameters in index.parameters.items()}  # noqa: A001 - FHIR's word
        self._checked: dict[str, float] = {}
        self._announced = False

    async def prepared(self, type: str) -> Collection:  # noqa: A002 - FHIR's word
        """The collection of a type, for use; if several ask for the first time at once, no harm is done."""
        collection = self.database[type]
        if type not in self._checked:
            await _create(collection, self._wanted[type])
            await self._rebuild(collection)
            self._checked[type] = monotonic()
        elif monotonic() - self._checked[type] > RECHECK:
            self._checked[type] = monotonic()  # the others go on meanwhile
            await self._rebuild(collection)
        return collection

    def history(self, type: str) -> Collection:  # noqa: A002 - FHIR's word
        """The collection of the earlier versions of a type."""
        return self.database[f"{type}.history"]

    async def prepare_all(self) -> None:
        """Prepare the collections that are there, and have the say from now on."""
        await self._announce()
        for name in await self.database.list_collection_names():
            if name in self._wanted:
                await self.prepared(name)

    async def indexes(self) -> list[IndexState]:
        """The indexes of the collections that are there, also of types that are served no more."""
        names = sorted(await self.database.list_collection_names())
        found = [states(name, await _existing(self.database[name]), self._wanted.get(name, ())) for name in names]
        return list(chain.from_iterable(found))

    async def drop_stale(self) -> list[IndexState]:
        """Drop what is stale, and make what is missing."""
        dropped = [index for index in await self.indexes() if index.state == "stale"]
        for index in dropped:
            try:
                await self.database[index.place].drop_index(index.name)
            except OperationFailure as error:
                if error.code != INDEX_NOT_FOUND:  # somebody else is at it, too
                    raise
        for name in {index.place for index in dropped} & self._wanted.keys():
            await _create(self.database[name], self._wanted[name])
        return dropped

    async def _rebuild(self, collection: Collection) -> None:
        """Rebuild, unless a store of another index was opened after this one: otherwise both would for ever."""
        if not self._announced:
            await self._announce()
        if await self.database[OWN].find_one({"_id": "index", "version": self._index.version}):
            await rebuild(collection, self._index)

    async def _announce(self) -> None:
        await self.database[OWN].update_one({"_id": "index"}, {"$set": {"version": self._index.version}}, upsert=True)
        self._announced = True


async def rebuild(collection: Collection, index: Index) -> None:
    """Set the search values of the documents that have those of another index; it may end anywhere and begin again."""
    outdated = {"indexed": {"$ne": index.version}}

    async def update(document: Document) -> None:
        same_version = {"_id": document["_id"], "version": document["version"]}
        await collection.update_one(same_version, {"$set": found_by(from_bson(document["resource"]), index)})

    while batch := await collection.find(outdated, {"resource": 1, "version": 1}).limit(BATCH).to_list(BATCH):
        for start in range(0, len(batch), AT_ONCE):
            await asyncio.gather(*map(update, batch[start : start + AT_ONCE]))


async def _create(collection: Collection, wanted: Sequence[IndexModel]) -> None:
    """Make the missing indexes that there is room for: stale ones of another release may take some of it."""
    existing = await _existing(collection)
    room = MOST - len(existing.keys() - {"_id_"})
    if absent := missing(existing, wanted)[: max(room, 0)]:
        await collection.create_indexes(absent)


async def _existing(collection: Collection) -> Mapping[str, Mapping[str, Any]]:
    found: Mapping[str, Mapping[str, Any]] = await collection.index_information()
    return found
