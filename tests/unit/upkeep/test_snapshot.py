from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.store.repository import Write
from app.store.version import instant
from app.upkeep.snapshot import BATCH, parts, present_moment
from tests.builders import patient

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.store.sqlite import SqliteStore
    from tests.unit.upkeep.conftest import Clock


async def versions(store: SqliteStore, moment: str, since: str = "", after: str = "") -> dict[str, list[int]]:
    """Id → the versions of each live resource, as they were at the moment; of a deleted one with a 0 behind."""
    found: dict[str, list[int]] = {}
    async for part in parts(store, "Patient", moment, since, after):
        found |= {each[0].id: [version.version for version in each] for each in part.live}
        found |= {each[0].id: [*(version.version for version in each), 0] for each in part.deleted}
    return found


async def test_what_was_made_later_is_left_out(store: SqliteStore, put: Callable[..., Any], clock: Clock) -> None:
    await put(patient(id="a"), patient(id="b"))
    moment = instant(clock.now)
    await put(patient(id="a", gender="female"), patient(id="c"))
    await store.write([Write("Patient", "b", None)])
    assert await versions(store, moment) == {"a": [1], "b": [1]}
    assert await versions(store, instant(clock.now)) == {"a": [1, 2], "b": [1, 2, 0], "c": [1]}


async def test_only_what_changed_later_than_since_is_there(
    store: SqliteStore, put: Callable[..., Any], clock: Clock
) -> None:
    await put(patient(id="a"), patient(id="b"))
    since = instant(clock.now)
    await put(patient(id="a", gender="female"))
    assert await versions(store, instant(clock()), since) == {"a": [1, 2]}


async def test_it_goes_on_behind_an_id(store: SqliteStore, put: Callable[..., Any], clock: Clock) -> None:
    await put(patient(id="a"), patient(id="b"))
    assert await versions(store, instant(clock()), after="a") == {"b": [1]}


async def test_more_than_a_batch_is_read_to_the_end(store: SqliteStore, put: Callable[..., Any], clock: Clock) -> None:
    await put(*(patient(id=f"p{number:04}") for number in range(BATCH + 1)))
    assert len(await versions(store, instant(clock()))) == BATCH + 1


async def test_the_keys_are_those_of_the_last_version(
    store: SqliteStore, put: Callable[..., Any], clock: Clock
) -> None:
    await put(patient(id="a"), keys=("k",))
    moment = instant(clock.now)
    await put(patient(id="a", gender="female"), keys=("k",))
    [part] = [each async for each in parts(store, "Patient", moment)]
    assert part.live[0][-1].keys == ("k",)


async def test_the_present_moment_is_an_instant_and_holds_nothing_in_the_ledger(store: SqliteStore) -> None:
    first, second = await present_moment(store), await present_moment(store)
    assert len(first) == len("2024-05-06T07:08:09.123Z")
    assert first < second
