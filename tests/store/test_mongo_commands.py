"""What MongoDB is asked, counted where the driver sends it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo.monitoring import CommandListener

from app.demo.hospital import hospital
from app.search.index import search_index
from app.store.mongo import MongoStore
from tests.contract.operations import operation
from tests.store.toy import INDEX, device, named, write

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from motor.motor_asyncio import AsyncIOMotorDatabase
    from pymongo.monitoring import CommandFailedEvent, CommandStartedEvent, CommandSucceededEvent

    from tests.conftest import Start

    Database = AsyncIOMotorDatabase[dict[str, Any]]

READS = ("find", "aggregate", "getMore", "count", "distinct")


class Commands(CommandListener):
    """Counts the commands that read, by collection, and all of them by name."""

    def __init__(self) -> None:
        self.sent: Counter[str] = Counter()
        self.all: Counter[str] = Counter()

    def started(self, event: CommandStartedEvent) -> None:
        """The driver's hook."""
        self.all[event.command_name] += 1
        if event.command_name in READS:
            self.sent[str(event.command[event.command_name])] += 1

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """The driver's hook."""

    def failed(self, event: CommandFailedEvent) -> None:
        """The driver's hook."""


@pytest.fixture
def commands() -> Commands:
    return Commands()


@pytest.fixture
async def database(secantusd_port: int, commands: Commands) -> AsyncIterator[Database]:
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(
        "127.0.0.1", secantusd_port, event_listeners=[commands]
    )
    yield client[uuid4().hex]
    client.close()


@pytest.mark.parametrize(
    ("name", "more"),
    [("01-procedures", {}), ("02-procedure-page", {"Procedure": 2})],
    ids=["as a list", "as a connection with its count"],
)
async def test_a_page_asks_each_type_of_a_level_once(
    start: Start, database: Database, commands: Commands, name: str, more: dict[str, int]
) -> None:
    store = MongoStore(database, search_index())
    product = await start(*hospital(60, 1), wrap=lambda _: store)
    commands.sent.clear()
    await product.data(operation(name))
    types = ("Procedure", "Patient", "Practitioner", "Organization", "Device")
    assert dict(commands.sent) == {**dict.fromkeys(types, 1), **more}


async def test_a_transaction_takes_as_many_commands_for_many_resources_as_for_few(
    database: Database, commands: Commands
) -> None:
    store = MongoStore(database, INDEX)
    await store.open()
    await store.write([write("p1", named("A")), write("d1", device())], together=True)
    taken = []
    for number in (4, 100):
        old = [write(f"{number}-{each}", named("A"), keys=(f"{number}-{each}",)) for each in range(number)]
        await store.write(old)
        new = [write(f"{number}-new-{each}", named("A"), expected=0) for each in range(number)]
        changed = [replace(each, resource=named("B"), keys=each.keys) for each in old]
        commands.all.clear()
        commands.sent.clear()
        await store.write([*changed, *new, write(f"d{number}", device())], together=True)
        reads = {name: commands.sent[name] for name in ("Patient", "Device")}
        taken.append(reads | {name: commands.all[name] for name in ("insert", "update", "delete", "commitTransaction")})
    few = {"Patient": 2, "Device": 1, "insert": 3, "update": 1, "delete": 0, "commitTransaction": 1}
    assert taken == [few, few]
    await store.close()
