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
from app.store.mongo.filters import every
from app.store.mongo.links import CURRENT, Links, reference
from app.store.mongo.related import Relation
from app.store.mongo.searching import Listing, counted
from app.store.mongo.server import Server
from app.store.mongo.tallies import check, tallied
from app.store.mongo.writing import Writing, in_chunks
from app.store.version import utc_now

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from motor.motor_asyncio import AsyncIOMotorCollection, AsyncIOMotorDatabase

    from app.fhir.resource import Resource
    from app.search.algebra import Facet, Filter, Index, Search
    from app.store.repository import IndexState, Page, Stored, Tally, Write

Database: TypeAlias = "AsyncIOMotorDatabase[dict[str, Any]]"
MongoCollection: TypeAlias = "AsyncIOMotorCollection[dict[str, Any]]"

DATABASE: Final = "dmi"
"""The database where the address names none."""

PATIENCE: Final = 3_000
"""Milliseconds after which a server that does not answer is away."""

TALLIES: Final = 2
"""So many long aggregations run at a time: they take the places of other requests."""

DURABLE: Final = WriteConcern(w="majority", j=True, wtimeout=10_000)


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
        self._links = Links(self._collection, index)
        self._tallies = asyncio.Semaphore(TALLIES)
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
        keyset.check(search.sort, self._index.parameters[type])
        matched = await self._links.matched(type, search.filter)
        async with self._collection(type) as collection:
            return await Listing(collection, matched, search.sort).page(search)

    async def count(self, type: str, filter: Filter) -> int:  # noqa: A002 - FHIR's word
        """How many current resources of a type a filter matches."""
        matched = await self._links.matched(type, filter)
        async with self._collection(type) as collection:
            return await counted(collection, matched)

    async def related(
        self,
        type: str,  # noqa: A002 - FHIR's word
        parameter: str,
        targets: Sequence[Sequence[str]],
        search: Search,
    ) -> Sequence[Page]:
        """The first page of what refers to each target, in one command and those that the filter's steps take."""
        keyset.check(search.sort, self._index.parameters[type])
        asked = await self._relation(type, parameter, search.filter)
        async with self._collection(type):
            return await asked.pages(self._running().collections.database, targets, search)

    async def count_related(
        self,
        type: str,  # noqa: A002 - FHIR's word
        parameter: str,
        targets: Sequence[Sequence[str]],
        filter: Filter,  # noqa: A002 - the algebra's word
    ) -> Sequence[int]:
        """How many resources of a type refer to each target and match the filter."""
        asked = await self._relation(type, parameter, filter)
        async with self._collection(type):
            return await asked.counts(self._running().collections.database, targets)

    async def tally(
        self,
        type: str,  # noqa: A002 - FHIR's word
        filter: Filter,  # noqa: A002 - the algebra's word
        facets: Sequence[Facet],
        at_most: int = 1_000,
    ) -> Sequence[Tally]:
        """What matches, counted by each facet, in one command; few of them run at a time."""
        check(facets, type, self._index)
        matched = await self._links.matched(type, filter)
        async with self._tallies, self._collection(type) as collection:
            for link in {facet.via for facet in facets if facet.via}:
                await self._running().collections.prepared(link.type)
            return await tallied(collection, matched, facets, at_most)

    async def indexes(self) -> Sequence[IndexState]:
        """The indexes of the collections that are there; a collection is given its own as it is first used."""
        async with self._running().server.request():
            return await self._running().collections.indexes()

    async def drop_stale(self) -> Sequence[IndexState]:
        """Drop the indexes of earlier releases, and make those that had no room beside them."""
        async with self._running().server.request():
            return await self._running().collections.drop_stale()

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

    async def _relation(self, type: str, parameter: str, filter: Filter) -> Relation:  # noqa: A002 - their words
        reference(self._index, type, parameter)
        return Relation(type, parameter, await self._links.matched(type, filter))

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
