"""A MongoDB that is no replica set: everything but transactions and changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from mongomock_motor import AsyncMongoMockClient

from app.errors import NoChanges, NoTransactions
from app.search.algebra import And
from app.store.mongo import MongoStore
from tests.store import secantusd
from tests.store.looks import Look
from tests.store.toy import INDEX, named, procedure, refers, write

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
async def standalone(tmp_path: Path) -> AsyncIterator[MongoStore]:
    if not secantusd.BINARY.exists():
        pytest.skip("secantusdb has no wheel for this platform")
    port = secantusd.free_port()
    with secantusd.running(tmp_path / "data", port, "--standalone"):
        store = MongoStore(f"mongodb://127.0.0.1:{port}/dmi", INDEX)
        await store.open()
        yield store
        await store.close()


async def test_a_server_without_transactions_says_so_and_keeps_nothing(standalone: MongoStore) -> None:
    with pytest.raises(NoTransactions, match="replica set"):
        await standalone.write([write("p1", named("A")), write("p2", named("A"))], together=True)
    assert await standalone.count("Patient", And()) == 0
    assert await standalone.heads("Patient", ["p1", "p2"]) == {}


async def test_one_write_and_several_that_stand_alone_need_none(standalone: MongoStore) -> None:
    [alone] = await standalone.write([write("p1", named("A"), keys=("k1",))], together=True)
    others = await standalone.write([write("p2", named("A")), write("p1", named("B"))])
    assert [each.version for each in (alone, *others)] == [1, 1, 2]
    assert await standalone.write([], together=True) == []


async def test_an_erasure_looks_at_what_was_written_without_transactions_too(standalone: MongoStore) -> None:
    await standalone.write([write(f"p{number}", named("A")) for number in range(3)])
    look = Look(await standalone.reached())
    await standalone.write([write("p1", named("B")), write("x", procedure(subject=refers("Patient/p2")))])
    assert await standalone.erase("Patient", ["p0", "p1", "p2"], look) == 1
    assert set(await standalone.heads("Patient", ["p0", "p1", "p2", "trail"])) == {"p1", "p2", "trail"}


async def test_a_server_that_tells_of_no_changes_says_so(standalone: MongoStore) -> None:
    mocked = MongoStore(AsyncMongoMockClient()["dmi"], INDEX)
    await mocked.open()
    for store in (standalone, mocked):
        with pytest.raises(NoChanges, match="replica set"):
            await store.latest()
