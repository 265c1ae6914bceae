from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from app.access.reference_cache import CACHED, ReferenceCache, cached
from app.errors import VersionConflict
from app.store.repository import Repository, Version, Write
from app.store.sqlite import SqliteStore
from tests.counted import CountedStore
from tests.store.toy import INDEX

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from app.fhir.resource import Resource

SECONDS = 5
READING = {
    *("open", "ready", "busy", "heads", "version", "history", "histories", "search", "count", "related"),
    *("count_related", "tally", "explain", "indexes", "drop_stale", "inspect", "repair", "reserve", "settle"),
    *("keep_events", "events", "forget_events", "reached", "written", "in_process"),
    *("latest", "changes"),
}


class Time:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
async def behind() -> AsyncIterator[CountedStore]:
    """The store behind the cache, with what it was asked."""
    store = SqliteStore(None, INDEX)
    await store.open()
    yield CountedStore(store)
    await store.close()


@pytest.fixture
def cache(behind: Any, time: Time) -> ReferenceCache:
    return ReferenceCache(behind, SECONDS, time, most=3)


def practitioner(family: str, id: str = "a", **options: Any) -> Write:  # noqa: A002 - FHIR's word
    return Write("Practitioner", id, {"resourceType": "Practitioner", "name": [{"family": family}]}, **options)


async def family(repository: Any, id: str = "a") -> str | None:  # noqa: A002 - FHIR's word
    found = (await repository.read("Practitioner", [id], {"name"})).get(id)
    return found["name"][0]["family"] if found else None


async def test_what_was_read_is_not_read_again_for_some_seconds(cache: ReferenceCache, behind: Any, time: Time) -> None:
    await behind.write([practitioner("A")])
    for now, reads in ((0, 1), (4.9, 1), (5, 2), (9.9, 2), (10, 3)):
        time.now = 1_000 + now
        assert await family(cache) == "A"
        assert behind.commands == [("read", "Practitioner")] * reads


async def test_what_others_write_is_seen_when_its_time_is_over(cache: ReferenceCache, behind: Any, time: Time) -> None:
    await behind.write([practitioner("A")])
    seen = [await family(cache)]
    await behind.write([practitioner("B")])
    seen.append(await family(cache))
    time.now += SECONDS
    assert [*seen, await family(cache)] == ["A", "A", "B"]


async def test_what_is_kept_is_whole_whatever_was_asked_for(cache: ReferenceCache, behind: Any) -> None:
    await behind.write([practitioner("A")])
    await cache.read("Practitioner", ["a"], {"gender"})
    assert await cache.read("Practitioner", ["a"]) == await behind.read("Practitioner", ["a"])


async def test_only_what_is_missing_is_read(cache: ReferenceCache, behind: Any) -> None:
    await behind.write([practitioner("A", "a"), practitioner("B", "b")])
    asked: list[list[str]] = []
    read = behind.read

    def noted(type_name: str, ids: list[str]) -> Any:
        asked.append(list(ids))
        return read(type_name, ids)

    behind.read = noted
    await cache.read("Practitioner", ["a"])
    both = await cache.read("Practitioner", ["a", "b", "b", "c"])
    assert (set(both), asked[0], set(asked[1])) == ({"a", "b"}, ["a"], {"b", "c"})


@pytest.mark.parametrize("type_name", ["Patient", "Procedure", "Device"])
async def test_other_types_are_never_kept(cache: ReferenceCache, behind: Any, type_name: str) -> None:
    await behind.write([Write(type_name, "a", {"resourceType": type_name})])
    for _ in range(3):
        await cache.read(type_name, ["a"])
    assert behind.commands == [("read", type_name)] * 3
    assert not {"Patient", "Procedure"} & CACHED


async def test_what_was_not_found_is_looked_for_each_time(cache: ReferenceCache, behind: Any) -> None:
    assert await family(cache) is None
    await behind.write([practitioner("A")])
    assert await family(cache) == "A"


async def test_its_own_writes_are_seen_at_once(cache: ReferenceCache) -> None:
    await cache.write([practitioner("A")])
    seen = [await family(cache)]
    await cache.write([practitioner("B")])
    seen.append(await family(cache))
    await cache.write([Write("Practitioner", "a", None)])
    assert [*seen, await family(cache)] == ["A", "B", None]


async def test_its_own_erasures_and_restorations_are_seen_at_once() -> None:
    now: dict[str, Resource] = {"a": {"name": [{"family": "A"}]}}

    class Behind:
        async def read(self, _: str, ids: list[str]) -> Mapping[str, Resource]:
            return {id_: now[id_] for id_ in ids if id_ in now}

        async def erase(self, _: str, ids: list[str], _look: None) -> int:
            return len([now.pop(id_) for id_ in ids])

        async def restore(self, histories: list[list[Version]]) -> int:
            now.update({version.id: version.resource or {} for history in histories for version in history})
            return len(histories)

    cache: Any = ReferenceCache(Behind(), SECONDS, Time())  # type: ignore[arg-type] # a part of a repository
    seen = [await family(cache)]
    restored = Version("Practitioner", "a", 1, "", "", "create", {"name": [{"family": "B"}]})
    seen += [str(await cache.restore([[restored]])), await family(cache)]
    assert [*seen, await cache.erase("Practitioner", ["a"]), await family(cache)] == ["A", "1", "B", 1, None]


async def test_a_conflict_tells_that_what_is_kept_is_old(cache: ReferenceCache, behind: Any) -> None:
    await behind.write([practitioner("A")])
    await family(cache)
    await behind.write([practitioner("B")])
    with pytest.raises(VersionConflict):
        await cache.write([practitioner("C", expected=1)])
    assert await family(cache) == "B"


async def test_a_read_that_a_write_overtakes_is_not_kept(cache: ReferenceCache, behind: Any) -> None:
    await behind.write([practitioner("A")])
    begun, go_on, read = asyncio.Event(), asyncio.Event(), behind.read

    async def slow(type_name: str, ids: list[str]) -> Any:
        found = await read(type_name, ids)
        begun.set()
        await go_on.wait()
        return found

    behind.read = slow
    reading = asyncio.ensure_future(family(cache))
    await begun.wait()
    await cache.write([practitioner("B")])
    go_on.set()
    assert (await reading, await family(cache)) == ("A", "B")


async def test_few_are_kept_the_last_ones_that_were_read(cache: ReferenceCache, behind: Any) -> None:
    ids = ["a", "b", "c", "d"]
    await behind.write([practitioner(name, name) for name in ids])
    for name in ids:
        await family(cache, name)
    behind.commands.clear()
    for name in ("b", "c", "d"):
        assert await family(cache, name) == name
    assert behind.commands == []
    assert await family(cache, "a") == "a"
    assert behind.commands == [("read", "Practitioner")]


async def test_what_is_over_is_let_go_of(cache: ReferenceCache, behind: Any, time: Time) -> None:
    await behind.write([practitioner(name, name) for name in ("a", "b")])
    await family(cache, "a")
    time.now += SECONDS
    await family(cache, "b")
    assert list(cache._kept) == [("Practitioner", "b")]


async def test_no_seconds_are_no_cache(behind: Any) -> None:
    assert cached(behind, 0) is behind


def test_every_method_that_changes_resources_is_told_here() -> None:
    methods = {name for name in vars(Repository) if not name.startswith("_")}
    assert methods - READING == {"read", "write", "restore", "erase", "close"}
    assert methods - READING <= set(vars(ReferenceCache))
