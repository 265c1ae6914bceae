"""A process that is killed while it writes to MongoDB: all it was told is kept is there, and nothing is half there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import MongoClient

from app.store.mongo import MongoStore
from tests.store.toy import INDEX

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = Path(__file__).parents[2]

WRITES = """
import asyncio, sys
from motor.motor_asyncio import AsyncIOMotorClient
from app.store.mongo import MongoStore
from tests.store.toy import INDEX, device, named, write

async def client(store, name):
    for number in range(1_000_000):
        await store.write([write(name, named(f"{name}.{number}"))])
        pair = [write(f"{name}.{number}-{side}", device(name)) for side in "lr"]
        await store.write([*pair, write("shared", named(f"{name}.{number}"))], together=True)
        print(f"{name}.{number}", flush=True)

async def main(address, database):
    store = MongoStore(AsyncIOMotorClient(address)[database], INDEX)
    await store.open()
    await asyncio.gather(*(client(store, f"c{number}") for number in range(4)))

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.fixture(params=["secantusdb", "mongodb"])
def address(request: pytest.FixtureRequest) -> str:
    if request.param == "mongodb" and "MONGODB_URI" not in os.environ:
        pytest.skip("MONGODB_URI is not set")
    if request.param == "mongodb":
        return os.environ["MONGODB_URI"]
    return f"mongodb://127.0.0.1:{request.getfixturevalue('secantusd_port')}"


@pytest.fixture
def database(address: str) -> Iterator[str]:
    """The name of a database of the test's own. A secantusdb goes with all that is in it; to drop a database, it would
    wait for ever for a transaction whose client was killed."""
    name = f"dmi_test_{uuid4().hex}"
    yield name
    if address == os.environ.get("MONGODB_URI"):
        with MongoClient[dict[str, object]](address) as client:
            client.drop_database(name)


def killed(address: str, database: str) -> set[str]:
    """What a process has acknowledged that was killed in the middle of its writes."""
    command = [sys.executable, "-c", WRITES, address, database]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=PROJECT, text=True) as writer:
        assert writer.stdout
        lines = [writer.stdout.readline() for _ in range(20)]
        writer.send_signal(signal.SIGKILL)
        lines += writer.stdout.readlines()
    return {line.strip() for line in lines if line.endswith("\n")}


async def test_what_a_killed_process_was_told_is_kept_is_there_and_whole(address: str, database: str) -> None:
    told = killed(address, database)
    client: AsyncIOMotorClient[dict[str, object]] = AsyncIOMotorClient(address)
    store = MongoStore(client[database], INDEX)
    await store.open()
    versions = [version for history in await store.histories("Patient", "", 10) for version in history]
    kept = Counter((each.id, each.resource["name"][0]["family"]) for each in versions if each.resource)
    assert {(family.split(".")[0], family) for family in told} | {("shared", family) for family in told} <= kept.keys()
    assert set(kept.values()) == {1}
    devices = Counter(history[0].id[:-2] for history in await store.histories("Device", "", 100_000))
    assert devices.keys() == {family for id_, family in kept if id_ == "shared"}
    assert set(devices.values()) == {2}
    assert (await store.inspect("Patient", "", 10))[1] == []
    await store.close()
    client.close()
