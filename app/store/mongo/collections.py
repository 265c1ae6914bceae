"""The collections of a database: each is given its indexes, and search values of this release, before its first use.

Servers of two releases may share a database for a while, as one after the other is replaced. The one that was opened
last has the say: the other reads, but writes no more, since its search values would not be those of the database. What
it has written just before is found now and then, and given the search values of the newer one.
"""

from __future__ import annotations

import asyncio
from itertools import chain
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from pymongo.errors import OperationFailure

from app.store.mongo.documents import found_by, from_bson
from app.store.mongo.indexes import MOST, indexes, missing, stale, states
from app.store.mongo.keys import KEYS
from app.store.mongo.ledger import INDEXES, LEDGER
from app.store.mongo.writing import Place

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

SAY: Final = 1.0
"""Seconds after which a store that writes looks whether another index has the say."""

OWN: Final = "dmi"
"""The collection of the store's own documents: `{_id: "index", version}`, the index of the store opened last,
`{_id: "keys"}` where keys are kept apart (`app.store.mongo.keys`), and that of `app.store.mongo.feed`."""

RESOURCE: Final = {"resource": True, "version": True}
"""What is read of a document to find it again."""

INDEX_NOT_FOUND: Final = 27
CANNOT_CREATE_INDEX: Final = 67
"""https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml"""


class Collections:
    """The collection `T` of the current versions of each resource type, and `T.history` of the earlier ones."""

    def __init__(self, database: Database, index: Index) -> None:
        self.database = database
        self._index = index
        self._wanted = {LEDGER: INDEXES, **{type: indexes(of) for type, of in index.parameters.items()}}  # noqa: A001 - FHIR's word
        self._checked: dict[str, float] = {}
        self._announced = False
        self._own: Mapping[str, Mapping[str, Any]] = {}
        self._asked = -inf

    async def prepared(self, type: str) -> Collection:  # noqa: A002 - FHIR's word
        """The collection of a type, for use; if several ask for the first time at once, no harm is done."""
        collection = self.database[type]
        if type not in self._checked:
            await _create(collection, await self._wanted_now(type))
            await self._rebuild(collection)
            self._checked[type] = monotonic()
        elif monotonic() - self._checked[type] > RECHECK:
            self._checked[type] = monotonic()  # the others go on meanwhile
            await self._rebuild(collection)
        return collection

    async def place(self, type: str) -> Place:  # noqa: A002 - FHIR's word
        """Where the versions of a type are kept, for use."""
        keys = self.database[KEYS] if await self.keys_apart() else None
        return Place(await self.prepared(type), self.database[f"{type}.history"], keys)

    async def ledger(self) -> Collection:
        """The collection of the names that somebody holds, for use."""
        ledger = self.database[LEDGER]
        if LEDGER not in self._checked:
            await _create(ledger, INDEXES)
            self._checked[LEDGER] = monotonic()
        return ledger

    async def has_say(self) -> bool:
        """Whether this store may write: none of another index was opened after it. Looked up now and then."""
        if not self._announced:
            await self._announce()
        return (await self._told()).get("index", {}).get("version") == self._index.version

    async def keys_apart(self) -> bool:
        """Whether keys are kept apart from the documents that have them. Looked up now and then."""
        return "keys" in await self._told()

    async def prepare_all(self) -> None:
        """Prepare the collections that are there, and have the say from now on."""
        await self._announce()
        for name in await self.database.list_collection_names():
            if name in self._index.parameters:
                await self.prepared(name)

    async def indexes(self) -> list[IndexState]:
        """The indexes of the collections that are there, also of types that are served no more."""
        names = sorted(await self.database.list_collection_names())
        found = [states(name, await _existing(self.database[name]), await self._wanted_now(name)) for name in names]
        return list(chain.from_iterable(found))

    async def drop_stale(self) -> list[IndexState]:
        """Drop what is stale, and make what is missing."""
        dropped = [index for index in await self.indexes() if index.state == "stale"]
        for index in dropped:
            await _drop(self.database[index.place], index.name)
        for name in {index.place for index in dropped} & self._wanted.keys():
            await _create(self.database[name], await self._wanted_now(name))
        return dropped

    async def _wanted_now(self, name: str) -> Sequence[IndexModel]:
        """The indexes of a collection. Where keys are kept apart, none makes them unique."""
        wanted = self._wanted.get(name, ())
        return [index for index in wanted if not _is_unique(index)] if await self.keys_apart() else wanted

    async def _told(self) -> Mapping[str, Mapping[str, Any]]:
        """The store's own documents by id, as they were a moment ago."""
        if monotonic() - self._asked > SAY:
            self._own = {document["_id"]: document for document in await self.database[OWN].find().to_list(None)}
            self._asked = monotonic()
        return self._own

    async def _rebuild(self, collection: Collection) -> None:
        """Rebuild, unless a store of another index was opened after this one: otherwise both would for ever."""
        if not self._announced:
            await self._announce()
        if await self._is_of_this_index():
            await rebuild(collection, self._index)

    async def _is_of_this_index(self) -> bool:
        return await self.database[OWN].find_one({"_id": "index", "version": self._index.version}) is not None

    async def _announce(self) -> None:
        await self.database[OWN].update_one({"_id": "index"}, {"$set": {"version": self._index.version}}, upsert=True)
        self._announced = True


async def rebuild(collection: Collection, index: Index) -> None:
    """Set the search values of the documents that have those of another index; it may end anywhere and begin again."""
    outdated = {"indexed": {"$ne": index.version}}
    while batch := await collection.find(outdated, RESOURCE).limit(BATCH).to_list(BATCH):
        await find_again(collection, batch, index)


async def find_again(collection: Collection, documents: Sequence[Document], index: Index) -> None:
    """Set the search values of documents, given as they were read, unless they have been replaced."""

    async def update(document: Document) -> None:
        same_version = {"_id": document["_id"], "version": document["version"]}
        resource = from_bson(document["resource"]) if "resource" in document else None
        await collection.update_one(same_version, {"$set": found_by(resource, index)})

    for start in range(0, len(documents), AT_ONCE):
        await asyncio.gather(*map(update, documents[start : start + AT_ONCE]))


async def _create(collection: Collection, wanted: Sequence[IndexModel]) -> None:
    """Make the missing indexes that there is room for: stale ones of another release may take some of it.

    One of them goes at once if the first of all has no room, without which keys are not unique."""
    existing = await _existing(collection)
    room = MOST - len(existing.keys() - {"_id_"})
    absent = missing(existing, wanted)
    if absent[:1] == wanted[:1] and room < 1 and (old := stale(existing, wanted)):
        await _drop(collection, old[-1])
        room += 1
    fitting = absent[: max(room, 0)]
    if others := [index for index in fitting if not _is_unique(index)]:
        await collection.create_indexes(others)
    for unique in filter(_is_unique, fitting):
        await _create_unique(collection, unique)


async def _create_unique(collection: Collection, index: IndexModel) -> None:
    """Make an index that a collection sharded by other fields cannot have; that it is missing is told by `indexes`."""
    try:
        await collection.create_indexes([index])
    except OperationFailure as error:
        if error.code != CANNOT_CREATE_INDEX:
            raise


def _is_unique(index: IndexModel) -> bool:
    return bool(index.document.get("unique"))


async def _drop(collection: Collection, name: str) -> None:
    try:
        await collection.drop_index(name)
    except OperationFailure as error:
        if error.code != INDEX_NOT_FOUND:  # somebody else is at it, too
            raise


async def _existing(collection: Collection) -> Mapping[str, Mapping[str, Any]]:
    found: Mapping[str, Mapping[str, Any]] = await collection.index_information()
    return found
