"""Every store there is, for the contract that each of them keeps."""

from __future__ import annotations

import os
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any, Protocol
from uuid import uuid4

import pytest
from mongomock_motor import AsyncMongoMockClient
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import MongoClient

from app.store.mongo import MongoStore, decoding, streams
from app.store.mongo.collections import OWN
from app.store.sqlite import SqliteStore
from tests.store import mocked, secantusd
from tests.store.kinds import APART, READ_BY, STORES
from tests.store.toy import INDEX

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from app.search.algebra import Index
    from app.store.repository import Repository


class Opened(Protocol):
    """Opens a store on the test's own place, where what was written before still is; the test closes nothing."""

    async def __call__(self, index: Index = ..., **options: Any) -> Repository: ...


@pytest.fixture(autouse=True)
def decoding_of_mongomock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "as_json", mocked.as_json)


@pytest.fixture(params=STORES)
async def open_store(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Opened]:
    for name, value in READ_BY.get(request.param, {}).items():
        monkeypatch.setattr(name, value)
    async with AsyncExitStack() as stack:
        target: Any
        if request.param.startswith("secantusdb"):
            secantusd.sort_positions(monkeypatch)
            monkeypatch.setattr(streams, "WAIT", 20)  # tests end sooner
            target = f"mongodb://127.0.0.1:{request.getfixturevalue('secantusd_port')}/{uuid4().hex}"
            if request.param == APART:
                keep_keys_apart(target)
        elif request.param == "mongomock":
            target = AsyncMongoMockClient()["dmi"]
        elif request.param == "mongodb":
            target = await stack.enter_async_context(_mongodb())
        else:
            target = tmp_path / "store" if request.param == "sqlite file" else None
        kind: type[SqliteStore | MongoStore] = SqliteStore if request.param.startswith("sqlite") else MongoStore

        async def opened(index: Index = INDEX, **options: Any) -> Repository:
            store: Repository = kind(target, index, **options)
            await store.open()
            stack.push_async_callback(store.close)
            return store

        yield opened


@pytest.fixture
async def store(open_store: Opened) -> Repository:
    return await open_store()


def keep_keys_apart(address: str) -> None:
    """Have the store of an address keep keys as it does on shards."""
    with MongoClient[dict[str, Any]](address) as client:
        client.get_default_database()[OWN].insert_one({"_id": "keys"})


@asynccontextmanager
async def _mongodb() -> AsyncIterator[Any]:
    """A database of the test's own on the server of MONGODB_URI."""
    if "MONGODB_URI" not in os.environ:
        pytest.skip("MONGODB_URI is not set")
    client: AsyncIOMotorClient[Any] = AsyncIOMotorClient(os.environ["MONGODB_URI"])
    name = f"dmi_test_{uuid4().hex}"
    try:
        yield client[name]
        await client.drop_database(name)
    finally:
        client.close()
