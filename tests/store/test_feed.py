"""Followers of the feed on a real store: they come and go while others write, and have everything once."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from random import Random
from typing import TYPE_CHECKING, Final, NamedTuple, cast

import pytest

from app.schema.live import feed as feeds
from app.schema.live.feed import Feed
from app.search.index import search_index
from app.store.repository import Write
from app.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

    from app.schema.live.happening import Happening
    from app.store.repository import Repository

TYPES: Final = ("Procedure", "Patient", "Device", "Encounter", "Organization", "Location")
FOLLOWERS, VISITS = 30, 5


class Had(NamedTuple):
    """The type that somebody follows, where it began, and the cursors that it had."""

    type: str
    start: str
    cursors: list[str]


async def write(store: Repository, chance: Random, first: int) -> None:
    """Write until there is enough of it."""
    number = first
    while True:
        number += 1
        name = chance.choice(TYPES)
        await store.write([Write(name, f"r{number}", {"resourceType": name})])
        if chance.random() < 0.3:
            await asyncio.sleep(chance.random() / 100)


async def follow(feed: Feed, chance: Random) -> Had:
    """Come and go some times, each time with the last cursor; read at any speed."""
    had: Had | None = None
    name, since = chance.choice(TYPES), None
    for _ in range(VISITS):
        await asyncio.sleep(chance.random() / 10)
        follower = await feed.join(name)
        had = had or Had(name, follower.reached, [])
        since = since or had.start
        left = chance.randrange(1, 50)
        following = cast("AsyncGenerator[Happening | None]", feed.follow(follower, since))
        async with aclosing(following) as happenings:
            async for each in happenings:
                if each is None:
                    continue
                since = each.cursor
                had.cursors.append(since)
                left -= 1
                if chance.random() < 0.2:
                    await asyncio.sleep(chance.random() / 50)
                if not left:
                    break
        feed.leave(follower)
    assert had
    return had


async def changes(store: Repository) -> list[tuple[str, str]]:
    """(type, cursor) of all that was written."""
    last = await store.latest()
    start = f"{last.partition('.')[0]}.{'0' * 16}.0.0"
    return [
        (each.version.type, each.cursor) async for batch in store.changes(start, None, last) for each in batch.changes
    ]


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(1, 30))])
async def test_whoever_comes_and_goes_has_everything_once(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "MOST", 20)  # so that many are too slow now and then
    chance, stores = Random(seed), [SqliteStore(tmp_path, search_index()) for _ in range(2)]  # noqa: S311 - no secret
    for store in stores:
        await store.open()
    feed = Feed(stores[0])
    writing = [asyncio.create_task(write(store, chance, 1_000_000 * n)) for n, store in enumerate(stores)]
    async with asyncio.timeout(60):
        found = await asyncio.gather(*(follow(feed, chance) for _ in range(FOLLOWERS)))
    for task in writing:
        task.cancel()
    await asyncio.wait(writing)
    everything = await changes(stores[0])
    for had in found:
        expected = [cursor for name, cursor in everything if name == had.type and had.start < cursor]
        assert had.cursors == expected[: len(had.cursors)]
    for store in stores:
        await store.close()
