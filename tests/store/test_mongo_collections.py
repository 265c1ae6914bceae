"""Indexes and search values of a database that several releases use."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from mongomock_motor import AsyncMongoMockClient, AsyncMongoMockCollection
from pymongo.errors import OperationFailure

from app.errors import StoreUnavailable
from app.search.algebra import And, Eq, Search
from app.store.mongo import MongoStore
from tests.store.toy import INDEX, Document, deletion, named, values, write

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from app.search.algebra import Index, SearchValues

    Opened = Callable[..., Awaitable[MongoStore]]


@pytest.fixture
def database() -> Any:
    return AsyncMongoMockClient()["dmi"]


@pytest.fixture
async def opened(database: Any) -> AsyncIterator[Opened]:
    """Opens one more store on the database."""
    async with AsyncExitStack() as stack:

        async def opened(index: Index = INDEX) -> MongoStore:
            store = MongoStore(database, index)
            await store.open()
            stack.push_async_callback(store.close)
            return store

        yield opened


async def test_a_stale_index_stays_until_it_is_dropped_on_purpose(database: Any, opened: Opened) -> None:
    await database["Patient"].create_index("theirs", name="theirs")
    await database["Patient"].create_index("ix.gone", name="dmi: ix.gone 1")
    store = await opened()
    assert [index for index in await store.indexes() if index.state != "present"] == [
        index for index in await store.drop_stale() if index.name == "dmi: ix.gone 1"
    ]
    assert {index.state for index in await store.indexes()} == {"present"}
    assert "theirs" in await database["Patient"].index_information()


async def test_an_index_of_a_type_that_is_served_no_more_is_stale(database: Any, opened: Opened) -> None:
    await database["Basic"].create_index("ix.code", name="dmi: ix.code 1")
    await database["theirs"].create_index("code", name="code")
    [dropped] = await (await opened()).drop_stale()
    assert (dropped.place, dropped.name) == ("Basic", "dmi: ix.code 1")
    assert "dmi: ix.code 1" not in await database["Basic"].index_information()
    assert "code" in await database["theirs"].index_information()


async def test_indexes_beyond_the_limit_wait_until_the_stale_ones_are_dropped(database: Any, opened: Opened) -> None:
    for number in range(60):
        await database["Patient"].create_index(f"ix.gone{number}", name=f"dmi: ix.gone{number} 1")
    store = await opened()
    assert len(await database["Patient"].index_information()) == 64
    before = [index.state for index in await store.indexes()]
    assert (before.count("present"), before.count("missing") > 0) == (3, True)
    assert len(await store.drop_stale()) == 60
    assert {index.state for index in await store.indexes()} == {"present"}


async def test_keys_are_unique_even_where_stale_indexes_take_all_the_room(database: Any, opened: Opened) -> None:
    for number in range(63):
        await database["Patient"].create_index(f"ix.gone{number}", name=f"dmi: ix.gone{number} 1")
    await opened()
    found = await database["Patient"].index_information()
    assert len(found) == 64
    assert found["dmi: keys 1"]["unique"]


async def test_a_collection_that_cannot_have_unique_keys_has_all_other_indexes(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = AsyncMongoMockCollection.create_indexes

    async def create_indexes(collection: Any, wanted: Any, *arguments: Any, **options: Any) -> Any:
        if any(index.document.get("unique") for index in wanted):
            raise OperationFailure("cannot create unique index over the shard key pattern", 67)
        return await original(collection, wanted, *arguments, **options)

    monkeypatch.setattr(AsyncMongoMockCollection, "create_indexes", create_indexes)
    store = await opened()
    await store.write([write("p1", named("A"))])
    assert [index.name for index in await store.indexes() if index.state != "present"] == ["dmi: keys 1"]


async def test_an_index_that_somebody_else_has_made_of_the_same_keys_is_used(database: Any, opened: Opened) -> None:
    await database["Patient"].create_index([("indexed", 1)], name="theirs")
    store = await opened()
    assert "dmi: indexed 1" not in await database["Patient"].index_information()
    assert {index.state for index in await store.indexes()} == {"present"}


def reversed_names(resource: Document) -> SearchValues:
    """The values of another release: a name is found by its letters in reverse."""
    return values({**resource, "name": [{"family": name["family"][::-1]} for name in resource.get("name", [])]})


NEWER = replace(INDEX, version="2", values=reversed_names)


async def test_an_older_server_reads_but_writes_no_more(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.store.mongo.collections.SAY", 0)
    older = await opened()
    await older.write([write("p1", named("abc"))])
    newer = await opened(NEWER)
    for refused in (
        older.write([write("p1", named("def"))]),
        older.write([write("p1", named("def")), write("p2", named("def"))], together=True),
        older.restore(await newer.histories("Patient", "", 1)),
        older.repair("Patient", ["p1"]),
    ):
        with pytest.raises(StoreUnavailable, match="another release"):
            await refused
    assert (await older.read("Patient", ["p1"]))["p1"]["name"] == [{"family": "abc"}]
    assert (await newer.write([write("p1", named("def"))]))[0].version == 2


async def test_a_server_that_may_not_write_asks_the_database_no_more_than_once_in_a_while(
    database: Any, opened: Opened
) -> None:
    older = await opened()
    await older.write([write("p1", named("abc"))])
    await opened(NEWER)
    await database["dmi"].delete_many({})
    assert (await older.write([write("p1", named("def"))]))[0].version == 2


async def test_what_an_older_server_has_still_written_is_found_by_the_newer_one(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = await opened()
    await older.write([write("p0", named("A"))])
    newer = await opened(NEWER)
    assert await newer.count("Patient", Eq("family", "cba")) == 0
    await older.write([write("p1", named("abc"))])
    assert await newer.count("Patient", Eq("family", "cba")) == 0
    monkeypatch.setattr("app.store.mongo.collections.RECHECK", 0)
    assert await newer.count("Patient", Eq("family", "cba")) == 1


async def test_an_older_server_leaves_the_search_values_of_the_newer_one_alone(
    database: Any, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.store.mongo.collections.RECHECK", 0)
    older, newer = await opened(), await opened(NEWER)
    await newer.write([write("p1", named("abc"))])
    for _ in range(3):
        await older.search("Patient", Search())
        assert (await database["Patient"].find_one({"_id": "p1"}))["indexed"] == "2"


async def test_a_tombstone_is_given_the_index_of_the_newer_server(database: Any, opened: Opened) -> None:
    older = await opened()
    await older.write([write("p1", named("abc")), deletion("Patient", "p1")])
    newer = await opened(NEWER)
    assert (await database["Patient"].find_one({"_id": "p1"}))["indexed"] == "2"
    assert await newer.count("Patient", And()) == 0


async def test_a_release_that_is_gone_back_to_has_the_say_again(opened: Opened) -> None:
    first, newer = await opened(), await opened(NEWER)
    await newer.write([write("p1", named("abc"))])
    await newer.close()
    await first.close()
    assert await (await opened()).count("Patient", Eq("family", "abc")) == 1
