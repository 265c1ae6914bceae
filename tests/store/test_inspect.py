"""What a look through a store finds wrong with its resources, and what mends it; in every store that can be opened
again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from app.search.algebra import Eq, SearchValues
from app.store.repository import Flaw, Version
from tests.store.clock import noon
from tests.store.kinds import LASTING
from tests.store.toy import INDEX, Document, deletion, named, patient, procedure, refers, stayed, values, write

if TYPE_CHECKING:
    from app.store.repository import Repository
    from tests.store.conftest import Opened

pytestmark = pytest.mark.parametrize("open_store", LASTING, indirect=True)


def without_names(resource: Document) -> SearchValues:
    """The values of an index that has a fault: names are not found."""
    return values({**resource, "name": []})


def versions(*numbers: int, at: tuple[str, ...] = ()) -> list[Version]:
    """Versions of patient p1 with these numbers."""
    times = at or tuple(noon(number) for number in numbers)
    return [
        Version(
            "Patient",
            "p1",
            number,
            time,
            "",
            "create" if number == 1 else "update",
            {"resourceType": "Patient", "id": "p1", "meta": {"versionId": str(number), "lastUpdated": time}},
        )
        for number, time in zip(numbers, times, strict=True)
    ]


async def flaws(store: Repository, type_name: str = "Patient") -> list[Flaw]:
    """All flaws of resources of a type, found two resources at a time."""
    found: list[Flaw] = []
    after: str | None = ""
    while after is not None:
        after, some = await store.inspect(type_name, after, 2)
        found += some
    return found


async def test_a_store_as_it_should_be_has_no_flaws(store: Repository) -> None:
    await store.write([write("p1", patient(active=True, generalPractitioner=[refers("Practitioner/1")]))])
    await store.write([write("p1", patient(generalPractitioner=[refers("http://a/Practitioner/1"), refers("#x")]))])
    await store.write([write("p2", stayed(("2020", "2021"), ("2022", "2023"))), write("p3", named("A", "B", "A"))])
    await store.write([deletion("Patient", "p3"), write("x", procedure("2020-01-01", "Device/1", "Device/2"))])
    await store.write([deletion("Patient", "p2"), write("p2", named("\u0000"))])
    assert await flaws(store) == []
    assert await flaws(store, "Procedure") == []
    assert await flaws(store, "Device") == []


async def test_all_resources_are_looked_through_also_deleted_ones(store: Repository) -> None:
    await store.write([write(f"p{number}", named("A")) for number in range(5)])
    await store.write([deletion("Patient", "p3")])
    seen: list[str | None] = [""]
    while seen[-1] is not None:
        last, _ = await store.inspect("Patient", seen[-1], 2)
        seen.append(last)
    assert seen in (["", "p1", "p3", "p4", None], ["", "p1", "p3", None])


async def test_search_values_that_are_not_those_of_the_index_are_found_and_mended(open_store: Opened) -> None:
    faulty = await open_store(replace(INDEX, values=without_names))
    await faulty.write([write("p1", named("A")), write("p2", patient(active=True)), write("p3", named("B"))])
    await faulty.write([write("p4", named("B")), deletion("Patient", "p4")])
    await faulty.close()
    store = await open_store()
    assert await flaws(store) == [Flaw("Patient", "p1", "search-values"), Flaw("Patient", "p3", "search-values")]
    await store.repair("Patient", ["p1", "p2", "unknown"])
    assert await flaws(store) == [Flaw("Patient", "p3", "search-values")]
    assert await store.count("Patient", Eq("family", "A")) == 1
    assert await store.count("Patient", Eq("family", "B")) == 0


async def test_search_values_that_the_index_does_not_give_are_found_and_mended(open_store: Opened) -> None:
    first = await open_store()
    await first.write([write("p1", named("A", "B"))])
    await first.close()
    store = await open_store(replace(INDEX, values=lambda resource: values({**resource, "name": named("A")["name"]})))
    assert await flaws(store) == [Flaw("Patient", "p1", "search-values")]
    await store.repair("Patient", ["p1"])
    assert await flaws(store) == []
    assert await store.count("Patient", Eq("family", "B")) == 0


async def test_a_repair_makes_no_version(store: Repository) -> None:
    [stored] = await store.write([write("p1", named("A"))])
    await store.repair("Patient", ["p1"])
    assert await store.read("Patient", ["p1"]) == {"p1": stored.resource}
    assert len(await store.history("Patient", "p1", 10)) == 1


@pytest.mark.parametrize(
    "history",
    [versions(1, 3), versions(2, 3), versions(1, 2, 3, at=(noon(1), noon(3), noon(2)))],
    ids=["a gap", "no beginning", "back in time"],
)
async def test_a_history_that_is_not_whole_is_found(store: Repository, history: list[Version]) -> None:
    await store.restore([history])
    assert await flaws(store) == [Flaw("Patient", "p1", "history")]


async def test_a_history_that_is_whole_has_no_flaw(store: Repository) -> None:
    await store.restore([versions(1, 2, 3, at=(noon(), noon(), noon()))])
    assert await flaws(store) == []


async def test_a_resource_that_is_not_that_of_its_version_is_unreadable(store: Repository) -> None:
    [version] = versions(1)
    assert version.resource is not None
    await store.restore([[replace(version, resource={**version.resource, "id": "p2"})]])
    assert [flaw.problem for flaw in await flaws(store)] == ["unreadable"]
