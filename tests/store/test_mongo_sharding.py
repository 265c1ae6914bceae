"""A MongoDB store whose collections are spread over shards: the commands for that, and keys that are kept apart there.

No server here has shards. What a mongos alone can do is left out."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import ReplaceOne

from app.errors import DuplicateKey, StoreUnusable
from app.search.index import search_index
from app.store.mongo import MongoStore
from app.store.mongo.indexes import indexes
from app.store.mongo.keys import KEYS, changes
from app.store.mongo.sharding import Step, done, steps
from app.store.repository import Flaw
from tests.eventually import eventually
from tests.store.kinds import APART
from tests.store.toy import INDEX, deletion, named, write

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.store.conftest import Opened

apart = pytest.mark.parametrize("open_store", [APART], indirect=True)

UNIQUE = {"dmi: keys 1": {"key": [("keys", 1)], "unique": True, "sparse": True}, "_id_": {"key": [("_id", 1)]}}


@pytest.fixture
async def database(secantusd_port: int) -> AsyncIterator[Any]:
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient("127.0.0.1", secantusd_port)
    yield client[uuid4().hex]
    client.close()


@pytest.fixture
async def store(database: Any) -> AsyncIterator[MongoStore]:
    opened = MongoStore(database, INDEX)
    await opened.open()
    yield opened
    await opened.close()


async def noted(database: Any) -> dict[str, str]:
    return {each["_id"]: each["id"] async for each in database[KEYS].find()}


def of(store: Any) -> Any:
    """The database of a store."""
    return store._running().collections.database


def test_each_collection_is_sharded_by_what_it_is_read_by() -> None:
    told = [step.command for step in steps("dmi", ["Patient"], {}, apart=True)]
    assert [command for command in told if "shardCollection" in command] == [
        {"shardCollection": "dmi.dmi.keys", "key": {"_id": "hashed"}},
        {"shardCollection": "dmi.Patient", "key": {"_id": "hashed"}},
        {"shardCollection": "dmi.Patient.history", "key": {"_id.id": "hashed"}},
        {"shardCollection": "dmi.dmi.ledger", "key": {"_id": "hashed"}},
        {"shardCollection": "dmi.dmi.audit", "key": {"_id": "hashed"}},
    ]
    assert [told[at - 1]["createIndexes"] for at, command in enumerate(told) if "shardCollection" in command] == [
        "dmi.keys",
        "Patient",
        "Patient.history",
        "dmi.ledger",
        "dmi.audit",
    ]
    assert len(told) == 10


def test_the_unique_index_goes_when_servers_are_told_and_its_keys_are_noted() -> None:
    plan = steps("dmi", ["Patient", "Device"], {"Patient": UNIQUE, "Device": {}}, apart=False)
    kinds = [next(iter(step.command)) for step in plan[2:5]]
    assert (kinds, plan[2].pause) == (["update", "aggregate", "dropIndexes"], 30)
    assert plan[4].command == {"dropIndexes": "Patient", "index": "dmi: keys 1"}


def test_who_begins_again_waits_again_as_long_as_a_unique_index_is_there() -> None:
    assert [step.pause for step in steps("dmi", ["Patient"], {"Patient": UNIQUE}, apart=True) if step.pause] == [30]
    assert [step.pause for step in steps("dmi", ["Patient"], {"Patient": {}}, apart=True) if step.pause] == []


def test_a_step_is_a_line_for_mongosh() -> None:
    step = Step("admin", {"shardCollection": "dmi.Patient", "key": {"_id": "hashed"}}, pause=2)
    assert str(step) == (
        'db.getSiblingDB("admin").runCommand({"shardCollection":"dmi.Patient","key":{"_id":"hashed"}}); sleep(2000);'
    )


def test_no_type_has_more_indexes_than_there_is_room_for_beside_that_of_its_shard_key() -> None:
    for parameters in search_index().parameters.values():
        kept_apart = [index for index in indexes(parameters) if not index.document.get("unique")]
        assert len(kept_apart) + len(["_id", "_id hashed"]) <= 64


async def test_a_server_without_shards_is_told_from_one_that_has_them(database: Any) -> None:
    with pytest.raises(StoreUnusable, match="mongos"):
        await anext(done(database, [Step("admin", {"shardCollection": "x"})]))


def test_a_key_that_goes_from_one_to_another_is_written_once() -> None:
    told = changes("Patient", {"a": ["k1", "k2"], "b": []}, {"a": ["k2"], "b": ["k1"]})
    assert told == [ReplaceOne({"_id": "k1"}, {"_id": "k1", "type": "Patient", "id": "b"}, upsert=True)]


async def test_keys_stay_unique_while_they_are_put_apart_under_writers(database: Any, store: MongoStore) -> None:
    """The steps that need no mongos, while several servers create resources with keys, half of which are taken."""
    stopped, refused, made = False, 0, 0
    servers = [store, MongoStore(database, INDEX), MongoStore(database, INDEX)]
    for each in servers[1:]:
        await each.open()

    async def create(server: MongoStore, name: int) -> None:
        nonlocal refused, made
        number = 0
        while not stopped:
            number += 1
            try:
                await server.write([write(f"p{name}.{number}", named("A"), keys=(f"k{number}",))])
                made += 1
            except DuplicateKey:
                refused += 1

    writers = [asyncio.create_task(create(server, name)) for name, server in enumerate(servers)]
    await eventually(lambda: made > 20 and refused > 20, 60)
    for step in await store.sharding():
        if not step.command.keys() & {"createIndexes", "shardCollection"}:
            await database.client[step.database].command(step.command)
            await asyncio.sleep(1.5 if step.pause else 0)
    before = made, refused
    await eventually(lambda: made > before[0] + 10 and refused > before[1] + 10, 60)
    stopped = True
    await asyncio.gather(*writers)
    documents = [each async for each in database["Patient"].find({}, {"keys": True})]
    holders = {key: each["_id"] for each in documents for key in each["keys"]}
    assert len(holders) == len(documents) == made
    assert await noted(database) == holders
    assert "dmi: keys 1" not in await database["Patient"].index_information()
    assert {index.state for index in await store.indexes()} == {"present"}
    for each in servers[1:]:
        await each.close()


@apart
async def test_a_key_that_something_left_behind_is_free(open_store: Opened) -> None:
    store = await open_store()
    await store.write([write("p1", named("A"))])
    await of(store)[KEYS].insert_many([{"_id": "k1", "id": "p1"}, {"_id": "k2", "id": "gone"}])
    await store.write([write("p2", named("B"), keys=("k1", "k2"))])
    assert await noted(of(store)) == {"k1": "p2", "k2": "p2"}


@apart
async def test_keys_are_noted_as_long_as_a_resource_has_them(open_store: Opened) -> None:
    store = await open_store()
    await store.write([write("p1", named("A"), keys=("k1", "k2")), write("p2", named("B"), keys=("k3",))])
    assert await noted(of(store)) == {"k1": "p1", "k2": "p1", "k3": "p2"}
    await store.write([write("p1", named("A"), keys=("k2", "k4")), deletion("Patient", "p2")])
    assert await noted(of(store)) == {"k2": "p1", "k4": "p1"}
    await store.erase("Patient", ["p1", "p2"])
    assert await noted(of(store)) == {}


@apart
async def test_a_key_that_is_noted_for_another_one_is_a_flaw(open_store: Opened) -> None:
    store = await open_store()
    await store.write([write(f"p{number}", named("A"), keys=(f"k{number}",)) for number in range(3)])
    assert (await store.inspect("Patient", "", 10))[1] == []
    await of(store)[KEYS].delete_one({"_id": "k0"})
    await of(store)[KEYS].update_one({"_id": "k1"}, {"$set": {"id": "p2"}})
    assert (await store.inspect("Patient", "", 10))[1] == [Flaw("Patient", f"p{number}", "keys") for number in range(2)]


@apart
async def test_two_restored_histories_cannot_have_one_key(open_store: Opened) -> None:
    store = await open_store()
    await store.write([write("p1", named("A"), keys=("k1",))])
    [history] = await store.histories("Patient", "", 1)
    twin = [replace(version, id="p2") for version in history]
    with pytest.raises(DuplicateKey):
        await store.restore([twin])
    await store.erase("Patient", ["p1"])
    with pytest.raises(DuplicateKey):
        await store.restore([history, twin])
    assert await store.histories("Patient", "", 10) == []
    assert await store.restore([history]) == 1
    assert await noted(of(store)) == {"k1": "p1"}
