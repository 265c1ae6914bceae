"""The collections of a database: each is given its indexes, and search values of this release, before its first use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from app.store.mongo.documents import found_by, from_bson
from app.store.mongo.indexes import indexes, outdated

if TYPE_CHECKING:
    from motor.motor_asyncio import AsyncIOMotorCollection, AsyncIOMotorDatabase

    from app.search.algebra import Index

Database: TypeAlias = "AsyncIOMotorDatabase[dict[str, Any]]"
Collection: TypeAlias = "AsyncIOMotorCollection[dict[str, Any]]"

BATCH: Final = 200
"""So many documents are in memory at a time while their search values are rebuilt."""


class Collections:
    """The collection `T` of the current versions of each resource type, and `T.history` of the earlier ones."""

    def __init__(self, database: Database, index: Index) -> None:
        self.database = database
        self._index = index
        self._prepared: set[str] = set()

    async def prepared(self, type: str) -> Collection:  # noqa: A002 - FHIR's word
        """The collection of a type, for use; if several ask for the first time at once, no harm is done."""
        collection = self.database[type]
        if type not in self._prepared:
            wanted = indexes(self._index.parameters[type])
            for name in outdated(await collection.index_information(), wanted):
                await collection.drop_index(name)
            await collection.create_indexes(wanted)
            await rebuild(collection, self._index)
            self._prepared.add(type)
        return collection

    def history(self, type: str) -> Collection:  # noqa: A002 - FHIR's word
        """The collection of the earlier versions of a type."""
        return self.database[f"{type}.history"]

    async def prepare_all(self) -> None:
        """Prepare the collections that are there."""
        for name in await self.database.list_collection_names():
            if name in self._index.parameters:
                await self.prepared(name)


async def rebuild(collection: Collection, index: Index) -> None:
    """Set the search values of the documents that have those of another index; it may end anywhere and begin again."""
    outdated = {"indexed": {"$ne": index.version}}
    while batch := await collection.find(outdated, {"resource": 1, "version": 1}).limit(BATCH).to_list(BATCH):
        for document in batch:
            same_version = {"_id": document["_id"], "version": document["version"]}
            await collection.update_one(same_version, {"$set": found_by(from_bson(document["resource"]), index)})
