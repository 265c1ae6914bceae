"""At the end of a request's time its reads are stopped, and it begins no write; what it has begun goes on."""

from __future__ import annotations

import asyncio
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo.monitoring import CommandListener

from app.errors import OutOfTime
from app.search.algebra import And, Facet, Search
from app.store.deadline import CURRENT, Deadline, in_time, renew, time_left
from app.store.mongo import MongoStore
from app.store.sqlite import SqliteStore
from tests.store.kinds import KEEPING
from tests.store.toy import INDEX, named, write

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
    from pathlib import Path

    from pymongo.monitoring import CommandFailedEvent, CommandStartedEvent, CommandSucceededEvent

    from app.store.repository import Repository

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
READS: dict[str, Callable[[Repository], Awaitable[object]]] = {
    "read": lambda store: store.read("Patient", ["a"]),
    "read of many": lambda store: store.read("Patient", [str(number) for number in range(500)]),
    "heads": lambda store: store.heads("Patient", ["a"]),
    "version": lambda store: store.version("Patient", "a", 1),
    "history": lambda store: store.history("Patient", "a", 5),
    "search": lambda store: store.search("Patient", Search()),
    "search of many": lambda store: store.search("Patient", Search(count=500)),
    "count": lambda store: store.count("Patient", And()),
    "related": lambda store: store.related("Procedure", "patient", [("Patient/a",)], Search()),
    "count_related": lambda store: store.count_related("Procedure", "patient", [("Patient/a",)], And()),
    "tally": lambda store: store.tally("Patient", And(), [Facet("family")]),
}


@contextmanager
def within(seconds: float) -> Iterator[Deadline]:
    deadline = Deadline(seconds)
    token = CURRENT.set(deadline)
    try:
        yield deadline
    finally:
        CURRENT.reset(token)


@pytest.mark.parametrize("open_store", KEEPING, indirect=True)
async def test_nothing_is_begun_when_the_time_is_over(store: Repository) -> None:
    await store.write([write("a", named("A"))])
    with within(0):
        for read in READS.values():
            with pytest.raises(OutOfTime):
                await read(store)
        for together in (False, True):
            with pytest.raises(OutOfTime):
                await store.write([write("b", named("B")), write("c", named("C"))], together=together)
    assert await store.read("Patient", ["b", "c"]) == {}


@pytest.mark.parametrize("open_store", ["sqlite file", "sqlite memory", "secantusdb"], indirect=True)
async def test_who_has_time_is_answered(store: Repository) -> None:
    with within(60):
        await store.write([write("a", named("A"))])
        for read in READS.values():
            await read(store)
        assert len((await store.search("Patient", Search())).rows) == 1


@pytest.mark.parametrize("open_store", KEEPING, indirect=True)
async def test_names_in_the_ledger_are_let_go_of_also_when_the_time_is_over(store: Repository) -> None:
    with within(0):
        assert (await store.reserve("name", "me", 60)).held
        await store.settle("name", "me", None)
    assert (await store.reserve("name", "you", 60)).held


async def test_a_long_read_is_stopped_and_its_connection_reads_on(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path, INDEX, readers=1)
    await store.open()
    readers = store._running().readers
    with within(0.05), pytest.raises(OutOfTime):
        await readers.run(lambda connection: connection.execute(ENDLESS).get)
    assert await readers.run(lambda connection: connection.execute("SELECT 7").get) == 7
    await store.close()


async def test_who_waits_for_a_reader_waits_no_longer_than_it_has(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path, INDEX, readers=1)
    await store.open()
    readers = store._running().readers
    endless = asyncio.create_task(readers.run(lambda connection: connection.execute(ENDLESS).get))
    await asyncio.sleep(0)
    with within(0.05), pytest.raises(OutOfTime):
        await store.search("Patient", Search(count=500))
    endless.cancel()
    with pytest.raises(asyncio.CancelledError):
        await endless
    await store.close()


@pytest.mark.parametrize("directory", ["store", None])
async def test_a_write_that_has_begun_ends_and_is_told(tmp_path: Path, directory: str | None) -> None:
    store = SqliteStore(tmp_path / directory if directory else None, INDEX)
    await store.open()
    busy = asyncio.create_task(store._running().writer.run(lambda _: time.sleep(0.2)))
    await asyncio.sleep(0.01)
    with within(0.1):
        [stored] = await store.write([write("a", named("A"))])
        with pytest.raises(OutOfTime):
            time_left()
    assert (stored.version, stored.changed) == (1, True)
    await busy
    await store.close()


class Limits(CommandListener):
    """Notes the time that each command may take in the server, in milliseconds; None: as long as it takes."""

    def __init__(self) -> None:
        self.given: list[tuple[str, int | None]] = []

    def started(self, event: CommandStartedEvent) -> None:
        """The driver's hook."""
        self.given.append((event.command_name, event.command.get("maxTimeMS")))

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """The driver's hook."""

    def failed(self, event: CommandFailedEvent) -> None:
        """The driver's hook."""


@pytest.fixture
async def watched(secantusd_port: int) -> AsyncIterator[tuple[MongoStore, Limits]]:
    limits = Limits()
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(
        "127.0.0.1", secantusd_port, event_listeners=[limits]
    )
    store = MongoStore(client["deadlines"], INDEX)
    await store.open()
    await store.write([write("a", named("A"))])
    limits.given.clear()
    yield store, limits
    await store.close()
    client.close()


@pytest.mark.parametrize("name", READS)
async def test_mongodb_is_told_when_to_stop_reading(watched: tuple[MongoStore, Limits], name: str) -> None:
    store, limits = watched
    with within(20):
        await READS[name](store)
    told = [milliseconds for command, milliseconds in limits.given if command in {"find", "aggregate"}]
    assert told
    assert all(milliseconds is not None and 15_000 < milliseconds <= 20_500 for milliseconds in told)


async def test_mongodb_is_not_told_to_stop_a_write(watched: tuple[MongoStore, Limits]) -> None:
    store, limits = watched
    with within(20):
        await store.write([write("a", named("B"))])
        await store.write([write("b", named("B")), write("c", named("C"))], together=True)
    changing = {"insert", "update", "commitTransaction"}
    assert {milliseconds for command, milliseconds in limits.given if command in changing} == {None}


async def test_a_command_or_a_start_takes_as_long_as_it_takes(watched: tuple[MongoStore, Limits]) -> None:
    store, limits = watched
    await store.search("Patient", Search())
    assert {milliseconds for _, milliseconds in limits.given} == {None}


async def test_who_waits_for_mongodb_waits_no_longer_than_it_has(
    watched: tuple[MongoStore, Limits], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, _ = watched
    with monkeypatch.context() as silent:
        silent.setattr(store._running().collections, "prepared", lambda _: asyncio.sleep(60))
        for name in ("read", "search", "tally"):
            with within(0.05), pytest.raises(OutOfTime):
                await READS[name](store)
    assert await store.read("Patient", ["a"])  # the server is not taken to be away, and every place is free


async def test_time_that_is_renewed_begins_again() -> None:
    with within(60) as deadline:
        deadline._end = deadline.begun = 0
        with pytest.raises(OutOfTime, match="60 seconds"):
            time_left()
        renew()
        assert time_left()
        assert deadline.begun
    assert time_left() is None
    renew()


async def test_another_timeout_is_not_taken_for_the_end_of_the_time() -> None:
    with within(60), pytest.raises(TimeoutError, match="of its own"):
        async with in_time():
            raise TimeoutError("of its own")
