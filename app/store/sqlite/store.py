"""The embedded store: one SQLite file in this process, durable at every commit, nothing to install."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from app.store.failures import closed, slow
from app.store.sqlite import file, indexes, reindex, related, searching, tallies
from app.store.sqlite.dictionary import Dictionary
from app.store.sqlite.filters import Filters
from app.store.sqlite.readers import Readers
from app.store.sqlite.scheme import Scheme
from app.store.sqlite.writer import Writer
from app.store.sqlite.writing import Writing
from app.store.version import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    import apsw

    from app.fhir.resource import Resource
    from app.search.algebra import Facet, Filter, Index, Search
    from app.store.repository import IndexState, Page, Stored, Tally, Write

T = TypeVar("T")

READERS: Final = 4
COUNTERS: Final = 2  # the totals of a recall do not wait for the statistics of ten years
SOON: Final = 3.0
"""Seconds within which a store that is ready answers."""


@dataclass(frozen=True, slots=True)
class Running:
    """What an open store works with."""

    writer: Writer
    readers: Readers | Writer  # a store in memory has one connection for everything
    counter: Readers | Writer
    writing: Writing
    scheme: Scheme


class SqliteStore:
    """A Repository in the file `dmi.sqlite3` of a directory (None: in memory), for use in one event loop.

    Other processes may use the same file at the same time. `clock` gives lastUpdated."""

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

    async def open(self) -> None:
        """Open or make the file, and bring its search values up to date. Raises StoreUnusable."""
        writer = Writer(await asyncio.to_thread(file.open_writer, self._directory))
        try:
            self._opened = await self._start(writer)
        except BaseException:
            await writer.close()
            raise

    async def close(self) -> None:
        """Finish what runs, end the threads and close the file."""
        if running := self._opened:
            self._opened = None
            await running.counter.close()
            await running.readers.close()
            await running.writer.close()

    async def ready(self) -> None:
        """Return when the store answers; raise StoreUnavailable within seconds when it does not."""
        try:
            async with asyncio.timeout(SOON):
                await self._running().readers.run(lambda connection: reindex.check(connection, self._index.version))
        except TimeoutError:
            raise slow() from None

    async def read(self, type: str, ids: Collection[str]) -> Mapping[str, Resource]:  # noqa: A002 - FHIR's word
        """The current resources under those ids, by id."""
        return await self._running().readers.run(lambda connection: searching.read(connection, type, ids))

    async def search(self, type: str, search: Search) -> Page:  # noqa: A002 - FHIR's word
        """One page of the current resources of a type."""
        return await self._read(type, lambda connection, filters: searching.find_page(connection, filters, search))

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
            type, lambda connection, filters: related.pages(connection, filters, parameter, targets, search)
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
            type, lambda connection, filters: related.counts(connection, filters, parameter, targets, filter)
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

    async def indexes(self) -> Sequence[IndexState]:
        """What searches go by, by table and name, and what is stale."""
        running = self._running()
        return await running.counter.run(lambda connection: indexes.states(connection, running.scheme))

    async def drop_stale(self) -> Sequence[IndexState]:
        """Remove the search values under parameters that the index does not have, and answer which ones."""
        running = self._running()

        def drop(connection: apsw.Connection) -> list[IndexState]:
            reindex.check(connection, self._index.version)
            running.writing.dictionary.forget()
            return indexes.drop_stale(connection, running.scheme)

        return await running.writer.run(drop)

    async def write(self, writes: Sequence[Write]) -> Sequence[Stored]:
        """Keep each resource as the next version, all of them or none. Raises VersionConflict."""
        running = self._running()

        def put_all(connection: apsw.Connection) -> list[Stored]:
            reindex.check(connection, self._index.version)
            return running.writing.put(connection, writes)

        return await running.writer.run(put_all)

    async def _read(self, type_name: str, work: Callable[[apsw.Connection, Filters], T]) -> T:
        running = self._running()
        return await running.readers.run(
            lambda connection: work(connection, Filters(type_name, running.scheme.now(connection)))
        )

    def _running(self) -> Running:
        if self._opened is None:
            raise closed()
        return self._opened

    async def _start(self, writer: Writer) -> Running:
        numbers = await writer.run(lambda connection: file.number_parameters(connection, self._index))
        scheme = Scheme(numbers, self._index.parameters)
        dictionary = await writer.run(Dictionary)
        writing = Writing(self._index, scheme, dictionary, self._clock)
        await writer.run(lambda connection: reindex.begin(connection, self._index.version))
        while await writer.run(lambda connection: reindex.rebuild_batch(connection, writing)):
            pass
        if self._directory is None:
            return Running(writer, writer, writer, writing, scheme)
        readers = Readers(file.open_readers(self._directory, self._reader_count))
        counters = Readers([file.open_counter(self._directory) for _ in range(COUNTERS)])
        return Running(writer, readers, counters, writing, scheme)
