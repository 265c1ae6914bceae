"""Short reads in the thread of the event loop, and when they leave it."""

from __future__ import annotations

import asyncio
import threading
from itertools import groupby
from math import inf
from typing import TYPE_CHECKING, Any

import apsw
import pytest

from app.errors import OutOfTime, StoreUnavailable
from app.search.algebra import And, Eq, Prefix, Search, SortKey
from app.store.deadline import CURRENT, Deadline
from app.store.sqlite import SqliteStore, immediate, loop_time
from app.store.sqlite.choosing import budget
from app.store.sqlite.file import FILE
from app.store.sqlite.immediate import Immediate, Impatient
from app.store.sqlite.readers import Readers
from tests.store.toy import INDEX, named, patient, procedure, refers, write

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
LONG = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100000) SELECT count(*) FROM n"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(tmp_path, INDEX)
    await store.open()
    await store.write([write(f"p{number}", named("A")) for number in range(200)])
    await store.write([write("x", procedure("2024-01-01", subject=refers("Patient/p1")))])
    yield store
    await store.close()


def _give(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Give each read in the loop's thread so much time, however slow the machine is."""
    monkeypatch.setattr(immediate, "COMPUTING", seconds)
    monkeypatch.setattr(immediate, "WAITING", seconds)


class Hops:
    """Counts what is handed to a thread that reads."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.number = 0
        self.some = asyncio.Event()
        run = Readers.run

        async def counted(readers: Readers, work: Callable[[apsw.Connection], Any]) -> Any:
            self.number += 1
            self.some.set()
            return await run(readers, work)

        monkeypatch.setattr(Readers, "run", counted)


@pytest.fixture
def hops(monkeypatch: pytest.MonkeyPatch) -> Hops:
    return Hops(monkeypatch)


@pytest.fixture
def patient_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    _give(monkeypatch, inf)


BY_DATE = Search(sort=(SortKey("date", descending=True),), count=50)
READS: list[tuple[Callable[[SqliteStore], Awaitable[Any]], int]] = [
    (lambda store: store.read("Patient", ["p1"]), 0),
    (lambda store: store.read("Patient", [f"p{number}" for number in range(100)]), 0),
    (lambda store: store.read("Patient", [f"p{number}" for number in range(101)]), 1),
    (lambda store: store.search("Procedure", BY_DATE), 0),
    (lambda store: store.search("Patient", Search(Prefix("family", "A"), count=100)), 0),
    (lambda store: store.search("Patient", Search(count=101)), 1),
    (lambda store: store.search("Patient", Search(count=1, offset=100)), 1),
    (lambda store: store.related("Procedure", "patient", [("Patient/p1",)], BY_DATE), 0),
    (lambda store: store.related("Procedure", "patient", [("Patient/p1",)] * 101, BY_DATE), 1),
    (lambda store: store.count_related("Procedure", "patient", [("Patient/p1",)], And()), 0),
    (lambda store: store.count("Patient", And()), 1),
    (lambda store: store.tally("Patient", And(), []), 1),
]


@pytest.mark.usefixtures("patient_ones")
@pytest.mark.parametrize(("read", "expected"), READS)
async def test_only_a_short_read_stays_in_the_loops_thread(
    store: SqliteStore, hops: Hops, read: Callable[[SqliteStore], Awaitable[Any]], expected: int
) -> None:
    await read(store)
    assert hops.number == expected


@pytest.mark.parametrize("read", [read for read, hops in READS if not hops])
async def test_a_read_that_is_given_up_has_the_same_answer_from_a_thread(
    store: SqliteStore,
    hops: Hops,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    read: Callable[[SqliteStore], Awaitable[Any]],
) -> None:
    _give(monkeypatch, inf)
    at_once = await read(store)
    _give(monkeypatch, -1)
    monkeypatch.setattr(immediate, "STEPS", 1)
    hurried = SqliteStore(tmp_path, INDEX)
    await hurried.open()
    hops.number = 0
    assert (await read(hurried), hops.number) == (at_once, 1)
    await hurried.close()


@pytest.fixture
async def threads(tmp_path: Path, store: SqliteStore) -> AsyncIterator[Readers]:
    readers = Readers([apsw.Connection(str(tmp_path / FILE), flags=apsw.SQLITE_OPEN_READONLY)])
    yield readers
    await readers.close()


@pytest.fixture
async def reads(tmp_path: Path, threads: Readers) -> AsyncIterator[Immediate]:
    reads = Immediate(Impatient(str(tmp_path / FILE)), threads)
    yield reads
    await reads.close()


async def test_what_never_ends_is_given_up_and_can_be_cancelled(reads: Immediate, hops: Hops) -> None:
    endless = asyncio.ensure_future(reads.run(lambda connection: connection.execute(ENDLESS).get))
    await hops.some.wait()
    endless.cancel()
    assert await asyncio.wait_for(reads.run(lambda connection: connection.execute("SELECT 1").get), 30) == 1
    with pytest.raises(asyncio.CancelledError):
        await endless


async def test_the_next_read_has_its_whole_time(reads: Immediate, monkeypatch: pytest.MonkeyPatch, hops: Hops) -> None:
    _give(monkeypatch, -1)
    assert await reads.run(lambda connection: connection.execute(LONG).get) == 100_000
    assert hops.number == 1
    _give(monkeypatch, inf)
    assert await reads.run(lambda connection: connection.execute(LONG).get) == 100_000
    assert hops.number == 1


@pytest.mark.parametrize("kind", ["COMPUTING", "WAITING"])
async def test_computing_and_waiting_both_end_a_read(
    reads: Immediate, monkeypatch: pytest.MonkeyPatch, hops: Hops, kind: str
) -> None:
    _give(monkeypatch, inf)
    monkeypatch.setattr(immediate, kind, -1)
    assert await reads.run(lambda connection: connection.execute(LONG).get) == 100_000
    assert hops.number == 1


async def test_another_budget_takes_nothing_from_its_own(reads: Immediate, monkeypatch: pytest.MonkeyPatch) -> None:
    def bounded(connection: apsw.Connection) -> Any:
        with budget(connection, 10):
            return threading.get_ident(), connection.execute(LONG).get

    _give(monkeypatch, inf)
    assert await reads.run(bounded) == (threading.get_ident(), 100_000)


NUMBER = "SELECT count(*) FROM resource WHERE type = 'Patient'"


def number_of_patients(connection: apsw.Connection) -> Any:
    return connection.execute(NUMBER).get


async def test_a_read_sees_one_state_and_the_next_what_was_written(reads: Immediate, store: SqliteStore) -> None:
    writing = asyncio.ensure_future(store.write([write("new", patient())]))
    before = await reads.run(number_of_patients)
    await writing
    assert await reads.run(number_of_patients) == before + 1
    assert await reads.run(lambda connection: connection.in_transaction)


@pytest.mark.parametrize("run", [Immediate.run, Immediate.run_statement])
async def test_the_reads_of_one_turn_see_one_state_and_those_of_the_next_another(
    reads: Immediate, tmp_path: Path, run: Callable[[Immediate, Callable[[apsw.Connection], Any]], Awaitable[Any]]
) -> None:
    other = apsw.Connection(str(tmp_path / FILE))
    seen = []
    for number in range(2):
        await run(reads, number_of_patients)
        seen.append(await run(reads, number_of_patients))
        other.execute("DELETE FROM resource WHERE type = 'Patient' AND id = ?", (f"p{number}",))
        seen.append(await run(reads, number_of_patients))
        await asyncio.sleep(0)
    assert seen == [200, 200, 199, 199]
    other.close()


async def test_a_single_statement_needs_no_transaction(reads: Immediate) -> None:
    assert not await reads.run_statement(lambda connection: connection.in_transaction)
    await asyncio.sleep(0)
    assert not await reads.run_statement(lambda connection: connection.in_transaction)
    assert await reads.run_statement(lambda connection: connection.in_transaction)


async def test_no_transaction_outlasts_its_turn(reads: Immediate) -> None:
    assert await reads.run(lambda connection: connection.in_transaction)
    await asyncio.sleep(0)
    assert not reads._connection.in_transaction


async def test_what_the_work_raises_is_raised_and_the_next_read_is_read(reads: Immediate, hops: Hops) -> None:
    def fails(connection: apsw.Connection) -> None:
        connection.execute("SELECT 1 FROM resource")
        raise KeyError("x")

    with pytest.raises(KeyError):
        await reads.run(fails)
    assert await reads.run(lambda connection: connection.execute("SELECT 1").get) == 1
    await asyncio.sleep(0)
    assert await reads.run(lambda connection: connection.execute("SELECT 1").get) == 1
    assert hops.number == 0


async def test_a_failure_of_sqlite_is_met_again_in_the_thread_and_told_in_our_words(
    reads: Immediate, hops: Hops
) -> None:
    def busy(_: apsw.Connection) -> None:
        raise apsw.BusyError

    with pytest.raises(StoreUnavailable):
        await reads.run(busy)
    assert hops.number == 1


async def test_many_reads_let_the_loop_see_to_others_between_them(
    reads: Immediate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop_time, "TURN", 1e-9)
    order: list[str] = []

    async def read() -> None:
        await reads.run(lambda connection: connection.execute("SELECT 1").get)
        order.append("read")

    async def other() -> None:
        while order.count("read") < 3:
            await asyncio.sleep(0)
            order.append("other")

    await asyncio.gather(other(), *(read() for _ in range(3)))
    assert [kind for kind, _ in groupby(order)] == ["read", "other"] * 3


async def test_a_request_whose_time_ends_while_it_waits_reads_nothing(
    reads: Immediate, hops: Hops, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop_time, "TURN", 1e-9)
    read: list[str] = []
    deadline = Deadline(60)
    token = CURRENT.set(deadline)
    waiting = [asyncio.ensure_future(reads.run(lambda _: read.append("read"))) for _ in range(2)]
    CURRENT.reset(token)
    await asyncio.sleep(0)
    deadline._end = 0
    first, second = await asyncio.gather(*waiting, return_exceptions=True)
    assert (first, type(second), read, hops.number) == (None, OutOfTime, ["read"], 0)


async def test_a_closed_store_is_closed_for_short_reads_too(store: SqliteStore) -> None:
    await store.close()
    with pytest.raises(StoreUnavailable):
        await store.read("Patient", ["p1"])
    with pytest.raises(StoreUnavailable):
        await store.search("Patient", Search(Eq("family", "A")))


async def test_a_read_that_waits_while_its_connection_closes_is_told_so(
    reads: Immediate, threads: Readers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop_time, "TURN", 1e-9)
    waiting = [asyncio.ensure_future(reads.run(lambda connection: connection.total_changes())) for _ in range(3)]
    await asyncio.sleep(0)
    await reads.close()
    await threads.close()
    first, *others = await asyncio.gather(*waiting, return_exceptions=True)
    await asyncio.sleep(0)
    assert first == 0
    assert all(isinstance(other, StoreUnavailable) for other in others)
