"""A server that is killed under load and comes back: no request hangs, and no acknowledged write is lost or doubled."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from app.errors import StoreUnavailable
from app.store.mongo import MongoStore
from tests.store import secantusd
from tests.store.toy import INDEX, device, named, write

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from app.store.repository import Version

CLIENTS = 8
ROUNDS = 2
ENOUGH = 24
"""So many writes are acknowledged before the server is killed, and so many refused before it comes back."""

HANGING = 30.0
"""Seconds after which a request counts as hanging."""


@dataclass(slots=True)
class Load:
    """Clients that update a patient each, and keep pairs of devices together, as long as they are not stopped."""

    store: MongoStore
    acknowledged: dict[tuple[str, int], str] = field(default_factory=dict)
    pairs: set[str] = field(default_factory=set)
    refused: int = 0
    stopped: bool = False

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        clients = [asyncio.create_task(self._client(f"c{number}")) for number in range(CLIENTS)]
        yield
        self.stopped = True
        await asyncio.gather(*clients)

    async def _client(self, name: str) -> None:
        number = 0
        while not self.stopped:
            number += 1
            try:
                async with asyncio.timeout(HANGING):
                    await self._update(name, f"{name}.{number}")
                    await self._pair(f"{name}.{number}")
            except StoreUnavailable:
                self.refused += 1
                await asyncio.sleep(0.01)

    async def _update(self, name: str, family: str) -> None:
        [stored] = await self.store.write([write(name, named(family))])
        self.acknowledged[name, stored.version] = family

    async def _pair(self, name: str) -> None:
        await self.store.write([write(f"{name}-l", device(name)), write(f"{name}-r", device(name))], together=True)
        self.pairs.add(name)


async def test_a_server_that_is_killed_under_load_loses_and_doubles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not secantusd.BINARY.exists():
        pytest.skip("secantusdb has no wheel for this platform")
    monkeypatch.setattr("app.store.mongo.store.PATIENCE", 500)
    port = secantusd.free_port()
    store = MongoStore(f"mongodb://127.0.0.1:{port}/dmi", INDEX)
    await store.open()
    load = Load(store)
    async with load.running():
        for _ in range(ROUNDS):
            with secantusd.running(tmp_path / "data", port):
                await _more(lambda: len(load.pairs))
            await _more(lambda: load.refused)
        load.stopped = True
    with secantusd.running(tmp_path / "data", port):
        await _ready(store)
        await check(store, load)
    await store.close()


async def check(store: MongoStore, load: Load) -> None:
    versions = [version for history in await store.histories("Patient", "", 100) for version in history]
    kept = {(each.id, each.version): family_of(each) for each in versions}
    assert load.acknowledged.items() <= kept.items()
    assert set(Counter(kept.values()).values()) == {1}
    devices = [history[-1].id for history in await store.histories("Device", "", 100_000)]
    assert {f"{name}-{side}" for name in load.pairs for side in "lr"} <= set(devices)
    assert set(Counter(id_[:-2] for id_ in devices).values()) == {2}
    assert await store.inspect("Patient", "", 100) == (f"c{CLIENTS - 1}", [])
    assert (await store.inspect("Device", "", 100_000))[1] == []


def family_of(version: Version) -> str:
    assert version.resource is not None
    return str(version.resource["name"][0]["family"])


async def _more(counted: Callable[[], int]) -> None:
    """Return when there are enough more of something."""
    end = counted() + ENOUGH
    async with asyncio.timeout(60):
        while counted() < end:  # noqa: ASYNC110 - what counts is many tasks of the test, not one event
            await asyncio.sleep(0.01)


async def _ready(store: MongoStore) -> None:
    """The driver looks every half second whether the server is back."""
    for _ in range(20):
        with suppress(StoreUnavailable):
            return await store.ready()
    return await store.ready()
