"""Erasure: nothing of a resource is left, neither versions nor search values; in every store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.search.algebra import And, Eq, Missing
from tests.store.kinds import APART, KEEPING
from tests.store.toy import deletion, named, patient, procedure, refers, write

if TYPE_CHECKING:
    from app.store.repository import Repository

pytestmark = pytest.mark.parametrize("open_store", [*KEEPING, APART], indirect=True)


async def test_an_erased_resource_has_no_version_left(store: Repository) -> None:
    for family in ("A", "B"):
        await store.write([write("p1", named(family)), write("p2", named(family))])
    assert await store.erase("Patient", ["p1"]) == 1
    assert await store.read("Patient", ["p1", "p2"]) == await store.read("Patient", ["p2"])
    assert set(await store.heads("Patient", ["p1", "p2"])) == {"p2"}
    assert await store.version("Patient", "p1") is None
    assert await store.version("Patient", "p1", 1) is None
    assert list(await store.history("Patient", "p1", 10)) == []
    assert [history[0].id for history in await store.histories("Patient", "", 10)] == ["p2"]


async def test_an_erased_resource_is_found_by_nothing(store: Repository) -> None:
    await store.write([write("p1", named("A")), write("p2", named("A"))])
    await store.erase("Patient", ["p1"])
    assert await store.count("Patient", And()) == 1
    assert await store.count("Patient", Eq("family", "A")) == 1
    assert await store.count("Patient", Missing("birthdate")) == 1


async def test_a_deleted_resource_is_erased_too(store: Repository) -> None:
    await store.write([write("p1", named("A")), deletion("Patient", "p1")])
    assert await store.erase("Patient", ["p1"]) == 1
    assert await store.heads("Patient", ["p1"]) == {}
    assert list(await store.histories("Patient", "", 10)) == []


async def test_only_what_there_is_counts_as_erased(store: Repository) -> None:
    await store.write([write("p1", named("A")), write("x", procedure(subject=refers("Patient/p2")))])
    assert await store.erase("Patient", ["p1", "p1", "p2", "p3"]) == 1
    assert await store.erase("Patient", ["p1"]) == 0
    assert await store.erase("Patient", []) == 0
    assert await store.erase("Device", ["x"]) == 0
    assert await store.count("Procedure", Eq("patient", "Patient/p2")) == 1


async def test_texts_that_others_share_are_still_found(store: Repository) -> None:
    doctor = [refers("Practitioner/1")]
    await store.write([write(f"p{number}", patient(active=True, generalPractitioner=doctor)) for number in range(3)])
    await store.erase("Patient", ["p0", "p2"])
    assert await store.count("Patient", Eq("active", "true")) == 1
    assert await store.count("Patient", Eq("general-practitioner", "Practitioner/1")) == 1
    await store.erase("Patient", ["p1"])
    await store.write([write("p3", patient(active=True, generalPractitioner=doctor))])
    assert await store.count("Patient", Eq("active", "true")) == 1
    assert await store.count("Patient", Eq("general-practitioner", "Practitioner/1")) == 1


async def test_nothing_is_wrong_with_what_is_left(store: Repository) -> None:
    await store.write([write(f"p{number}", named("A")) for number in range(5)])
    await store.erase("Patient", ["p1", "p3"])
    _, flaws = await store.inspect("Patient", "", 10)
    assert list(flaws) == []
