"""References to and from what is deleted or erased, and counts of what is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.search.algebra import And, Eq, Facet, Linked, Not, Referenced
from tests.store.kinds import JOINING
from tests.store.toy import deletion, device, named, procedure, refers, write

if TYPE_CHECKING:
    from app.store.repository import Repository

pytestmark = pytest.mark.parametrize("open_store", JOINING, indirect=True)

P1 = deletion("Patient", "p1")


async def test_what_is_deleted_or_erased_is_not_counted(store: Repository) -> None:
    await store.write([write(f"p{number}", named("A")) for number in range(1, 5)])
    await store.write([P1])
    await store.erase("Patient", ["p2"])
    [tally] = await store.tally("Patient", And(), [Facet("family")])
    assert tally.counts == {"A": 2}


async def test_a_reference_to_a_deleted_resource_leads_to_nothing(store: Repository) -> None:
    await store.write([write("p1", named("A")), write("x", procedure(subject=refers("Patient/p1")))])
    of_a = Linked("patient", "Patient", Eq("family", "A"), ("Patient/",))
    assert await store.count("Procedure", of_a) == 1
    await store.write([P1])
    assert await store.count("Procedure", of_a) == 0
    assert await store.count("Procedure", Linked("patient", "Patient", Not(Eq("family", "B")), ("Patient/",))) == 0
    assert await store.count("Procedure", Eq("patient", "Patient/p1")) == 1


async def test_a_deleted_resource_refers_to_nothing(store: Repository) -> None:
    await store.write([write("d1", device("L1")), write("x", procedure(None, "Device/d1"))])
    used = Referenced("Procedure", "device", And(), ("Device/",))
    assert await store.count("Device", used) == 1
    await store.write([deletion("Procedure", "x")])
    assert await store.count("Device", used) == 0


async def test_references_to_what_is_erased_stay_and_lead_to_nothing(store: Repository) -> None:
    await store.write([write("p1", named("A")), write("x", procedure(subject=refers("Patient/p1")))])
    await store.erase("Patient", ["p1"])
    assert await store.count("Procedure", Eq("patient", "Patient/p1")) == 1


async def test_references_lead_to_what_is_made_anew_under_the_same_id(store: Repository) -> None:
    of_b = Linked("patient", "Patient", Eq("family", "B"), ("Patient/",))
    await store.write([write("p1", named("A")), write("x", procedure(subject=refers("Patient/p1")))])
    await store.erase("Patient", ["p1"])
    [stored] = await store.write([write("p1", named("B"), expected=0)])
    assert (stored.version, stored.changed) == (1, True)
    assert await store.count("Procedure", of_b) == 1
    assert [version.operation for version in await store.history("Patient", "p1", 10)] == ["create"]
