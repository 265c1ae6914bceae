"""The change log of the embedded store: what another process writes, and files that are put back."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from app.errors import CursorGone, InvalidCursor
from app.store.sqlite import SqliteStore
from app.store.sqlite.file import FILE
from tests.eventually import eventually
from tests.store.follow import Persistent, between, following, told
from tests.store.test_sqlite_processes import process
from tests.store.toy import INDEX, named, write

if TYPE_CHECKING:
    from pathlib import Path


async def opened(directory: Path) -> SqliteStore:
    store = SqliteStore(directory, INDEX)
    await store.open()
    return store


async def test_what_a_process_wrote_until_it_was_killed_comes_once_and_in_order(tmp_path: Path) -> None:
    store = await opened(tmp_path)
    reader = Persistent(store, await store.latest())
    reading = asyncio.create_task(reader.read())
    with process(tmp_path, "a", 1_000_000) as killed, process(tmp_path, "b", 30) as other:
        assert killed.stdout
        while await asyncio.to_thread(killed.stdout.readline) != "30\n":
            await store.write([write("served", named("x"))])
        killed.send_signal(signal.SIGKILL)
        await asyncio.to_thread(other.wait)
        killed.stdout.read()
    await store.write([write("end", named("x"))])
    await eventually(lambda: reader.changes[-1].version.id == "end")
    reading.cancel()
    await asyncio.wait({reading})
    written = [version for history in await store.histories("Patient", "", 100_000) for version in history]
    assert sorted(told(reader.changes)) == sorted((f"Patient/{each.id}", each.version) for each in written)
    for place, number in Counter(place for place, _ in told(reader.changes)).items():
        assert [version for each, version in told(reader.changes) if each == place] == list(range(1, number + 1))
    middle = len(reader.changes) // 2
    assert await between(store, reader.changes[middle].cursor, reader.cursor) == reader.changes[middle + 1 :]
    await store.close()


async def test_a_cursor_that_a_file_put_back_has_not_come_to_is_gone(tmp_path: Path) -> None:
    store = await opened(tmp_path / "now")
    await store.write([write("p1", named("A"))])
    (tmp_path / "then").mkdir()
    await store.backup(tmp_path / "then" / FILE)
    kept = await store.latest()
    await store.write([write("p1", named("B")), write("p2", named("B"))])
    first, second = [each.cursor for each in await following(store, kept, 2)]
    await store.close()

    store = await opened(tmp_path / "then")
    for gone in (first, second):
        with pytest.raises(CursorGone, match="anew"):
            await following(store, gone, 1)
    await store.write([write("p3", named("C")), write("p4", named("C")), write("p5", named("C"))])
    for gone in (first, second):
        with pytest.raises(CursorGone):
            await following(store, gone, 1)
    assert told(await following(store, kept, 3)) == [("Patient/p3", 1), ("Patient/p4", 1), ("Patient/p5", 1)]
    await store.close()


@pytest.mark.parametrize("number", ["f" * 16, "7" + "f" * 15, "0" * 15, "0" * 17])
async def test_numbers_that_no_change_has_are_no_cursors(tmp_path: Path, number: str) -> None:
    store = await opened(tmp_path)
    name = (await store.latest()).split(".")[0]
    with pytest.raises((InvalidCursor, CursorGone)):
        await following(store, f"{name}.{number}.1.1", 1)
    await store.close()


async def test_the_number_of_an_erased_change_is_not_given_to_another_one(tmp_path: Path) -> None:
    store = await opened(tmp_path)
    since = await store.latest()
    for _ in range(3):
        await store.write([write("p1", named("A")), write("p2", named("A"))])
        changes = await following(store, since, 2)
        assert await store.erase("Patient", ["p1", "p2"]) == 2
        assert await store.latest() >= since
        await store.write([write("p3", named(since))])
        [change] = await following(store, changes[-1].cursor, 1)
        assert change.version.id == "p3"
        since = change.cursor
    assert await store.check_file() == []
    await store.close()
