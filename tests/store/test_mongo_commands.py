"""What a page asks of MongoDB, counted where the driver sends it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo.monitoring import CommandListener

from app.demo.hospital import hospital
from app.search.index import search_index
from app.store.mongo import MongoStore
from tests.contract.operations import operation

if TYPE_CHECKING:
    from pymongo.monitoring import CommandFailedEvent, CommandStartedEvent, CommandSucceededEvent

    from tests.conftest import Start

READS = ("find", "aggregate", "getMore", "count", "distinct")


class Commands(CommandListener):
    """Counts the commands that read, by collection."""

    def __init__(self) -> None:
        self.sent: Counter[str] = Counter()

    def started(self, event: CommandStartedEvent) -> None:
        """The driver's hook."""
        if event.command_name in READS:
            self.sent[str(event.command[event.command_name])] += 1

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """The driver's hook."""

    def failed(self, event: CommandFailedEvent) -> None:
        """The driver's hook."""


@pytest.mark.parametrize(
    ("name", "more"),
    [("01-procedures", {}), ("02-procedure-page", {"Procedure": 2})],
    ids=["as a list", "as a connection with its count"],
)
async def test_a_page_asks_each_type_of_a_level_once(
    start: Start, secantusd_port: int, name: str, more: dict[str, int]
) -> None:
    commands = Commands()
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(
        "127.0.0.1", secantusd_port, event_listeners=[commands]
    )
    store = MongoStore(client[uuid4().hex], search_index())
    product = await start(*hospital(60, 1), wrap=lambda _: store)
    commands.sent.clear()
    await product.data(operation(name))
    types = ("Procedure", "Patient", "Practitioner", "Organization", "Device")
    assert dict(commands.sent) == {**dict.fromkeys(types, 1), **more}
    client.close()
