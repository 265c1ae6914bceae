"""Change streams: a server that goes away and comes back, or no longer keeps what was written; many streams at once."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from app.errors import CursorGone, InvalidCursor, StoreUnavailable
from app.store.mongo import MongoStore, streams
from tests.eventually import eventually
from tests.store import secantusd
from tests.store.follow import LATE, Persistent, following, told
from tests.store.toy import INDEX, device, named, write

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

WRITERS = 4
ENOUGH = 24
"""So many changes come before the server is killed, and again when it is back."""


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> int:
    if not secantusd.BINARY.exists():
        pytest.skip("secantusdb has no wheel for this platform")
    monkeypatch.setattr("app.store.mongo.store.PATIENCE", 250)
    secantusd.sort_positions(monkeypatch)
    return secantusd.free_port()


@asynccontextmanager
async def opened(port: int) -> AsyncIterator[MongoStore]:
    store = MongoStore(f"mongodb://127.0.0.1:{port}/dmi", INDEX)
    await store.open()
    try:
        yield store
    finally:
        await store.close()


async def test_a_server_that_is_killed_under_load_has_no_change_lost_or_told_twice(
    tmp_path: Path, port: int, caplog: pytest.LogCaptureFixture
) -> None:
    async def write_on(store: MongoStore, name: str) -> None:
        number = 0
        while True:
            number += 1
            try:
                await store.write([write(name, named(str(number)))])
                pair = [write(f"{name}.{number}-{side}", device(name)) for side in "lr"]
                await store.write(pair, together=True)
            except StoreUnavailable:
                await asyncio.sleep(0.01)

    async with opened(port) as store:
        with secantusd.running(tmp_path / "data", port):
            reader = Persistent(store, await _latest(store))
            tasks = [asyncio.create_task(write_on(store, f"c{number}")) for number in range(WRITERS)]
            reading = asyncio.create_task(reader.read())
            await eventually(lambda: len(reader.changes) > ENOUGH, LATE)
        await eventually(lambda: reader.interrupted > 0, LATE)
        with secantusd.running(tmp_path / "data", port):
            enough = len(reader.changes) + ENOUGH
            await eventually(lambda: len(reader.changes) > enough, LATE)
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            await store.write([write("end", named("x"))])
            await eventually(lambda: reader.changes[-1].version.id == "end", LATE)
            reading.cancel()
            await asyncio.wait({reading})
            written = [
                (f"{version.type}/{version.id}", version.version)
                for name in ("Patient", "Device")
                for history in await store.histories(name, "", 100_000)
                for version in history
            ]
            assert sorted(told(reader.changes)) == sorted(written)
            for each in (f"Patient/c{number}" for number in range(WRITERS)):
                numbers = [version for place, version in told(reader.changes) if place == each]
                assert numbers == list(range(1, len(numbers) + 1))
    assert not caplog.records


async def test_a_cursor_from_before_all_that_the_server_keeps_is_gone(tmp_path: Path, port: int) -> None:
    with secantusd.running(tmp_path / "data", port, "--oplog-max-entries", "50"):
        async with opened(port) as store:
            since = await store.latest()
            # secantusdb looks at every thousandth change whether it keeps too many.
            await store.write([write(f"p{number}", named("A")) for number in range(1_000)], together=True)
            await store.write([write("p1", named("B"))])
            with pytest.raises(CursorGone, match="no longer kept"):
                await following(store, since, 1)


@pytest.mark.parametrize("open_store", ["secantusdb"], indirect=True)
@pytest.mark.parametrize("token", ["82", "ff" * 30, "zz", "0" * 5, ""])
async def test_what_is_no_resume_token_is_no_cursor(store: MongoStore, token: str) -> None:
    name = (await store.latest()).split(".")[0]
    with pytest.raises(InvalidCursor):
        await following(store, f"{name}.{'0' * 17}{token}", 1)


@pytest.mark.parametrize("open_store", ["secantusdb"], indirect=True)
async def test_more_streams_than_may_wait_at_once_take_turns(store: MongoStore) -> None:
    since = await store.latest()
    reading = [asyncio.create_task(following(store, since, 2)) for _ in range(3 * streams.AT_ONCE)]
    for each in ("p1", "p2"):
        await store.write([write(each, named("A"))])
    found = [told(changes) for changes in await asyncio.gather(*reading)]
    assert found == [[("Patient/p1", 1), ("Patient/p2", 1)]] * len(reading)
    assert store.busy()["requests_running"] == 0


async def _latest(store: MongoStore) -> str:
    """The driver looks every half second whether the server is there."""
    for _ in range(20):
        with suppress(StoreUnavailable):
            return await store.latest()
    return await store.latest()
