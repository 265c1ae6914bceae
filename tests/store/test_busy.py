"""What a store tells of how busy it is."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from app.search.algebra import Search
from app.store.mongo import MongoStore
from app.store.sqlite import SqliteStore
from tests.store.kinds import KEEPING
from tests.store.toy import INDEX

if TYPE_CHECKING:
    from pathlib import Path

    from app.store.repository import Repository


@pytest.mark.parametrize("open_store", KEEPING, indirect=True)
async def test_a_store_that_nobody_asks_is_not_busy(store: Repository) -> None:
    await store.search("Device", Search())
    told = dict(store.busy())
    told.pop("connections_open", None)  # they stay open for the next request
    assert told
    assert set(told.values()) == {0}


async def test_reads_beyond_the_number_of_readers_wait(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path, INDEX, readers=2)
    await store.open()
    reads = [asyncio.create_task(store.search("Device", Search(count=1_000))) for _ in range(5)]
    await asyncio.sleep(0)
    busy = store.busy()
    await asyncio.gather(*reads)
    assert (busy["reads_running"], busy["reads_waiting"]) == (2, 3)
    assert store.busy()["reads_waiting"] == 0
    await store.close()


async def test_the_connections_of_the_driver_are_counted(secantusd_port: int) -> None:
    store = MongoStore(f"mongodb://127.0.0.1:{secantusd_port}/busy", INDEX)
    await store.open()
    reads = [asyncio.create_task(store.search("Device", Search())) for _ in range(3)]
    await asyncio.sleep(0)
    busy = store.busy()
    await asyncio.gather(*reads)
    after = store.busy()
    await store.close()
    assert busy["requests_running"] + busy["requests_waiting"] == 3
    assert after["connections_open"] > 0
    assert (after["connections_used"], after["requests_running"]) == (0, 0)
