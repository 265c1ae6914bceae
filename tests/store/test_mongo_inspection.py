"""What an inspection finds in documents that somebody else has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from mongomock_motor import AsyncMongoMockClient

from app.search.algebra import And, Eq
from app.store.mongo import MongoStore
from app.store.repository import Flaw
from tests.store.toy import INDEX, deletion, named, write

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
def database() -> Any:
    return AsyncMongoMockClient()["dmi"]


@pytest.fixture
async def store(database: Any) -> AsyncIterator[MongoStore]:
    store = MongoStore(database, INDEX)
    await store.open()
    for family in "ABC":
        await store.write([write("p1", named(family)), write("p2", named(family))])
    yield store
    await store.close()


CHANGES = [
    ({"$unset": {"resource": ""}}, "unreadable"),
    ({"$unset": {"version": ""}}, "unreadable"),
    ({"$unset": {"at": ""}}, "unreadable"),
    ({"$unset": {"author": ""}}, "unreadable"),
    ({"$set": {"version": "3"}}, "unreadable"),
    ({"$set": {"deleted": None, "resource": "text"}}, "unreadable"),
    ({"$set": {"resource.name": 7}}, "unreadable"),
    ({"$set": {"resource.id": "p2"}}, "unreadable"),
    ({"$set": {"resource.meta.versionId": "2"}}, "unreadable"),
    ({"$set": {"resource.name": [{"family": "D"}]}}, "search-values"),
    ({"$set": {"ix.family": ["D"]}}, "search-values"),
    ({"$set": {"sort": {}}}, "search-values"),
    ({"$unset": {"ix": ""}}, "search-values"),
]


@pytest.mark.parametrize(("change", "problem"), CHANGES, ids=str)
async def test_a_document_that_was_changed_is_found(
    store: MongoStore, database: Any, change: dict[str, Any], problem: str
) -> None:
    await database["Patient"].update_one({"_id": "p1"}, change)
    assert await store.inspect("Patient", "", 10) == ("p2", [Flaw("Patient", "p1", problem)])  # type: ignore[arg-type]
    assert await store.inspect("Patient", "p1", 10) == ("p2", [])
    assert await store.inspect("Patient", "p2", 10) == (None, [])


@pytest.mark.parametrize("change", [{"$unset": {"at": ""}}, {"$set": {"resource.id": "p2"}}], ids=str)
async def test_an_earlier_version_that_was_changed_is_found(
    store: MongoStore, database: Any, change: dict[str, Any]
) -> None:
    await database["Patient.history"].update_one({"_id": {"id": "p1", "version": 2}}, change)
    assert (await store.inspect("Patient", "", 10))[1] == [Flaw("Patient", "p1", "history")]


@pytest.mark.parametrize("version", [1, 2])
async def test_an_earlier_version_that_is_missing_is_found(store: MongoStore, database: Any, version: int) -> None:
    await database["Patient.history"].delete_one({"_id": {"id": "p1", "version": version}})
    assert (await store.inspect("Patient", "", 10))[1] == [Flaw("Patient", "p1", "history")]


async def test_a_key_that_two_documents_have_is_found(store: MongoStore, database: Any) -> None:
    await database["Patient"].drop_index("dmi: keys 1")
    await database["Patient"].update_many({}, {"$set": {"keys": ["k"]}})
    assert (await store.inspect("Patient", "", 10))[1] == [
        Flaw("Patient", "p1", "keys"),
        Flaw("Patient", "p2", "keys"),
    ]


async def test_what_a_tombstone_should_not_have_is_found_and_mended(store: MongoStore, database: Any) -> None:
    await store.write([deletion("Patient", "p1")])
    await database["Patient"].update_one({"_id": "p1"}, {"$set": {"ix": {"family": ["C"]}, "sort": {}}})
    assert (await store.inspect("Patient", "", 10))[1] == [Flaw("Patient", "p1", "search-values")]
    await store.repair("Patient", ["p1"])
    assert (await store.inspect("Patient", "", 10))[1] == []


async def test_a_repair_makes_a_changed_document_found_by_what_it_has_now(store: MongoStore, database: Any) -> None:
    await database["Patient"].update_one({"_id": "p1"}, {"$set": {"resource.name": [{"family": "D"}]}})
    await store.repair("Patient", ["p1", "p2", "unknown"])
    assert await store.count("Patient", Eq("family", "D")) == 1
    assert await store.count("Patient", And()) == 2
    assert (await store.inspect("Patient", "", 10))[1] == []
