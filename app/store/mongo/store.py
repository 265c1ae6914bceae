"""The MongoDB store: a collection for each resource type, and one for its earlier versions."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import WriteConcern
from pymongo.errors import ConfigurationError

from app.errors import NoTransactions, StoreUnavailable
from app.store import keyset
from app.store.deadline import in_time, time_left
from app.store.elements import given
from app.store.failures import closed, slow
from app.store.fair_places import Places
from app.store.mongo import decoding, explaining, history, ledger, sharding, trail
from app.store.mongo.collections import Collections
from app.store.mongo.erasing import erase, erase_together, heads, reached, written
from app.store.mongo.failures import in_our_words, no_answer, quiet, reindexed, unusable_address
from app.store.mongo.feed import Feed
from app.store.mongo.filters import every
from app.store.mongo.inspection import inspect, repair
from app.store.mongo.links import CURRENT, Links, reference
from app.store.mongo.pool import Pool
from app.store.mongo.related import Relation
from app.store.mongo.restoring import restore, restore_with_keys
from app.store.mongo.searching import Listing, counted, fields
from app.store.mongo.server import Server
from app.store.mongo.tallies import check, tallied
from app.store.mongo.together import Together
from app.store.mongo.transactions import Transactions
from app.store.mongo.writing import Writing, in_chunks
from app.store.version import utc_now

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from motor.motor_asyncio import AsyncIOMotorCollection, AsyncIOMotorDatabase

    from app.fhir.resource import Resource
    from app.search.algebra import Facet, Filter, Index, Search
    from app.store.mongo.sharding import Step
    from app.store.mongo.transactions import Session
    from app.store.mongo.writing import Place
    from app.store.repository import (
        Batch,
        Event,
        Flaw,
        Going,
        Head,
        IndexState,
        LastLook,
        Page,
        Reservation,
        Statement,
        Stored,
        Tally,
        Version,
        Write,
    )

Database: TypeAlias = "AsyncIOMotorDatabase[dict[str, Any]]"
MongoCollection: TypeAlias = "AsyncIOMotorCollection[dict[str, Any]]"

DATABASE: Final = "dmi"
"""The database where the address names none."""

PATIENCE: Final = 3_000
"""Milliseconds after which a server that does not answer is away."""

TALLIES: Final = 2
"""So many long aggregations run at a time: they take the places of other requests."""

LONGEST: Final = 10.0
"""Seconds for one write. It waits for a transaction that has written the same resource, and that of a process which was
killed is ended by the server only after a minute."""

DURABLE: Final = WriteConcern(w="majority", j=True, wtimeout=10_000)


@dataclass(frozen=True, slots=True)
class Running:
    """What an open store works with."""

    server: Server
    collections: Collections
    transactions: Transactions
    feed: Feed


class MongoStore:
    """A Repository in a MongoDB database: that of an address ("mongodb://…/dmi"), or one that is given as it is.

    Only a client of its own making is closed with it. `clock` gives lastUpdated."""

    in_process = False

    def __init__(self, target: str | Database, index: Index, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._target = target
        self._index = index
        self._clock = clock
        self._writing = Writing(index, clock)
        self._links = Links(self._collection, index)
        self._tallies = Places(TALLIES)
        self._client: AsyncIOMotorClient[dict[str, Any]] | None = None
        self._pool = Pool()
        self._opened: Running | None = None

    async def open(self) -> None:
        """Connect; prepare the collections now or, where the server is away, as they are used. Raises StoreUnusable."""
        database = self._connected(self._target) if isinstance(self._target, str) else self._target
        server = Server(database)
        feed = Feed(server, database, self._index.parameters)
        self._opened = Running(server, Collections(database, self._index), Transactions(database), feed)
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

    def busy(self) -> Mapping[str, int]:
        """Requests and the driver's connections; those of a client that was given are not known."""
        if (running := self._opened) is None:
            return {}
        server = running.server
        told = {"requests_running": server.running, "requests_waiting": server.asked - server.running}
        if self._client is not None:
            told |= {"connections_open": self._pool.open, "connections_used": self._pool.used}
        return told

    async def ready(self) -> None:
        """Return when the server answers; raise StoreUnavailable within seconds when it does not."""
        try:
            async with asyncio.timeout(PATIENCE / 1000 + 1):
                await self._running().server.ping()
        except TimeoutError:
            raise no_answer() from None

    async def read(
        self,
        type: str,  # noqa: A002 - FHIR's word
        ids: Collection[str],
        elements: Collection[str] | None = None,
    ) -> Mapping[str, Resource]:
        """The current resources under those ids, by id."""
        wanted = every(CURRENT, {"_id": {"$in": list(ids)}})
        fields = decoding.projected(given(elements))
        async with self._collection(type) as collection:
            # In one batch, with which the server sees the end and keeps no cursor.
            found = decoding.as_json(collection).find(wanted, fields, batch_size=len(ids) + 1)
            return {document["_id"]: document["resource"] for document in await found.to_list(None)}

    async def heads(self, type: str, ids: Collection[str]) -> Mapping[str, Head]:  # noqa: A002 - FHIR's word
        """The last versions of the resources under those ids, by id."""
        async with self._versions(type) as place:
            return await history.heads(place, ids)

    async def version(
        self,
        type: str,  # noqa: A002 - FHIR's word
        id: str,  # noqa: A002 - FHIR's word
        version: int | None = None,
        as_of: str | None = None,
    ) -> Version | None:
        """The version of that number, or the one that was current at an instant; the last one, if neither is given."""
        async with self._versions(type) as place:
            if version is None:
                return await history.as_of(place, type, id, as_of)
            return await history.numbered(place, type, id, version)

    async def history(
        self,
        type: str,  # noqa: A002 - FHIR's word
        id: str,  # noqa: A002 - FHIR's word
        count: int,
        before: int | None = None,
    ) -> Sequence[Version]:
        """Versions of a resource, the last first."""
        async with self._versions(type) as place:
            return await history.latest(place, type, id, count, before)

    async def histories(self, type: str, after: str, count: int) -> Sequence[Sequence[Version]]:  # noqa: A002 - FHIR's word
        """All versions of the next resources by id."""
        async with self._versions(type) as place:
            return await history.next_whole(place, type, after, count)

    async def search(self, type: str, search: Search) -> Page:  # noqa: A002 - FHIR's word
        """One page of the current resources of a type."""
        keyset.check(search.sort, self._index.parameters[type])
        matched = await self._links.matched(type, search.filter)
        async with self._collection(type) as collection:
            found = Listing(decoding.as_json(collection), matched, search.sort, fields(search.sort, search.elements))
            return await found.page(search)

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
        async with in_time(), self._tallies, self._collection(type) as collection:
            for link in {facet.via for facet in facets if facet.via}:
                await self._running().collections.prepared(link.type)
            return await tallied(collection, matched, facets, at_most)

    async def explain(self, method: str, type: str, *arguments: Any) -> Sequence[Statement]:  # noqa: A002 - FHIR's word
        """The commands of a method that reads, with the server's plans; none of a client that was given."""
        with explaining.noted() as commands:
            await getattr(self, method)(type, *arguments)
        async with self._running().server.request():
            return await explaining.explained(self._running().collections.database, commands)

    async def indexes(self) -> Sequence[IndexState]:
        """The indexes of the collections that are there; a collection is given its own as it is first used."""
        async with self._running().server.request():
            return await self._running().collections.indexes()

    async def drop_stale(self) -> Sequence[IndexState]:
        """Drop the indexes of earlier releases, and make those that had no room beside them."""
        async with self._running().server.request():
            return await self._running().collections.drop_stale()

    async def sharding(self) -> Sequence[Step]:
        """What spreads this database over the shards of a cluster."""
        async with self._running().server.request():
            return await sharding.planned(self._running().collections.database, list(self._index.parameters))

    async def shard(self, steps: Sequence[Step]) -> AsyncIterator[Step]:
        """Each of these steps, once it is done. Raises StoreUnusable where there are no shards."""
        with in_our_words():
            async for step in sharding.done(self._running().collections.database, steps):
                yield step

    async def write(self, writes: Sequence[Write], *, together: bool = False) -> Sequence[Stored]:
        """Keep each resource as the next version, in one transaction if `together`; else each stands alone.

        Keys are unique among the resources of a type: they begin with its name."""
        time_left()
        await self._check_say()
        if together and len(writes) > 1:
            return await self._put_together(writes)
        return await in_chunks(writes, self._put)

    async def restore(self, histories: Sequence[Sequence[Version]]) -> int:
        """Keep whole histories in place of what is kept under their ids."""
        await self._check_say()
        of_types: dict[str, list[Sequence[Version]]] = {}
        for each in histories:
            for first in each[:1]:
                of_types.setdefault(first.type, []).append(each)
        restored = 0
        for name, of_type in of_types.items():
            restored += await self._restore(name, of_type)
        return restored

    async def _restore(self, type: str, histories: Sequence[Sequence[Version]]) -> int:  # noqa: A002 - FHIR's word
        async with self._place(type) as place:
            if place.keys is None:
                return await restore(place, self._index, type, histories)
            return await self._running().transactions.run(
                lambda session: restore_with_keys(place, self._index, type, histories, session)
            )

    async def reached(self) -> str:
        """An instant, a minute ago."""
        return reached(self._clock())

    async def written(self, since: str) -> AsyncIterator[Resource]:
        """The current resources that were written later than an instant."""
        for name in self._index.parameters:
            async with self._versions(name) as place:
                async for resource in written(place.current, since):
                    yield resource

    async def latest(self) -> str:
        """A cursor of the server's present time."""
        return await self._running().feed.latest()

    def changes(
        self, since: str, types: Collection[str] | None = None, until: str | None = None
    ) -> AsyncGenerator[Batch]:
        """What is written behind a cursor, in the order in which the server tells of it."""
        return self._running().feed.changes(since, types, until)

    async def erase(self, type: str, ids: Collection[str], look: LastLook | None = None) -> int:  # noqa: A002 - FHIR's word
        """Remove resources for good, and what the ledger says of them; answers how many there were."""
        erased = await self._erase_after_look(type, ids, look) if look else await self._erase(type, ids)
        async with self._running().server.request():
            await ledger.forget(await self._running().collections.ledger())
        return erased

    async def _erase(self, type: str, ids: Collection[str]) -> int:  # noqa: A002 - FHIR's word
        async with self._place(type) as place:
            return await erase(place, ids)

    async def _erase_after_look(self, type: str, ids: Collection[str], look: LastLook) -> int:  # noqa: A002 - FHIR's word
        running, wanted = self._running(), list(dict.fromkeys(ids))
        async with running.server.request():
            places = {name: await running.collections.place(name) for name in self._index.parameters}

            async def decided(session: Session | None) -> Going:
                until = await self.reached()
                lately = [each for at in places.values() async for each in written(at.current, look.since, session)]
                return look.decide(type, await heads(places[type], wanted, session), lately, until)

            async def together(session: Session) -> int:
                going = await decided(session)
                if going.trail is None:
                    return 0
                await Together(self._writing, places, [going.trail]).put(session)
                return await erase_together(places[type], list(going.ids), session)

            try:
                return await running.transactions.run(together)
            except NoTransactions:
                going = await decided(None)
        if going.trail is None:
            return 0
        await self.write([going.trail])
        return await self._erase(type, going.ids)

    async def inspect(self, type: str, after: str, count: int) -> tuple[str | None, Sequence[Flaw]]:  # noqa: A002 - FHIR's word
        """What is wrong with the next resources by id."""
        async with self._versions(type) as place:
            return await inspect(place, self._index, type, after, count)

    async def repair(self, type: str, ids: Collection[str]) -> None:  # noqa: A002 - FHIR's word
        """Make the search values of resources anew."""
        await self._check_say()
        async with self._place(type) as place:
            await repair(place, self._index, ids)

    async def keep_events(self, events: Sequence[Event]) -> None:
        """Keep events of use, in a collection of their own."""
        async with self._running().server.request():
            await trail.keep(self._running().collections.database[trail.TRAIL], events)

    async def events(self, after: str, count: int) -> Sequence[Event]:
        """The next events of use behind an id."""
        async with self._running().server.request():
            return await trail.after(self._running().collections.database[trail.TRAIL], after, count)

    async def forget_events(self, before: str) -> int:
        """Remove the events of use ahead of an id."""
        async with self._running().server.request():
            return await trail.forget(self._running().collections.database[trail.TRAIL], before)

    async def reserve(self, name: str, holder: str, seconds: float) -> Reservation:
        """Hold a name in the ledger for a time, unless somebody else holds it."""
        running = self._running()
        async with running.server.request():
            return await ledger.reserve(await running.collections.ledger(), name, holder, seconds, self._clock())

    async def settle(self, name: str, holder: str, answer: str | None) -> None:
        """Note the answer that was given under a name, or let go of it."""
        running = self._running()
        async with running.server.request():
            await ledger.settle(await running.collections.ledger(), name, holder, answer, self._clock())

    async def _put(self, write: Write) -> Stored:
        try:
            async with self._place(write.type) as place, asyncio.timeout(LONGEST):
                stored = await self._writing.put(place, write)
        except TimeoutError:
            raise slow() from None
        return stored or (await self._put_together([write]))[0]

    async def _put_together(self, writes: Sequence[Write]) -> list[Stored]:
        running = self._running()
        async with running.server.request():
            # No index is made within the transaction, and no search value made anew.
            places = {name: await running.collections.place(name) for name in {write.type for write in writes}}
            return await running.transactions.run(Together(self._writing, places, writes).put)

    async def _check_say(self) -> None:
        """Raise StoreUnavailable where a store of another index has the say in the database."""
        running = self._running()
        async with running.server.request():
            has_say = await running.collections.has_say()
        if not has_say:
            raise reindexed()

    @asynccontextmanager
    async def _place(self, type: str) -> AsyncIterator[Place]:  # noqa: A002 - FHIR's word
        """Where the versions of a type are kept, for a write."""
        running = self._running()
        async with running.server.request():
            yield await running.collections.place(type)

    @asynccontextmanager
    async def _versions(self, type: str) -> AsyncIterator[Place]:  # noqa: A002 - FHIR's word
        """The same, to be read."""
        running = self._running()
        async with running.server.reading():
            yield await running.collections.place(type)

    @asynccontextmanager
    async def _collection(self, type: str) -> AsyncIterator[MongoCollection]:  # noqa: A002 - FHIR's word
        """The collection of a type, to be read."""
        running = self._running()
        async with running.server.reading():
            yield await running.collections.prepared(type)

    async def _relation(self, type: str, parameter: str, filter: Filter) -> Relation:  # noqa: A002 - their words
        reference(self._index, type, parameter)
        return Relation(type, parameter, await self._links.matched(type, filter))

    def _running(self) -> Running:
        if self._opened is None:
            raise closed()
        return self._opened

    def _connected(self, address: str) -> Database:
        quiet()
        try:
            self._client = AsyncIOMotorClient(
                address,
                appname="dmi-graph",
                serverSelectionTimeoutMS=PATIENCE,
                connectTimeoutMS=PATIENCE,
                event_listeners=[self._pool, explaining.Commands()],
            )
        except (ConfigurationError, ValueError):
            raise unusable_address() from None
        return self._client.get_default_database(DATABASE, write_concern=DURABLE)
