"""Copies of an embedded store, made while it is used."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest

from app.errors import StoreUnavailable, StoreUnusable
from app.search.algebra import And, Eq
from app.store.sqlite import SqliteStore, copying
from tests.store.toy import INDEX, named, patient, write

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(tmp_path / "store", INDEX)
    await store.open()
    await store.write([write(f"p{number}", patient(active=True, text="x" * 9000)) for number in range(300)])
    yield store
    await store.close()


async def opened(file: Path, directory: Path) -> SqliteStore:
    """The store of a copy, put back in a directory."""
    directory.mkdir()
    file.rename(directory / "dmi.sqlite3")
    store = SqliteStore(directory, INDEX)
    await store.open()
    return store


async def test_a_copy_is_a_whole_store_in_one_file_of_its_owner_alone(store: SqliteStore, tmp_path: Path) -> None:
    await store.write([write("p0", named("A"), keys=("k",))])
    await store.backup(tmp_path / "copy")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["copy", "store"]
    assert (tmp_path / "copy").stat().st_mode & 0o777 == 0o600
    copy = await opened(tmp_path / "copy", tmp_path / "again")
    assert await copy.histories("Patient", "", 1000) == await store.histories("Patient", "", 1000)
    assert await copy.count("Patient", Eq("active", "true")) == 299
    assert list(await copy.check_file()) == []
    await copy.close()


async def test_a_copy_has_the_state_of_one_moment_while_others_write(
    store: SqliteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "STEP", 1)
    loop, steps = asyncio.get_running_loop(), []

    def write_more(copied: int, of: int) -> None:
        steps.append((copied, of))
        if len(steps) % 50 == 0:  # both or neither is in the copy
            pair = [write(f"{name}{len(steps)}", named(name)) for name in ("one", "other")]
            asyncio.run_coroutine_threadsafe(store.write(pair), loop).result(30)

    await store.backup(tmp_path / "copy", write_more)
    assert len(steps) > 300
    assert steps[-1][0] == steps[-1][1]
    assert await store.count("Patient", Eq("family", "one")) == len(steps) // 50
    copy = await opened(tmp_path / "copy", tmp_path / "again")
    assert await copy.count("Patient", And()) == 300
    await copy.close()


async def test_a_file_that_is_there_is_not_overwritten(store: SqliteStore, tmp_path: Path) -> None:
    (tmp_path / "copy").write_text("precious")
    with pytest.raises(StoreUnusable, match="there is such a file"):
        await store.backup(tmp_path / "copy")
    assert (tmp_path / "copy").read_text() == "precious"


async def test_a_file_that_comes_in_the_meantime_is_not_overwritten(store: SqliteStore, tmp_path: Path) -> None:
    with pytest.raises(StoreUnusable, match="there is such a file"):
        await store.backup(tmp_path / "copy", lambda copied, of: None if copied < of else _touch(tmp_path / "copy"))
    assert (tmp_path / "copy").read_text() == "precious"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["copy", "store"]


def _touch(path: Path) -> None:
    path.write_text("precious")


async def test_a_copy_to_nowhere_is_refused(store: SqliteStore, tmp_path: Path) -> None:
    with pytest.raises(StoreUnusable, match="directory is not there") as raised:
        await store.backup(tmp_path / "nowhere" / "copy")
    [issue] = raised.value.issues
    assert "nowhere" in issue.fr


async def test_a_copy_that_is_given_up_leaves_nothing_and_the_store_as_it_was(
    store: SqliteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "STEP", 1)
    loop, begun, given_up = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

    def told(copied: int, of: int) -> None:
        assert copied <= of
        loop.call_soon_threadsafe(begun.set)
        given_up.wait(30)

    backup = asyncio.ensure_future(store.backup(tmp_path / "copy", told))
    await begun.wait()
    backup.cancel()
    await asyncio.sleep(0.05)
    given_up.set()
    await asyncio.gather(backup, return_exceptions=True)
    assert [entry.name for entry in tmp_path.iterdir()] == ["store"]
    assert await store.count("Patient", And()) == 300


async def test_a_damaged_store_is_not_copied(store: SqliteStore, tmp_path: Path) -> None:
    await store.close()
    file = tmp_path / "store" / "dmi.sqlite3"
    data = bytearray(file.read_bytes())
    data[100 * 8192 : 140 * 8192] = b"\xff" * (40 * 8192)
    file.write_bytes(data)
    await store.open()
    with pytest.raises(StoreUnusable, match="the store is damaged"):
        await store.backup(tmp_path / "copy")
    assert [entry.name for entry in tmp_path.iterdir()] == ["store"]


async def test_a_store_in_memory_or_a_closed_one_has_no_copy(store: SqliteStore, tmp_path: Path) -> None:
    memory = SqliteStore(None, INDEX)
    await memory.open()
    with pytest.raises(StoreUnusable, match="in memory"):
        await memory.backup(tmp_path / "copy")
    await memory.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        await memory.backup(tmp_path / "copy")
