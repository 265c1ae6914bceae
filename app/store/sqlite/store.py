"""The embedded store: one SQLite file in this process, durable at every commit, nothing to install."""

from __future__ import annotations

import asyncio
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from app.store.deadline import time_left
from app.store.failures import closed, slow
from app.store.sqlite import (
    copying,
    damage,
    file,
    indexes,
    inspecting,
    lately,
    ledger,
    reindex,
    related,
    searching,
    tallies,
    traces,
    versions,
)
from app.store.sqlite.erasing import erase, erase_after_look, erase_unused
from app.store.sqlite.explaining import Explaining
from app.store.sqlite.failures import damaged
from app.store.sqlite.filters import Filters
from app.store.sqlite.restoring import restore
from app.store.sqlite.running import READERS, begun
from app.store.sqlite.trail import Trail
from app.store.version import utc_now

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Mapping, Sequence
    from datetime import datetime

    import apsw

    from app.errors import Issue
    from app.fhir.resource import Resource
    from app.search.algebra import Facet, Filter, Index, Search
    from app.store.repository import (
        Batch,
        Event,
        Flaw,
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
    from app.store.sqlite.immediate import Immediate
    from app.store.sqlite.readers import Readers
    from app.store.sqlite.running import Running
    from app.store.sqlite.writer import AmongWrites

T = TypeVar("T")

PAGE: Final = 200
"""So many changes are read at a time."""

SOON: Final = 3.0
"""Seconds within which a store that is ready answers."""


class SqliteStore:
    """A Repository in the file `dmi.sqlite3` of a directory (None: in memory), for use in one event loop.

    Other processes may use the same file at the same time. `clock` gives lastUpdated."""

    in_process = True

    def __init__(
        self,
        directory: Path | None,
        index: Index,
        *,
        clock: Callable[[], datetime] = utc_now,
        readers: int = READERS,
    ) -> None:
        self._directory = directory
        self._index = index
        self._clock = clock
        self._reader_count = readers
        self._opened: Running | None = None
        self._trail = Trail(directory)

    async def open(self) -> None:
        """Open or make the file, and bring its search values up to date. Raises StoreUnusable."""
        self._opened = await begun(self._directory, self._index, self._clock, self._reader_count)

    async def close(self) -> None:
        """Finish what runs, end the threads and close the file."""
        if running := self._opened:
            self._opened = None
            await self._trail.close()
            await running.close()

    def busy(self) -> Mapping[str, int]:
        """Reads in threads, counts and writes. Short reads are over before anybody could ask."""
        return self._opened.busy() if self._opened else {}

    async def ready(self) -> None:
        """Return when the store answers; raise StoreUnavailable within seconds when it does not."""
        try:
            async with asyncio.timeout(SOON):
                await self._reads(1).run(lambda connection: reindex.check(connection, self._index.version))
        except TimeoutError:
            raise slow() from None

    async def read(
        self,
        type: str,  # noqa: A002 - FHIR's word
        ids: Collection[str],
        elements: Collection[str] | None = None,
    ) -> Mapping[str, Resource]:
        """The current resources under those ids, by id."""
        return await self._reads(len(ids)).run_statement(
            lambda connection: searching.read(connection, type, ids, elements)
        )

    async def heads(self, type: str, ids: Collection[str]) -> Mapping[str, Head]:  # noqa: A002 - FHIR's word
        """The last versions of the resources under those ids, by id, also of deleted ones."""
        return await self._reads(len(ids)).run(lambda connection: versions.heads(connection, type, ids))

    async def version(
        self,
        type: str,  # noqa: A002 - FHIR's word
        id: str,  # noqa: A002 - FHIR's word
        version: int | None = None,
        as_of: str | None = None,
    ) -> Version | None:
        """The version of that number, or the one that was current at an instant."""
        place = (type, id)
        return await self._reads(1).run(
            lambda connection: (
                versions.numbered(connection, place, version)
                if as_of is None
                else versions.as_of(connection, place, as_of)
            )
        )

    async def history(
        self,
        type: str,  # noqa: A002 - FHIR's word
        id: str,  # noqa: A002 - FHIR's word
        count: int,
        before: int | None = None,
    ) -> Sequence[Version]:
        """Up to `count` versions of a resource, the last first, or those before the version `before`."""
        place = (type, id)
        return await self._reads(count).run(lambda connection: versions.history(connection, place, count, before))

    async def histories(self, type: str, after: str, count: int) -> Sequence[Sequence[Version]]:  # noqa: A002 - FHIR's word
        """All versions of the next `count` resources by id, also of deleted ones."""
        return await self._running().counter.run(
            lambda connection: [
                versions.whole(connection, (type, id_)) for id_ in versions.next_ids(connection, type, after, count)
            ]
        )

    async def search(self, type: str, search: Search) -> Page:  # noqa: A002 - FHIR's word
        """One page of the current resources of a type."""
        return await self._read(
            type,
            lambda connection, filters: searching.find_page(connection, filters, search),
            number=search.offset + search.count,
        )

    async def count(self, type: str, filter: Filter) -> int:  # noqa: A002 - FHIR's word
        """How many current resources of a type a filter matches."""
        return await self._read(type, lambda connection, filters: searching.count(connection, filters, filter))

    async def related(
        self,
        type: str,  # noqa: A002 - FHIR's word
        parameter: str,
        targets: Sequence[Sequence[str]],
        search: Search,
    ) -> Sequence[Page]:
        """For each target the first page of the resources of a type that refer to it."""
        return await self._read(
            type,
            lambda connection, filters: related.pages(connection, filters, parameter, targets, search),
            number=max(len(targets), search.offset + search.count),
        )

    async def count_related(
        self,
        type: str,  # noqa: A002 - FHIR's word
        parameter: str,
        targets: Sequence[Sequence[str]],
        filter: Filter,  # noqa: A002 - the algebra's word
    ) -> Sequence[int]:
        """For each target how many resources of a type refer to it and match the filter."""
        return await self._read(
            type,
            lambda connection, filters: related.counts(connection, filters, parameter, targets, filter),
            number=len(targets),
        )

    async def tally(
        self,
        type: str,  # noqa: A002 - FHIR's word
        filter: Filter,  # noqa: A002 - the algebra's word
        facets: Sequence[Facet],
        at_most: int = 1_000,
    ) -> Sequence[Tally]:
        """What a filter matches, counted by each facet; on connections of their own, so that no page waits for it."""
        running = self._running()
        return await running.counter.run(
            lambda connection: tallies.tallies(
                connection, Filters(type, running.scheme.now(connection)), filter, facets, at_most
            )
        )

    async def explain(self, method: str, type: str, *arguments: Any) -> Sequence[Statement]:  # noqa: A002 - FHIR's word
        """The statements of a method that reads, with SQLite's plans."""
        running = self._running()
        explaining = Explaining(running.readers)
        again = SqliteStore(self._directory, self._index, clock=self._clock)
        reads = cast("Readers", explaining)
        again._opened = replace(running, short=cast("Immediate", explaining), readers=reads, counter=reads)
        await getattr(again, method)(type, *arguments)
        return list(explaining.statements.values())

    async def indexes(self) -> Sequence[IndexState]:
        """What searches go by, by table and name, and what is stale."""
        running = self._running()
        return await running.counter.run(lambda connection: indexes.states(connection, running.scheme))

    async def drop_stale(self) -> Sequence[IndexState]:
        """Remove the search values under parameters that the index does not have, and answer which ones."""
        running = self._running()

        def drop(connection: apsw.Connection) -> list[IndexState]:
            running.writing.dictionary.forget()
            return indexes.drop_stale(connection, running.scheme)

        return await running.write(drop)

    async def keep_events(self, events: Sequence[Event]) -> None:
        """Keep events of use, in a file of their own."""
        self._running()
        await self._trail.keep(events)

    async def events(self, after: str, count: int) -> Sequence[Event]:
        """The next events of use behind an id."""
        self._running()
        return await self._trail.after(after, count)

    async def forget_events(self, before: str) -> int:
        """Remove the events of use ahead of an id."""
        self._running()
        return await self._trail.forget(before)

    async def reserve(self, name: str, holder: str, seconds: float) -> Reservation:
        """Hold a name in the ledger for a time, unless somebody else holds it."""
        return await self._running().writer.run(
            lambda connection: ledger.reserve(connection, name, holder, seconds, self._clock())
        )

    async def settle(self, name: str, holder: str, answer: str | None) -> None:
        """Note the answer that was given under a name; None lets go of the name."""
        await self._running().writer.run(
            lambda connection: ledger.settle(connection, name, holder, answer, self._clock())
        )

    async def write(self, writes: Sequence[Write], *, together: bool = False) -> Sequence[Stored]:
        """Keep each resource as the next version, all of them or none. Raises VersionConflict, DuplicateKey, and
        OutOfTime ahead of that."""
        running = self._running()
        time_left()
        return await running.write(lambda connection: running.writing.put(connection, writes, together=together))

    async def restore(self, histories: Sequence[Sequence[Version]]) -> int:
        """Keep whole histories in place of what is kept under their ids, all of them or none. Raises DuplicateKey."""
        running = self._running()
        return await running.write(lambda connection: restore(connection, running.writing, histories))

    async def reached(self) -> str:
        """The number of the last change."""
        return str(await self._running().counter.run(lately.reached))

    async def written(self, since: str) -> AsyncIterator[Resource]:
        """The current resources of the changes behind a number, in the order of the changes."""
        number, running = int(since), self._running()
        while True:
            page = await running.counter.run(partial(_next_written, since=number))
            for number, resource in page:  # noqa: B007 - the next page begins behind the last one
                yield resource
            if len(page) < PAGE:
                return

    async def latest(self) -> str:
        """The cursor of the last change."""
        return await self._running().feed.latest()

    def changes(
        self, since: str, types: Collection[str] | None = None, until: str | None = None
    ) -> AsyncGenerator[Batch]:
        """What is written behind a cursor, in the order of commits."""
        return self._running().feed.changes(since, types, until)

    async def erase(self, type: str, ids: Collection[str], look: LastLook | None = None) -> int:  # noqa: A002 - FHIR's word
        """Remove resources for good. Nothing of them is left in the file, nor in its log."""
        running, wanted = self._running(), list(ids)
        erased = await running.write(
            lambda connection: (
                erase_after_look(connection, running.writing, type, wanted, look)
                if look
                else erase(connection, running.writing, type, wanted)
            )
        )
        if erased and self._directory:
            await asyncio.to_thread(traces.empty_log, self._directory)
        return erased

    async def inspect(self, type: str, after: str, count: int) -> tuple[str | None, Sequence[Flaw]]:  # noqa: A002 - FHIR's word
        """Look through the next `count` resources by id; answers the last id, None at the end, and what is wrong."""
        running = self._running()
        return await running.counter.run(
            lambda connection: inspecting.inspect(connection, running.writing, type, after, count)
        )

    async def repair(self, type: str, ids: Collection[str]) -> None:  # noqa: A002 - FHIR's word
        """Make the search values of resources anew."""
        running = self._running()
        await running.write(lambda connection: inspecting.repair(connection, running.writing, type, ids))

    async def compact(self) -> None:
        """Rewrite the file without its unused parts, in which there may be traces of what was erased or replaced.

        Others read meanwhile, but do not write. It takes some seconds for each GB, and twice the room."""
        running = self._running()
        await running.write(lambda connection: erase_unused(connection, running.writing))
        if self._directory:
            await asyncio.to_thread(traces.compact, self._directory)

    async def backup(self, path: Path, progress: Callable[[int, int], None] = lambda copied, of: None) -> None:
        """Copy the store as it is at this moment to a new file, and look through the copy, while others read and write.

        `progress` is called in another thread with the number of pages copied, and of all. Raises StoreUnusable."""
        self._running()
        if self._directory is None:
            raise copying.no_file(path)
        await copying.backup(self._directory, path, progress)

    def is_there(self) -> bool:
        """Whether the file is there; one in memory always is."""
        return self._directory is None or (self._directory / file.FILE).is_file()

    async def check_file(self) -> Sequence[Issue]:
        """What SQLite finds wrong with the file as a whole: a torn page, an index that lacks a row. Also of a store
        that cannot be opened; raises StoreUnusable where nothing of it can be read."""
        path = (self._directory or Path("memory:")) / file.FILE
        if self._opened is None and self._directory:
            found = await asyncio.to_thread(_said_of_file, self._directory)
        else:
            found = await self._running().counter.run(damage.findings)
        return [damaged(path, each) for each in found]

    async def _read(
        self, type_name: str, work: Callable[[apsw.Connection, Filters], T], number: int | None = None
    ) -> T:
        scheme = self._running().scheme
        return await self._reads(number).run(
            lambda connection: work(connection, Filters(type_name, scheme.now(connection)))
        )

    def _reads(self, number: int | None) -> Immediate | Readers | AmongWrites:
        """Where so many resources are read, or None, who knows how many."""
        running = self._running()
        return running.readers if number is None or number > searching.SHORT else running.short

    def _running(self) -> Running:
        if self._opened is None:
            raise closed()
        return self._opened


def _said_of_file(directory: Path) -> list[str]:
    with closing(file.open_counter(directory)) as connection:
        return damage.said(connection)


def _next_written(connection: apsw.Connection, since: int) -> list[tuple[int, Resource]]:
    return list(lately.written(connection, since, PAGE))
