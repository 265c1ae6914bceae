"""The feed of changes of a store that is opened again, or that others write to."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from app.errors import InvalidCursor
from app.store.sqlite import SqliteStore
from tests.store.follow import following, told
from tests.store.kinds import LASTING
from tests.store.toy import INDEX, named, write

if TYPE_CHECKING:
    from tests.store.conftest import Opened

LASTING_FEEDS = [kind for kind in LASTING if kind != "mongomock"]  # which has no feed

pytestmark = pytest.mark.parametrize("open_store", LASTING_FEEDS, indirect=True)


async def test_a_cursor_is_good_for_the_store_that_was_opened_again(open_store: Opened) -> None:
    store = await open_store()
    since = await store.latest()
    await store.write([write(f"p{number}", named("A")) for number in range(3)])
    [first, *_] = changes = await following(store, since, 3)
    await store.close()
    again = await open_store()
    await again.write([write("p3", named("A"))])
    assert (await following(again, first.cursor, 3))[:2] == changes[1:]
    assert await again.latest() > first.cursor


async def test_whoever_waits_is_told_of_what_others_write(open_store: Opened) -> None:
    store, other = await open_store(), await open_store()
    reading = asyncio.create_task(following(store, await other.latest(), 21))
    await asyncio.sleep(0.05)
    await asyncio.gather(
        other.write([write(f"p{number}", named("A")) for number in range(10)]),
        store.write([write(f"q{number}", named("A")) for number in range(10)]),
    )
    await other.write([write("p0", named("B"))])
    changes = await reading
    assert len(set(told(changes))) == 21
    assert told(changes)[-1] == ("Patient/p0", 2)
    assert await following(other, changes[4].cursor, 16) == changes[5:]


async def test_the_cursor_of_another_store_is_refused(open_store: Opened) -> None:
    store, other = await open_store(), SqliteStore(None, INDEX)
    await other.open()
    foreign = await other.latest()
    await other.close()
    with pytest.raises(InvalidCursor):
        await following(store, foreign, 1)
