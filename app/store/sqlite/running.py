"""What an open store works with: the one that writes, those that read, and what they know of the tables."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from app.store.sqlite import changes, file, reindex
from app.store.sqlite.dictionary import Dictionary
from app.store.sqlite.feed import Feed
from app.store.sqlite.immediate import Immediate
from app.store.sqlite.readers import Readers
from app.store.sqlite.scheme import Scheme
from app.store.sqlite.writer import AmongWrites, Writer
from app.store.sqlite.writing import Writing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from pathlib import Path

    import apsw

    from app.search.algebra import Index

T = TypeVar("T")

READERS: Final = 4
COUNTERS: Final = 2  # the totals of a recall do not wait for the statistics of ten years


@dataclass(frozen=True, slots=True)
class Running:
    """The parts of an open store. `counter` is for what reads very much, `short` for what reads little."""

    writer: Writer
    short: Immediate | AmongWrites  # a store in memory has one connection for everything
    readers: Readers | AmongWrites
    counter: Readers | AmongWrites
    feed: Feed
    writing: Writing
    scheme: Scheme

    async def write(self, work: Callable[[apsw.Connection], T]) -> T:
        """What the work returns, once it is durable. Raises StoreUnavailable where another process has the say."""

        def checked(connection: apsw.Connection) -> T:
            reindex.check(connection, self.writing.index.version)
            return work(connection)

        try:
            return await self.writer.run(checked)
        finally:
            self.feed.ring()

    def busy(self) -> Mapping[str, int]:
        """Reads in threads, counts and writes. Short reads are over before anybody could ask."""
        told = {"writes_waiting": self.writer.waiting}
        for name, readers in (("reads", self.readers), ("counts", self.counter)):
            if isinstance(readers, Readers):  # in memory the writer does everything
                told |= {f"{name}_running": readers.running, f"{name}_waiting": readers.waiting}
        return told

    async def close(self) -> None:
        """Finish what runs, end the threads and close the connections."""
        await self.feed.close()
        await self.short.close()
        await self.counter.close()
        await self.readers.close()
        await self.writer.close()


async def begun(directory: Path | None, index: Index, clock: Callable[[], datetime], readers: int) -> Running:
    """Open or make the file of a directory, and bring its search values up to date. Raises StoreUnusable."""
    writer = Writer(await asyncio.to_thread(file.open_writer, directory))
    try:
        return await _begun(writer, directory, Writing(index, *await _known(writer, index), clock), readers)
    except BaseException:
        await writer.close()
        raise


async def _known(writer: Writer, index: Index) -> tuple[Scheme, Dictionary]:
    numbers = await writer.run(lambda connection: file.number_parameters(connection, index))
    return Scheme(numbers, index.parameters), await writer.run(Dictionary)


async def _begun(writer: Writer, directory: Path | None, writing: Writing, number: int) -> Running:
    await writer.run(lambda connection: reindex.begin(connection, writing.index.version))
    while await writer.run(lambda connection: reindex.rebuild_batch(connection, writing)):
        pass
    name = await writer.run(changes.name)
    if directory is None:
        among = AmongWrites(writer)
        return Running(writer, among, among, among, Feed(name, among), writing, writing.scheme)
    readers = Readers(file.open_readers(directory, number))
    short = Immediate(file.open_impatient(directory), readers)
    counters = Readers([file.open_counter(directory) for _ in range(COUNTERS)])
    feed = Feed(name, Readers(file.open_readers(directory, 1)))
    return Running(writer, short, readers, counters, feed, writing, writing.scheme)
