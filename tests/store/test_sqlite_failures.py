"""The embedded store when the disk, a request or another process gets in its way."""

from __future__ import annotations

import asyncio
import errno
import resource
import subprocess
from contextlib import contextmanager, suppress
from dataclasses import replace
from shutil import which
from typing import TYPE_CHECKING

import apsw
import pytest

from app.errors import StoreFull, StoreUnavailable
from app.search.algebra import And, Eq
from app.store.sqlite import SqliteStore
from app.store.sqlite import store as store_module
from app.store.sqlite.choosing import Exhausted, budget
from app.store.sqlite.failures import in_our_words
from app.store.sqlite.immediate import Impatient
from app.store.sqlite.readers import Readers
from tests.store.toy import INDEX, named, patient, write

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

LARGE = "x" * 1_000_000


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(tmp_path, INDEX)
    await store.open()
    yield store
    await store.close()


@contextmanager
def files_no_larger_than(size: int) -> Iterator[None]:
    """The disk as it is when it is full: a write beyond that size fails."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_a_write_that_the_disk_does_not_take_keeps_nothing_and_later_ones_work(store: SqliteStore) -> None:
    await store.write([write("p1", named("A"))])
    with files_no_larger_than(500_000), pytest.raises(StoreFull):
        await store.write([write("p2", patient(extension=LARGE))])
    assert set(await store.read("Patient", ["p1", "p2"])) == {"p1"}
    await store.write([write("p1", named("B"), expected=1), write("p2", named("B"), expected=0)])
    assert await store.count("Patient", Eq("family", "B")) == 2


async def test_a_store_without_room_is_read_keeps_what_it_acknowledged_and_works_again_with_room(
    store: SqliteStore,
) -> None:
    await store.write([write("p0", named("A"), keys=("k0",))])
    await _run(store, "PRAGMA max_page_count = 1")  # SQLite takes the present size
    kept = await _filled(store, LARGE[:1000])
    assert await store.count("Patient", And()) == kept + 1
    assert list(await store.history("Patient", f"full{kept}", 10)) == []
    with pytest.raises(StoreFull):
        await store.write([write("p0", patient(extension=LARGE), keys=("k1000",))])
    assert (await store.read("Patient", ["p0"]))["p0"]["name"] == [{"family": "A"}]
    await _run(store, "PRAGMA max_page_count = 4294967294")
    await store.write([write("p0", patient(extension=LARGE), keys=("k1000",)), write("q", named("B"), keys=("k0",))])
    await _whole(store)


async def test_a_full_file_system_is_told_and_works_again_once_there_is_room(tmp_path: Path) -> None:
    with small_file_system(tmp_path / "disk", megabytes=4) as disk:
        store = SqliteStore(disk / "store", INDEX)
        await store.open()
        ballast = disk / "ballast"
        ballast.write_bytes(b"x" * 1_000_000)
        kept = await _filled(store, LARGE[:50_000])
        assert await store.count("Patient", Eq("active", "true")) == kept > 0
        assert len(await store.read("Patient", [f"full{number}" for number in range(kept + 1)])) == kept
        ballast.unlink()
        await store.write([write("p", patient(extension=LARGE[:50_000], active=True))])
        assert await store.count("Patient", Eq("active", "true")) == kept + 1
        await _whole(store)
        await store.close()


@contextmanager
def small_file_system(place: Path, megabytes: int) -> Iterator[Path]:
    """A file system in memory of that size; skips the test where this user may not make one."""
    place.mkdir()
    mounted = subprocess.run(
        [which("mount") or "mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(place)],
        check=False,
        capture_output=True,
    )
    if mounted.returncode:
        pytest.skip("this user may not mount a file system")
    try:
        yield place
    finally:
        subprocess.run([which("umount") or "umount", str(place)], check=True)


async def _filled(store: SqliteStore, text: str) -> int:
    """How many patients with a text the store has acknowledged, one by one, until it was full."""
    kept = 0
    with suppress(StoreFull):
        while True:
            await store.write([write(f"full{kept}", patient(extension=text, active=True), keys=(f"key{kept}",))])
            kept += 1
    return kept


async def _run(store: SqliteStore, statement: str) -> None:
    """Run a statement on the connection that writes."""
    await store._running().writer.run(lambda connection: connection.execute(statement).fetchall())


async def _whole(store: SqliteStore) -> None:
    """Nothing is wrong with the file and the resources in it."""
    assert list(await store.check_file()) == []
    _, flaws = await store.inspect("Patient", "", 10_000)
    assert flaws == []


def test_a_full_disk_has_a_message_of_its_own() -> None:
    assert isinstance(in_our_words(apsw.FullError()), StoreFull)
    assert isinstance(in_our_words(apsw.IOError(), errno.EDQUOT), StoreFull)
    assert "could not read or write" in str(in_our_words(apsw.IOError(), errno.EIO))


def test_a_mistake_of_the_program_stays_what_it_is() -> None:
    assert isinstance(in_our_words(apsw.SQLError()), apsw.SQLError)


async def test_a_write_waits_for_another_process_and_gives_up_in_time(
    store: SqliteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.store.sqlite.file.PATIENCE", 50)
    other = apsw.Connection(str(tmp_path / "dmi.sqlite3"))
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="Another program"):
        await store.write([write("p1", named("A"))])
    other.execute("ROLLBACK")
    other.close()
    await store.write([write("p1", named("A"))])


async def test_reads_do_not_wait_for_a_process_that_writes(store: SqliteStore, tmp_path: Path) -> None:
    await store.write([write("p1", named("A"))])
    other = apsw.Connection(str(tmp_path / "dmi.sqlite3"))
    other.execute("BEGIN IMMEDIATE; DELETE FROM document")
    assert set(await store.read("Patient", ["p1"])) == {"p1"}
    other.close()


async def test_writes_are_refused_after_another_release_has_rebuilt_the_search_values(
    store: SqliteStore, tmp_path: Path
) -> None:
    other = SqliteStore(tmp_path, replace(INDEX, version="2"))
    await other.open()
    await other.close()
    with pytest.raises(StoreUnavailable, match="another release"):
        await store.write([write("p1", named("A"))])
    with pytest.raises(StoreUnavailable, match="another release"):
        await store.ready()


async def test_a_store_is_ready_while_long_reads_take_all_threads_unless_short_ones_take_long_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "SOON", 0.05)
    store = SqliteStore(tmp_path, INDEX, readers=1)
    await store.open()
    endless = asyncio.ensure_future(_endless(store))
    await asyncio.sleep(0.05)
    await store.ready()
    with monkeypatch.context() as slow:
        slow.setattr(Impatient, "hurried", _late)
        with pytest.raises(StoreUnavailable, match="too busy"):
            await store.ready()
    endless.cancel()
    await asyncio.gather(endless, return_exceptions=True)
    await store.ready()
    await store.close()


def _late(*_: object) -> None:
    raise apsw.InterruptError


async def test_a_search_that_nobody_waits_for_any_more_is_stopped(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path, INDEX, readers=1)
    await store.open()
    endless = asyncio.ensure_future(_endless(store))
    await asyncio.sleep(0.05)
    endless.cancel()
    assert await asyncio.wait_for(store.count("Patient", And()), timeout=30) == 0
    await store.close()


async def test_a_read_that_is_cancelled_before_it_begins_is_stopped_all_the_same() -> None:
    for attempt in range(100):
        readers = Readers([apsw.Connection(":memory:")])
        endless = asyncio.ensure_future(readers.run(lambda connection: connection.execute(ENDLESS).fetchall()))
        for _ in range(attempt % 4):
            await asyncio.sleep(0)
        endless.cancel()
        assert await asyncio.wait_for(readers.run(lambda connection: connection.total_changes()), timeout=30) == 0
        await readers.close()


async def test_a_statement_beyond_its_budget_is_stopped_and_the_next_has_the_whole_budget() -> None:
    connection = apsw.Connection(":memory:")
    with pytest.raises(Exhausted), budget(connection, 10_000):
        connection.execute(ENDLESS).fetchall()
    for _ in range(100):
        with budget(connection, 10_000):
            assert connection.execute("SELECT count(*) FROM json_each('[1,2,3]')").get == 3
    connection.close()


ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"


async def _endless(store: SqliteStore) -> None:
    """A read that never ends by itself."""
    running = store._running()
    await running.readers.run(lambda connection: connection.execute(ENDLESS).fetchall())


async def test_reads_that_wait_when_the_readers_close_are_answered() -> None:
    for attempt in range(300):  # who comes first when a connection is free again differs from time to time
        readers = Readers([apsw.Connection(":memory:")])
        reads = [asyncio.ensure_future(readers.run(lambda connection: connection.total_changes())) for _ in range(3)]
        for _ in range(attempt % 8):
            await asyncio.sleep(0)
        async with asyncio.timeout(10):
            closing, *answers = await asyncio.gather(readers.close(), *reads, return_exceptions=True)
        assert closing is None
        assert all(answer == 0 or isinstance(answer, StoreUnavailable) for answer in answers)
