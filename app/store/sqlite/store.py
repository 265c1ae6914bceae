"""The embedded store: one SQLite file in this process, durable at every commit, nothing to install."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from app.store.failures import closed, slow
from app.store.sqlite import file, reindex, searching
from app.store.sqlite.filters import Filters
from app.store.sqlite.readers import Readers
from app.store.sqlite.writer import Writer
from app.store.sqlite.writing import Writing
from app.store.version import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    import apsw

    from app.fhir.resource import Resource
    from app.search.algebra import Filter, Index, Search
    from app.store.repository import Page, Stored, Write

READERS: Final = 4
SOON: Final = 3.0
"""Seconds within which a store that is ready answers."""


@dataclass(frozen=True, slots=True)
class Running:
    """What an open store works with."""

    writer: Writer
    readers: Readers | Writer  # a store in memory has one connection for both
    writing: Writing
    filters: Mapping[str, Filters]


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
        filters = self._running().filters[type]
        return await self._running().readers.run(lambda connection: searching.find_page(connection, filters, search))

    async def count(self, type: str, filter: Filter) -> int:  # noqa: A002 - FHIR's word
        """How many current resources of a type a filter matches."""
        filters = self._running().filters[type]
        return await self._running().readers.run(lambda connection: searching.count(connection, filters, filter))

    async def write(self, writes: Sequence[Write]) -> Sequence[Stored]:
        """Keep each resource as the next version, all of them or none. Raises VersionConflict."""
        running = self._running()

        def put_all(connection: apsw.Connection) -> list[Stored]:
            reindex.check(connection, self._index.version)
            return [running.writing.put(connection, write) for write in writes]

        return await running.writer.run(put_all)

    def _running(self) -> Running:
        if self._opened is None:
            raise closed()
        return self._opened

    async def _start(self, writer: Writer) -> Running:
        numbers = await writer.run(lambda connection: file.number_parameters(connection, self._index))
        writing = Writing(self._index, numbers, self._clock)
        await writer.run(lambda connection: reindex.begin(connection, self._index.version))
        while await writer.run(lambda connection: reindex.rebuild_batch(connection, writing)):
            pass
        filters = {
            type_name: Filters(type_name, numbers[type_name], parameters)
            for type_name, parameters in self._index.parameters.items()
        }
        readers = self._directory and Readers(file.open_readers(self._directory, self._reader_count))
        return Running(writer, readers or writer, writing, filters)
