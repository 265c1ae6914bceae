"""Events of use are kept apart from the resources, in the order of their ids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.search.algebra import Search
from app.store.repository import Event
from app.store.sqlite import SqliteStore, trail
from tests.store.kinds import KEEPING, LASTING
from tests.store.toy import INDEX, named, write

if TYPE_CHECKING:
    from pathlib import Path

    from app.store.repository import Repository
    from tests.store.conftest import Opened


def event(id_: str, **members: Any) -> Event:
    return Event(id_, {"resourceType": "AuditEvent", "id": id_, **members})


@pytest.mark.parametrize("open_store", KEEPING, indirect=True)
class TestEvents:
    async def test_they_are_told_in_the_order_of_their_ids(self, store: Repository) -> None:
        await store.keep_events([event("c"), event("a")])
        await store.keep_events([event("b", outcome="0")])
        assert [each.id for each in await store.events("", 2)] == ["a", "b"]
        assert await store.events("b", 2) == [event("c")]
        assert await store.events("c", 2) == []

    async def test_one_that_is_kept_twice_is_one(self, store: Repository) -> None:
        await store.keep_events([event("a"), event("b")])
        await store.keep_events([event("b"), event("c")])
        assert [each.id for each in await store.events("", 10)] == ["a", "b", "c"]

    async def test_the_old_ones_are_forgotten(self, store: Repository) -> None:
        await store.keep_events([event(each) for each in "abcd"])
        assert await store.forget_events("c") == 2
        assert [each.id for each in await store.events("", 10)] == ["c", "d"]
        assert await store.forget_events("c") == 0

    async def test_they_are_no_resources_and_no_erasure_reaches_them(self, store: Repository) -> None:
        await store.write([write("p1", named("A"))])
        await store.keep_events([event("p1")])
        assert len((await store.search("Patient", Search())).rows) == 1
        await store.erase("Patient", ["p1"])
        assert await store.events("", 10) == [event("p1")]


@pytest.mark.parametrize("open_store", LASTING, indirect=True)
async def test_they_are_there_after_a_restart(open_store: Opened) -> None:
    first = await open_store()
    await first.keep_events([event("a")])
    await first.close()
    assert await (await open_store()).events("", 10) == [event("a")]


async def test_their_file_is_its_owners_alone_and_is_made_with_the_first(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path, INDEX)
    await store.open()
    file = tmp_path / trail.FILE
    assert not file.exists()
    await store.keep_events([event("a")])
    assert file.stat().st_mode & 0o777 == 0o600
    await store.close()


async def test_two_processes_keep_events_in_one_file(tmp_path: Path) -> None:
    stores = [SqliteStore(tmp_path, INDEX) for _ in range(2)]
    for number, store in enumerate(stores):
        await store.open()
        await store.keep_events([event(f"{number}")])
    assert [each.id for each in await stores[0].events("", 10)] == ["0", "1"]
    for store in stores:
        await store.close()
