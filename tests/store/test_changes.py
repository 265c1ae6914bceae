"""The feed of changes: each once, in the order of writes, from any cursor on; in every store that has one."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING

import pytest

from app.errors import InvalidCursor, StoreUnavailable
from tests.store.clock import Clock, noon
from tests.store.follow import LATE, between, following, told
from tests.store.kinds import FEEDING
from tests.store.looks import Look
from tests.store.toy import deletion, device, named, patient, write

if TYPE_CHECKING:
    from app.store.repository import Repository
    from tests.store.conftest import Opened

pytestmark = pytest.mark.parametrize("open_store", FEEDING, indirect=True)


async def test_a_change_tells_who_wrote_what_and_when(open_store: Opened) -> None:
    store = await open_store(clock=Clock())
    since = await store.latest()
    [stored] = await store.write([write("p1", named("A"), author="Dr. Grey", keys=("k",))])
    await store.write([write("p1", named("B"), author="Dr. House")])
    await store.write([deletion("Patient", "p1"), write("p1", named("C"))])
    changes = [each.version for each in await following(store, since, 4)]
    assert changes[0] == await store.version("Patient", "p1", 1)
    assert changes[0].resource == stored.resource
    assert [(each.version, each.at, each.author, each.operation) for each in changes] == [
        (1, noon(), "Dr. Grey", "create"),
        (2, noon(1), "Dr. House", "update"),
        (3, noon(2), "", "delete"),
        (4, noon(3), "", "create"),
    ]
    families = [each.resource["name"][0]["family"] if each.resource else None for each in changes]
    assert families == ["A", "B", None, "C"]


async def test_the_latest_cursor_is_behind_all_that_was_written_and_before_all_that_comes(store: Repository) -> None:
    empty = await store.latest()
    await store.write([write("p1", named("A"))])
    since = await store.latest()
    await store.write([write("p2", named("A"))])
    assert told(await between(store, empty, since)) == [("Patient/p1", 1)]
    assert await between(store, since, since) == []
    assert told(await following(store, since, 1)) == [("Patient/p2", 1)]


async def test_whoever_waits_is_told_of_what_is_written_then(store: Repository) -> None:
    since = await store.latest()
    waiting = [asyncio.create_task(following(store, since, 2)) for _ in range(3)]
    await asyncio.sleep(0.05)
    await store.write([write("p1", named("A"))])
    await asyncio.sleep(0.05)
    await store.write([write("p2", named("A"))])
    assert [told(each) for each in await asyncio.gather(*waiting)] == [[("Patient/p1", 1), ("Patient/p2", 1)]] * 3


async def test_the_feed_goes_on_behind_the_cursor_of_any_change(store: Repository) -> None:
    since = await store.latest()
    await store.write([write(f"p{number}", named("A")) for number in range(4)], together=True)
    changes = await following(store, since, 4)
    for place, change in enumerate(changes):
        assert await following(store, change.cursor, 3 - place) == changes[place + 1 :]


async def test_cursors_sort_in_the_order_of_changes_and_need_no_escaping(store: Repository) -> None:
    cursors = [await store.latest()]
    for number in range(20):
        await store.write([write("p1", named(str(number)))])
    cursors += [each.cursor for each in await following(store, cursors[0], 20)]
    assert cursors == sorted(set(cursors))
    assert all(each.replace(".", "").replace("-", "").isalnum() and each.isascii() for each in cursors)


async def test_only_the_types_that_are_asked_for_come(store: Repository) -> None:
    since = await store.latest()
    await store.write([write("p1", named("A")), write("d1", device("L")), write("p2", named("A"))])
    until = (await following(store, since, 3))[-1].cursor
    assert told(await between(store, since, until, "Device")) == [("Device/d1", 1)]
    assert await between(store, since, until, "Procedure") == []


async def test_a_batch_without_a_change_tells_how_far_the_reading_has_come(store: Repository) -> None:
    since = await store.latest()
    async with asyncio.timeout(LATE), aclosing(store.changes(since, ("Device",))) as batches:
        await store.write([write("p1", named("A")), write("p2", named("A"))])
        [*_, last] = await following(store, since, 2)
        while (batch := await anext(batches)).reached < last.cursor:
            assert not batch.changes
        await store.write([write("d1", device("L"))])
        assert told(await following(store, batch.reached, 1)) == [("Device/d1", 1)]


async def test_what_changes_nothing_is_no_change(store: Repository) -> None:
    await store.write([write("p1", named("A"), keys=("k1",))])
    since = await store.latest()
    await store.write([write("p1", named("A"), keys=("k2",)), deletion("Patient", "never")])
    await store.repair("Patient", ["p1"])
    await store.write([write("p1", named("B"))])
    assert told(await following(store, since, 1)) == [("Patient/p1", 2)]


async def test_many_writers_at_once_lose_nothing_and_double_nothing(store: Repository) -> None:
    since = await store.latest()

    async def pairs(name: str) -> None:
        for number in range(10):
            both = [write(f"{name}-{side}", device(str(number))) for side in "lr"]
            await store.write(both, together=number % 2 == 0)

    names = [f"c{number}" for number in range(6)]
    reading = asyncio.create_task(following(store, since, 120))
    await asyncio.gather(*map(pairs, names))
    changes = await reading
    assert sorted(told(changes)) == sorted(
        (f"Device/{name}-{side}", number + 1) for name in names for side in "lr" for number in range(10)
    )
    for place in {place for place, _ in told(changes)}:
        assert [number for each, number in told(changes) if each == place] == list(range(1, 11))
    assert told(await following(store, changes[49].cursor, 70)) == told(changes[50:])


async def test_what_was_erased_does_not_come_any_more(store: Repository) -> None:
    since = await store.latest()
    await store.write([write(each, named("A")) for each in ("p1", "p2", "p3")])
    cursors = [each.cursor for each in await following(store, since, 3)]
    await store.erase("Patient", ["p1", "p3"])
    await store.write([write("p4", named("A"))])
    assert told(await following(store, since, 2)) == [("Patient/p2", 1), ("Patient/p4", 1)]
    assert told(await following(store, cursors[2], 1)) == [("Patient/p4", 1)]


async def test_an_erasure_that_is_told_of_is_followed_by_what_tells_of_it(store: Repository) -> None:
    since = await store.latest()
    await store.write([write("p1", named("A"))])
    [change] = await following(store, since, 1)
    assert await store.erase("Patient", ["p1"], Look(await store.reached())) == 1
    assert told(await following(store, change.cursor, 1)) == [("Patient/trail", 1)]


async def test_of_a_restored_history_the_last_version_is_a_change(store: Repository) -> None:
    for family in "AB":
        await store.write([write("p1", named(family))])
    [history] = await store.histories("Patient", "", 1)
    await store.erase("Patient", ["p1"])
    since = await store.latest()
    assert await store.restore([history]) == 1
    await store.write([write("p2", named("A"))])
    assert told(await following(store, since, 2)) == [("Patient/p1", 2), ("Patient/p2", 1)]


async def test_large_resources_come_in_small_batches(store: Repository) -> None:
    since = await store.latest()
    large = "x" * 700_000
    await store.write([write(f"p{number}", patient(note=large)) for number in range(6)])
    async with asyncio.timeout(LATE), aclosing(store.changes(since)) as batches:
        numbers: list[int] = []
        while sum(numbers) < 6:
            numbers.append(len((await anext(batches)).changes))
    assert max(numbers) <= 2


@pytest.mark.parametrize("spoil", [lambda _: "", lambda _: ".", lambda text: text[:-4], lambda text: text + "é"])
async def test_what_is_no_cursor_is_refused(store: Repository, spoil: object) -> None:
    assert callable(spoil)
    with pytest.raises(InvalidCursor, match="as it came"):
        await following(store, spoil(await store.latest()), 1)


async def test_an_iteration_that_is_ended_early_leaves_nothing_behind(store: Repository) -> None:
    since = await store.latest()
    before = asyncio.all_tasks()
    reading = asyncio.create_task(following(store, since, 2))
    await asyncio.sleep(0.05)
    await store.write([write("p1", named("A"))])
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert asyncio.all_tasks() == before
    assert told(await following(store, since, 1)) == [("Patient/p1", 1)]


async def test_a_store_that_is_closed_says_so_to_those_who_wait(open_store: Opened) -> None:
    store = await open_store()
    reading = asyncio.create_task(following(store, await store.latest(), 1))
    await asyncio.sleep(0.05)
    await store.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        await reading
