"""Every version of a resource: by number, by time, in order, whole; in every store."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from app.store.repository import Head
from tests.store.clock import Clock, noon
from tests.store.kinds import KEEPING
from tests.store.toy import deletion, named, patient, refers, write

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.store.repository import Repository, Version
    from tests.store.conftest import Opened

pytestmark = pytest.mark.parametrize("open_store", KEEPING, indirect=True)


async def change(store: Repository, *families: str | None) -> None:
    """Write patient p1 once for each name; None deletes."""
    for family in families:
        await store.write([write("p1", named(family)) if family else deletion("Patient", "p1")])


def told(versions: Sequence[Version]) -> list[tuple[int, str, str | None]]:
    """Number, operation and family name of each version."""
    return [
        (each.version, each.operation, each.resource["name"][0]["family"] if each.resource else None)
        for each in versions
    ]


async def test_a_version_tells_who_wrote_what_and_when(open_store: Opened) -> None:
    store = await open_store(clock=Clock())
    [stored] = await store.write([write("p1", named("A"), author="Dr. Grey")])
    await store.write([write("p1", named("B"), author="Dr. House")])
    version = await store.version("Patient", "p1", 1)
    assert version is not None
    assert (version.type, version.id, version.version, version.at) == ("Patient", "p1", 1, noon())
    assert (version.author, version.operation, version.resource) == ("Dr. Grey", "create", stored.resource)


async def test_without_a_number_the_last_version_is_read(store: Repository) -> None:
    await change(store, "A", "B")
    version = await store.version("Patient", "p1")
    assert version is not None
    assert told([version]) == [(2, "update", "B")]


async def test_each_version_is_read_by_its_number_as_it_was_stored(store: Repository) -> None:
    for digits in ("1.0", "1.00", "1E+2"):
        [stored] = await store.write([write("p1", patient(multiple=[Decimal(digits)]))])
        version = await store.version("Patient", "p1", stored.version)
        assert version is not None
        assert version.resource == stored.resource
    first = await store.version("Patient", "p1", 1)
    assert first is not None
    assert first.resource is not None
    assert str(first.resource["multiple"][0]) == "1.0"
    assert list(first.resource) == ["resourceType", "id", "meta", "multiple"]


@pytest.mark.parametrize("number", [0, 3, -1, 10**6])
async def test_a_version_that_never_was_is_none(store: Repository, number: int) -> None:
    await change(store, "A", "B")
    assert await store.version("Patient", "p1", number) is None


async def test_what_is_unknown_or_only_referred_to_has_no_version(store: Repository) -> None:
    await store.write([write("p1", patient(generalPractitioner=[refers("Practitioner/1")]))])
    for place in (("Practitioner", "1"), ("Patient", "p2"), ("Device", "p1")):
        assert await store.version(*place) is None
        assert await store.version(*place, as_of="9999-01-01T00:00:00.000Z") is None
        assert list(await store.history(*place, 10)) == []
    assert await store.heads("Practitioner", ["1"]) == {}
    assert list(await store.histories("Practitioner", "", 10)) == []


async def test_the_version_of_a_moment_is_the_one_that_was_current_then(open_store: Opened) -> None:
    store = await open_store(clock=Clock())
    await change(store, "A", "B", None, "C")
    found = [await store.version("Patient", "p1", as_of=noon(second)) for second in range(5)]
    assert told([each for each in found if each]) == [
        (1, "create", "A"),
        (2, "update", "B"),
        (3, "delete", None),
        (4, "create", "C"),
        (4, "create", "C"),
    ]
    between = await store.version("Patient", "p1", as_of="2024-02-29T12:00:01.999Z")
    assert between is not None
    assert between.version == 2
    assert await store.version("Patient", "p1", as_of="2024-02-29T11:59:59.999Z") is None


async def test_of_several_versions_in_one_moment_the_last_is_the_current_one(open_store: Opened) -> None:
    store = await open_store(clock=datetime(2024, 2, 29, 12, tzinfo=UTC).astimezone)
    await change(store, "A", "B", "C")
    version = await store.version("Patient", "p1", as_of=noon())
    assert version is not None
    assert version.version == 3


async def test_times_of_a_resource_never_go_back_even_when_it_is_deleted(open_store: Opened) -> None:
    clock = Clock()
    store = await open_store(clock=clock)
    for family in ("A", None, "B", None):
        await change(store, family)
        clock.skip(-10)
    assert [version.at for version in await store.history("Patient", "p1", 10)] == [noon()] * 4


async def test_history_is_told_from_the_last_version_on(store: Repository) -> None:
    await change(store, "A", "B", None, "C", "D")
    assert told(await store.history("Patient", "p1", 10)) == [
        (5, "update", "D"),
        (4, "create", "C"),
        (3, "delete", None),
        (2, "update", "B"),
        (1, "create", "A"),
    ]


async def test_history_goes_on_before_a_version(store: Repository) -> None:
    await change(store, "A", "B", None, "C", "D")
    numbers = {
        (count, before): [each.version for each in await store.history("Patient", "p1", count, before)]
        for count, before in ((2, None), (2, 4), (10, 3), (2, 1), (10, 99), (1, 6), (0, None), (0, 3))
    }
    assert numbers == {
        (2, None): [5, 4],
        (2, 4): [3, 2],
        (10, 3): [2, 1],
        (2, 1): [],
        (10, 99): [5, 4, 3, 2, 1],
        (1, 6): [5],
        (0, None): [],
        (0, 3): [],
    }


async def test_an_equal_resource_leaves_no_trace_in_the_history(store: Repository) -> None:
    await change(store, "A", "A", "A")
    assert told(await store.history("Patient", "p1", 10)) == [(1, "create", "A")]


async def test_heads_tell_the_last_version_also_of_what_is_deleted(store: Repository) -> None:
    await change(store, "A", "B")
    await store.write([write("p2", named("A")), deletion("Patient", "p2")])
    heads = await store.heads("Patient", ["p1", "p2", "p3", "p1"])
    assert heads == {"p1": Head(2, deleted=False), "p2": Head(2, deleted=True)}
    assert await store.heads("Patient", []) == {}
    assert await store.heads("Device", ["p1"]) == {}


async def test_histories_are_whole_and_in_the_order_of_their_ids(store: Repository) -> None:
    for id_ in ("b", "a", "B", "a.1", "c"):
        await store.write([write(id_, named("A")), write(id_, named("B")), deletion("Patient", id_)])
    await store.write([write("a", named("C"))])
    first = await store.histories("Patient", "", 3)
    assert [[(each.id, each.version) for each in history] for history in first] == [
        [("B", 1), ("B", 2), ("B", 3)],
        [("a", 1), ("a", 2), ("a", 3), ("a", 4)],
        [("a.1", 1), ("a.1", 2), ("a.1", 3)],
    ]
    assert told(first[1]) == [(1, "create", "A"), (2, "update", "B"), (3, "delete", None), (4, "create", "C")]
    assert [history[0].id for history in await store.histories("Patient", "a.1", 3)] == ["b", "c"]
    assert list(await store.histories("Patient", "c", 3)) == []
    assert list(await store.histories("Device", "", 3)) == []


async def test_histories_say_the_same_as_single_versions(store: Repository) -> None:
    await change(store, "A", None, "B")
    [history] = await store.histories("Patient", "", 10)
    assert list(history) == [await store.version("Patient", "p1", number) for number in (1, 2, 3)]
    assert list(history) == list(reversed(await store.history("Patient", "p1", 10)))
