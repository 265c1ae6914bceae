"""What is particular to the MongoDB store: its documents, its history, and a server that is away."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest
from mongomock_motor import AsyncMongoMockClient
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    DocumentTooLarge,
    ExecutionTimeout,
    NetworkTimeout,
    OperationFailure,
    ServerSelectionTimeoutError,
    WTimeoutError,
)

from app.errors import DmiError, StoreFull, StoreUnavailable, StoreUnusable, TooLarge, VersionConflict
from app.search.algebra import And, Facet, Linked, Search
from app.store.mongo import MongoStore
from app.store.mongo.documents import earlier
from app.store.mongo.failures import in_our_words
from app.store.mongo.writing import in_chunks
from app.store.repository import Head, Stored, Version, Write
from tests.store import secantusd
from tests.store.toy import INDEX, deletion, named, write

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
def database() -> Any:
    return AsyncMongoMockClient()["dmi"]


@pytest.fixture
async def store(database: Any) -> AsyncIterator[MongoStore]:
    store = MongoStore(database, INDEX)
    await store.open()
    yield store
    await store.close()


async def test_earlier_versions_are_kept_in_a_collection_of_their_own(store: MongoStore, database: Any) -> None:
    for family in ("A", "B", "C"):
        await store.write([write("p1", named(family), author=f"by {family}")])
    history = [document async for document in database["Patient.history"].find().sort("_id.version")]
    assert [(each["_id"], each["author"], each["resource"]["name"]) for each in history] == [
        ({"id": "p1", "version": 1}, "by A", [{"family": "A"}]),
        ({"id": "p1", "version": 2}, "by B", [{"family": "B"}]),
    ]


async def test_a_write_that_ended_after_its_copy_is_repeated_without_harm(store: MongoStore, database: Any) -> None:
    await store.write([write("p1", named("A"))])
    [first] = await database["Patient"].find().to_list(1)
    await database["Patient.history"].insert_one({"_id": {"id": "p1", "version": 1}, "resource": first["resource"]})
    [stored] = await store.write([write("p1", named("B"), expected=1)])
    assert stored.version == 2
    assert await database["Patient.history"].count_documents({}) == 1


async def test_a_wrong_copy_in_the_history_is_replaced_by_the_next_write(store: MongoStore, database: Any) -> None:
    await store.write([write("p1", named("A"))])
    orphan = {"_id": {"id": "p1", "version": 1}, "resource": named("Somebody else"), "deleted": False}
    await database["Patient.history"].insert_one(orphan)
    await store.write([write("p1", named("B"))])
    version = await store.version("Patient", "p1", 1)
    assert version is not None
    assert version.resource is not None
    assert version.resource["name"] == [{"family": "A"}]


async def test_the_copy_of_a_write_that_was_not_finished_is_no_version(store: MongoStore, database: Any) -> None:
    await store.write([write("p1", named("A"))])
    [document] = await database["Patient"].find().to_list(1)
    await database["Patient.history"].insert_one(earlier(document))
    assert [each.version for each in await store.history("Patient", "p1", 10)] == [1]
    assert [[each.version for each in history] for history in await store.histories("Patient", "", 10)] == [[1]]
    assert await store.inspect("Patient", "", 10) == ("p1", [])


async def test_the_keys_of_a_deletion_mean_nothing(store: MongoStore, database: Any) -> None:
    await store.write([deletion("Patient", "p1", keys=("k",))])
    await store.write([write("p2", named("A")), deletion("Patient", "p2", keys=("k",))])
    await store.write([deletion("Patient", "p2", keys=("k",))])
    assert await store.heads("Patient", ["p1", "p2"]) == {"p2": Head(2, deleted=True)}
    assert await database["Patient"].count_documents({"keys": {"$exists": True}}) == 0


async def test_a_deleted_document_is_not_found(store: MongoStore, database: Any) -> None:
    await store.write([write("p1", named("A")), write("p2", named("A")), deletion("Patient", "p1")])
    assert (await database["Patient"].find_one({"_id": "p1"}))["deleted"]
    assert set(await store.read("Patient", ["p1", "p2"])) == {"p2"}
    assert [row.resource["id"] for row in (await store.search("Patient", Search())).rows] == ["p2"]
    assert await store.count("Patient", And()) == 1


async def test_several_writes_of_one_resource_stop_at_the_first_that_fails() -> None:
    tried: list[str] = []

    async def put(each: Write) -> Stored:
        tried.append(each.author)
        if each.author == "1":
            raise VersionConflict("Patient/p1", 1)
        return Stored({}, 1)

    writes = [write("p1", named("A"), author=str(number)) for number in range(3)]
    with pytest.raises(VersionConflict):
        await in_chunks(writes, put)
    assert tried == ["0", "1"]


async def test_so_many_writes_are_under_way_at_a_time() -> None:
    running, most = 0, 0

    async def put(_: Write) -> Stored:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        return Stored({}, 1)

    await in_chunks([write(f"p{number}", named("A")) for number in range(100)], put)
    assert most == 32


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ServerSelectionTimeoutError("mongodb://user:secret@host"), StoreUnavailable),
        (AutoReconnect("secret"), StoreUnavailable),
        (NetworkTimeout("secret"), StoreUnavailable),
        (ExecutionTimeout("secret", 50), StoreUnavailable),
        (WTimeoutError("secret", 64), StoreUnavailable),
        (OperationFailure("secret", 14031), StoreFull),
        (OperationFailure("secret: you are over your space quota", 8000), StoreFull),
        (OperationFailure("secret", 8000), StoreUnusable),
        (BulkWriteError({"writeErrors": [{"code": 14031, "errmsg": "secret"}], "writeConcernErrors": []}), StoreFull),
        (OperationFailure("secret", 112, {"errorLabels": ["TransientTransactionError"]}), StoreUnavailable),
        (OperationFailure("secret", 1, {"errorLabels": ["RetryableWriteError"]}), StoreUnavailable),
        (OperationFailure("secret", 18), StoreUnusable),
        (OperationFailure("secret", 13), StoreUnusable),
        (DocumentTooLarge("secret"), TooLarge),
    ],
    ids=repr,
)
def test_failures_of_the_driver_are_said_in_our_words(error: Exception, expected: type[DmiError]) -> None:
    with pytest.raises(expected) as raised, in_our_words():
        raise error
    assert "secret" not in str(raised.value.issues)


def test_a_mistake_of_the_program_stays_what_it_is() -> None:
    with pytest.raises(OperationFailure), in_our_words():
        raise OperationFailure("unknown operator", 2)


@pytest.mark.parametrize("address", ["mongodb://", "mongodb://user:p@ss:word@host", "http://host", "mongodb://host:x"])
async def test_an_address_that_cannot_be_read_is_refused_without_showing_it(address: str) -> None:
    with pytest.raises(StoreUnusable, match="MONGODB_URI") as raised:
        await MongoStore(address, INDEX).open()
    assert "word" not in str(raised.value.issues)


@pytest.mark.parametrize(("path", "name"), [("", "dmi"), ("/", "dmi"), ("/implants", "implants")])
async def test_the_address_names_the_database(path: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.store.mongo.store.PATIENCE", 10)
    async with opened(f"mongodb://127.0.0.1:{secantusd.free_port()}{path}") as store:
        assert store._running().collections.database.name == name


async def test_a_server_that_is_away_is_told_in_seconds() -> None:
    address = f"mongodb://user:secret@127.0.0.1:{secantusd.free_port()}/dmi"
    async with asyncio.timeout(15), opened(address) as store:
        outcomes = await asyncio.gather(
            store.ready(),
            store.read("Patient", ["p1"]),
            store.search("Patient", Search()),
            store.count("Patient", Linked("organization", "Organization", And(), ("Organization/",))),
            store.related("Patient", "organization", [("Organization/1",)], Search()),
            store.count_related("Patient", "organization", [("Organization/1",)], And()),
            store.tally("Patient", And(), [Facet("family")]),
            store.indexes(),
            store.drop_stale(),
            store.write([write(f"p{number}", named("A")) for number in range(100)]),
            store.write([write(f"p{number}", named("A")) for number in range(100)], together=True),
            store.heads("Patient", ["p1"]),
            store.version("Patient", "p1"),
            store.history("Patient", "p1", 10),
            store.histories("Patient", "", 10),
            store.restore([[Version("Patient", "p1", 1, "", "", "create", named("A"))]]),
            store.erase("Patient", [f"p{number}" for number in range(100)]),
            store.inspect("Patient", "", 10),
            store.repair("Patient", ["p1"]),
            store.reserve("name", "me", 10),
            store.settle("name", "me", "answer"),
            store.latest(),
            anext(store.changes("")),
            return_exceptions=True,
        )
    assert [type(outcome) for outcome in outcomes] == [StoreUnavailable] * 23
    assert "secret" not in str(outcomes)


async def test_a_server_that_comes_back_is_used_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not secantusd.BINARY.exists():
        pytest.skip("secantusdb has no wheel for this platform")
    monkeypatch.setattr("app.store.mongo.store.PATIENCE", 500)
    port = secantusd.free_port()
    async with opened(f"mongodb://127.0.0.1:{port}/dmi") as store:
        with secantusd.running(tmp_path / "data", port):
            await _ready(store)
            await store.write([write("p1", named("A"))])
            assert len(await store._running().collections.database["Patient"].index_information()) > 10
        with pytest.raises(StoreUnavailable):
            await store.read("Patient", ["p1"])
        with secantusd.running(tmp_path / "data", port):
            await _ready(store)
            assert set(await store.read("Patient", ["p1"])) == {"p1"}


@asynccontextmanager
async def opened(address: str) -> AsyncIterator[MongoStore]:
    store = MongoStore(address, INDEX)
    await store.open()
    try:
        yield store
    finally:
        await store.close()


async def _ready(store: MongoStore) -> None:
    """The driver looks every half second whether the server is back."""
    for _ in range(20):
        with suppress(StoreUnavailable):
            return await store.ready()
    return await store.ready()
