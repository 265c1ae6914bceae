"""Erasure after a last look at what others have written meanwhile; in every store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import apsw
import pytest

from app.store.sqlite import SqliteStore
from tests.store.kinds import DECIDING
from tests.store.looks import Look
from tests.store.toy import INDEX, deletion, named, procedure, refers, write

if TYPE_CHECKING:
    from pathlib import Path

    from app.store.repository import Going, Repository

every_store = pytest.mark.parametrize("open_store", DECIDING, indirect=True)


@every_store
async def test_a_last_look_sees_what_was_written_and_decides_what_goes(store: Repository) -> None:
    await store.write([write(f"p{number}", named("A")) for number in range(4)])
    look = Look(await store.reached())
    await store.write([write("p1", named("B"))])
    await store.write([write("x", procedure(subject=refers("Patient/p2")))])
    assert await store.erase("Patient", ["p1", "p2", "p3", "unknown"], look) == 1
    assert {"Patient/p1", "Procedure/x"} <= look.seen
    assert set(await store.heads("Patient", ["p0", "p1", "p2", "p3", "trail"])) == {"p0", "p1", "p2", "trail"}
    assert {f"Patient/{each}" async for each in ids(store, look.since)} >= {"Patient/trail"}


@every_store
async def test_where_a_last_look_lets_nothing_go_nothing_is_written(store: Repository) -> None:
    await store.write([write("p1", named("A"))])
    assert await store.erase("Patient", ["p1"], Look(await store.reached(), trail=False)) == 0
    assert set(await store.heads("Patient", ["p1", "trail"])) == {"p1"}


@every_store
async def test_what_is_written_can_be_walked_through_from_a_point(store: Repository) -> None:
    start = await store.reached()
    await store.write([write(f"p{number:03}", named("A")) for number in range(450)])
    await store.write([deletion("Patient", "p001")])
    assert {each async for each in ids(store, start)} == {f"p{number:03}" for number in range(450) if number != 1}


async def ids(store: Repository, since: str) -> Any:
    async for resource in store.written(since):
        yield resource["id"]


async def test_nobody_writes_between_the_last_look_and_the_removal(tmp_path: Path) -> None:
    class Trying(Look):
        def decide(self, *arguments: Any) -> Going:
            with apsw.Connection(str(tmp_path / "dmi.sqlite3")) as other, pytest.raises(apsw.BusyError):
                other.execute("BEGIN IMMEDIATE")
            return super().decide(*arguments)

    store = SqliteStore(tmp_path, INDEX)
    await store.open()
    await store.write([write("p1", named("A"))])
    assert await store.erase("Patient", ["p1"], Trying(await store.reached())) == 1
    await store.close()
