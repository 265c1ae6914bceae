"""The MongoDB store: a collection for each resource type, and one for its earlier versions."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import WriteConcern
from pymongo.errors import ConfigurationError

from app.errors import StoreUnavailable
from app.store import keyset
from app.store.failures import closed
from app.store.mongo.collections import Collections
from app.store.mongo.documents import from_bson
from app.store.mongo.failures import no_answer, unusable_address
from app.store.mongo.filters import every, mongo_filter
from app.store.mongo.searching import Listing
from app.store.mongo.server import Server
from app.store.mongo.writing import Writing, in_chunks
from app.store.version import utc_now

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from motor.motor_asyncio import AsyncIOMotorCollection, AsyncIOMotorDatabase

    from app.fhir.resource import Resource
    from app.search.algebra import Filter, Index, Search
    from app.store.mongo.filters import Document
    from app.store.repository import Page, Stored, Write

Database: TypeAlias = "AsyncIOMotorDatabase[dict[str, Any]]"
MongoCollection: TypeAlias = "AsyncIOMotorCollection[dict[str, Any]]"

DATABASE: Final = "dmi"
"""The database where the address names none."""

PATIENCE: Final = 3_000
"""Milliseconds after which a server that does not answer is away."""

DURABLE: Final = WriteConcern(w="majority", j=True, wtimeout=10_000)

CURRENT: Final[Document] = {"deleted": False}


@dataclass(frozen=True, slots=True)
class Running:
    """What an open store works with."""

    server: Server
    collections: Collections


class MongoStore:
    """A Repository in a MongoDB database: that of an address ("mongodb://…/dmi"), or one that is given as it is.

    Only a client of its own making is closed with it. `clock` gives lastUpdated."""

    def __init__(self, target: str | Database, index: Index, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._target = target
        self._index = index
        self._writing = Writing(index, clock)
        self._client: AsyncIOMotorClient[dict[str, Any]] | None = None
        self._opened: Running | None = None

    async def open(self) -> None:
        """Connect; prepare the collections now or, where the server is away, as they are used. Raises StoreUnusable."""
        database = self._connected(self._target) if isinstance(self._target, str) else self._target
        self._opened = Running(Server(database), Collections(database, self._index))
        try:
            with suppress(StoreUnavailable):
                async with self._opened.server.request():
                    await self._opened.collections.prepare_all()
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Let go of the connections."""
        if running := self._opened:
            self._opened = None
            await running.server.close()
        if self._client is not None:
            self._client.close()
            self._client = None

    async def ready(self) -> None:
        """Return when the server answers; raise StoreUnavailable within seconds when it does not."""
        try:
            async with asyncio.timeout(PATIENCE / 1000 + 1):
                await self._running().server.ping()
        except TimeoutError:
            raise no_answer() from None

    async def read(self, type: str, ids: Collection[str]) -> Mapping[str, Resource]:  # noqa: A002 - FHIR's word
        """The current resources under those ids, by id."""
        wanted = every(CURRENT, {"_id": {"$in": list(ids)}})
        async with self._collection(type) as collection:
            found = collection.find(wanted, {"resource": 1}, batch_size=max(len(ids), 1))
            return {document["_id"]: from_bson(document["resource"]) async for document in found}

    async def search(self, type: str, search: Search) -> Page:  # noqa: A002 - FHIR's word
        """One page of the current resources of a type."""
        matched = self._matched(type, search.filter)
        keyset.check(search.sort, self._index.parameters[type])
        async with self._collection(type) as collection:
            return await Listing(collection, matched, search.sort).page(search)

    async def count(self, type: str, filter: Filter) -> int:  # noqa: A002 - FHIR's word
        """How many current resources of a type a filter matches."""
        matched = self._matched(type, filter)
        async with self._collection(type) as collection:
            return await collection.count_documents(matched)

    async def write(self, writes: Sequence[Write]) -> Sequence[Stored]:
        """Keep each resource as the next version; each stands alone. Raises VersionConflict."""
        history = self._running().collections.history

        async def put(write: Write) -> Stored:
            async with self._collection(write.type) as collection:
                return await self._writing.put(collection, history(write.type), write)

        return await in_chunks(writes, put)

    @asynccontextmanager
    async def _collection(self, type: str) -> AsyncIterator[MongoCollection]:  # noqa: A002 - FHIR's word
        """The collection of a type, for one request."""
        running = self._running()
        async with running.server.request():
            yield await running.collections.prepared(type)

    def _matched(self, type: str, filter: Filter) -> Document:  # noqa: A002 - FHIR's word, the algebra's word
        return every(CURRENT, mongo_filter(filter, self._index.parameters[type]))

    def _running(self) -> Running:
        if self._opened is None:
            raise closed()
        return self._opened

    def _connected(self, address: str) -> Database:
        try:
            self._client = AsyncIOMotorClient(
                address, appname="dmi-graph", serverSelectionTimeoutMS=PATIENCE, connectTimeoutMS=PATIENCE
            )
        except (ConfigurationError, ValueError):
            raise unusable_address() from None
        return self._client.get_default_database(DATABASE, write_concern=DURABLE)
