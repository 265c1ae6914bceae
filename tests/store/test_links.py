"""Chains, and the other direction: resources found by what they refer to, and by what refers to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.search.algebra import (
    And,
    Contains,
    Eq,
    Filter,
    In,
    Linked,
    Missing,
    Not,
    Or,
    Prefix,
    Range,
    Referenced,
    Search,
    SortKey,
)
from tests.store.kinds import LINKING
from tests.store.toy import Document, device, patient, procedure, refers, write

if TYPE_CHECKING:
    from app.store.repository import Page, Repository

pytestmark = pytest.mark.parametrize("open_store", LINKING, indirect=True)

ADDRESS = "https://dmi.example/fhir/"


def doctor(wanted: Filter) -> Linked:
    """Who has a general practitioner that the filter matches."""
    return Linked("general-practitioner", "Practitioner", wanted, ("Practitioner/", f"{ADDRESS}Practitioner/"))


def hospital(wanted: Filter) -> Linked:
    """Who is of an organization that the filter matches."""
    return Linked("organization", "Organization", wanted, ("Organization/",))


def part_of(wanted: Filter) -> Linked:
    """Organizations that are part of one which the filter matches."""
    return Linked("partof", "Organization", wanted, ("Organization/",))


def treats(wanted: Filter) -> Linked:
    """Procedures on a patient that the filter matches."""
    return Linked("patient", "Patient", wanted, ("Patient/",))


def uses(wanted: Filter) -> Linked:
    """Procedures that use a device which the filter matches."""
    return Linked("device", "Device", wanted, ("Device/", f"{ADDRESS}Device/"))


def used(wanted: Filter = And()) -> Referenced:  # noqa: B008 - a frozen value
    """Devices that are used by a procedure which the filter matches."""
    return Referenced("Procedure", "device", wanted, ("Device/", f"{ADDRESS}Device/"))


def treated(wanted: Filter = And()) -> Referenced:  # noqa: B008 - a frozen value
    """Patients of a procedure that the filter matches."""
    return Referenced("Procedure", "patient", wanted, ("Patient/",))


def of(*doctors: str, organization: str | None = None, **elements: object) -> Document:
    """A patient with these general practitioners."""
    references = {"generalPractitioner": [refers(each) for each in doctors]} if doctors else {}
    managing = {"managingOrganization": refers(organization)} if organization else {}
    return patient(**references, **managing, **elements)


STORED: dict[str, dict[str, Document]] = {
    "Patient": {
        "a": of("Practitioner/1", organization="Organization/ward", active=True, birthDate="2000-01-01"),
        "b": of("Practitioner/1", "Practitioner/2", organization="Organization/ward", active=False),
        "c": of(f"{ADDRESS}Practitioner/2", organization="Organization/clinic", active=True),
        "d": of("Practitioner/nobody", "urn:uuid:1"),
        "e": of("Organization/1"),
        "f": of("https://elsewhere.example/fhir/Practitioner/2", "Practitioner/22", "Practitioner/2/_history/1"),
        "g": of("Organization/1", f"{ADDRESS}Practitioner/é", "Practitioner/1", active=True),
        "h": patient(),
    },
    "Practitioner": {
        "1": {"resourceType": "Practitioner", "active": True, "name": [{"family": "house"}]},
        "2": {"resourceType": "Practitioner", "active": False, "name": [{"family": "wilson"}, {"family": "wils"}]},
        "3": {"resourceType": "Practitioner", "active": True, "name": [{"family": "cuddy"}]},
    },
    "Organization": {
        "1": {"resourceType": "Organization", "alias": ["house"]},
        "chu": {"resourceType": "Organization", "alias": ["chu"]},
        "pole": {"resourceType": "Organization", "alias": ["pole"], "partOf": refers("Organization/chu")},
        "ward": {"resourceType": "Organization", "alias": ["ward"], "partOf": refers("Organization/pole")},
        "clinic": {"resourceType": "Organization", "alias": ["clinic"]},
    },
    "Device": {
        "d1": device("L1", patient=refers("Patient/a")),
        "d2": device("L1"),
        "d3": device("L2", patient=refers("Patient/c")),
        "d4": device("L2"),
        "d5": device("L3"),
    },
    "Procedure": {
        "p1": procedure("2024-01-01", "Device/d1", subject=refers("Patient/a"), status="completed"),
        "p2": procedure("2024-01-02", "Device/d1", "Device/d3", subject=refers("Patient/b"), status="completed"),
        "p3": procedure("2024-01-03", f"{ADDRESS}Device/d2", subject=refers("Patient/c"), status="stopped"),
        "p4": procedure("2024-01-04", "Device/gone", subject=refers("Patient/a"), status="stopped"),
        "p5": procedure(None, subject=refers("Patient/e")),
    },
}

HOUSE = doctor(Eq("family", "house"))
ACTIVE = Eq("active", "true")

PATIENTS: dict[str, tuple[Filter, set[str]]] = {
    "one step": (HOUSE, {"a", "b", "g"}),
    "several references of which one matches": (doctor(Eq("family", "wilson")), {"b", "c"}),
    "any target that there is": (doctor(And()), {"a", "b", "c", "g"}),
    "no target matches": (doctor(Eq("family", "nobody")), set()),
    "no target can match": (doctor(Or()), set()),
    "the reference without its address only": (
        Linked("general-practitioner", "Practitioner", Eq("family", "wilson"), ("Practitioner/",)),
        {"b"},
    ),
    "the reference with its address only": (
        Linked("general-practitioner", "Practitioner", And(), (f"{ADDRESS}Practitioner/",)),
        {"c"},
    ),
    "no form of the reference": (Linked("general-practitioner", "Practitioner", And(), ()), set()),
    "another type under the same parameter": (
        Linked("general-practitioner", "Organization", And(), ("Organization/",)),
        {"e", "g"},
    ),
    "another type with the same id": (
        Linked("general-practitioner", "Organization", Eq("name", "house"), ("Organization/",)),
        {"e", "g"},
    ),
    "by id": (doctor(Eq("_id", "2")), {"b", "c"}),
    "by several ids": (doctor(In("_id", ("1", "2", "nobody"))), {"a", "b", "c", "g"}),
    "by what the target has not": (doctor(Not(Eq("active", "true"))), {"b", "c"}),
    "by a text inside": (doctor(Contains("family", "ils")), {"b", "c"}),
    "by the start of a text": (doctor(Prefix("family", "hou")), {"a", "b", "g"}),
    "two steps": (hospital(part_of(Eq("name", "pole"))), {"a", "b"}),
    "three steps": (hospital(part_of(part_of(Eq("name", "chu")))), {"a", "b"}),
    "three steps to nothing": (hospital(part_of(part_of(Eq("name", "clinic")))), set()),
    "not": (Not(HOUSE), {"c", "d", "e", "f", "h"}),
    "not any target": (Not(doctor(And())), {"d", "e", "f", "h"}),
    "not inside is not the same": (doctor(Not(Eq("family", "house"))), {"b", "c"}),
    "not of two steps": (Not(hospital(part_of(Eq("name", "pole")))), {"c", "d", "e", "f", "g", "h"}),
    "two steps with not inside": (hospital(Not(part_of(And()))), {"c"}),
    "and": (And((HOUSE, ACTIVE)), {"a", "g"}),
    "and of two links": (And((HOUSE, hospital(And()))), {"a", "b"}),
    "and of two links under one parameter": (And((HOUSE, doctor(Eq("family", "wilson")))), {"b"}),
    "and inside asks one target": (doctor(And((Eq("family", "house"), Eq("active", "false")))), set()),
    "or": (Or((doctor(Eq("family", "wilson")), Missing("general-practitioner"))), {"b", "c", "h"}),
    "or of two links": (Or((doctor(Eq("active", "false")), hospital(Eq("name", "ward")))), {"a", "b", "c"}),
    "or inside": (doctor(Or((Eq("family", "house"), Eq("family", "wils")))), {"a", "b", "c", "g"}),
    "or with not": (Or((Not(doctor(And())), HOUSE)), {"a", "b", "d", "e", "f", "g", "h"}),
    "the same link twice": (And((HOUSE, Not(Not(HOUSE)))), {"a", "b", "g"}),
    "deep inside": (And((Or((And((HOUSE, ACTIVE)), Eq("_id", "h"))), Not(Eq("_id", "g")))), {"a", "h"}),
    "the other direction": (treated(), {"a", "b", "c", "e"}),
    "the other direction with a filter": (treated(Eq("status", "stopped")), {"a", "c"}),
    "the other direction with a range": (treated(Range("date", lo_from="2024-01-02")), {"a", "b", "c"}),
    "not the other direction": (Not(treated()), {"d", "f", "g", "h"}),
    "the other direction, then a chain": (treated(uses(Eq("lot_number", "L1"))), {"a", "b", "c"}),
    "a chain of the other direction": (
        doctor(Referenced("Patient", "general-practitioner", ACTIVE, ("Practitioner/",))),
        {"a", "b", "g"},
    ),
    "both directions at once": (And((treated(), HOUSE)), {"a", "b"}),
}

DEVICES: dict[str, tuple[Filter, set[str]]] = {
    "used": (used(), {"d1", "d2", "d3"}),
    "used by none": (Not(used()), {"d4", "d5"}),
    "used by none and of a lot": (And((Not(used()), Eq("lot_number", "L2"))), {"d4"}),
    "used without the address": (Referenced("Procedure", "device", And(), ("Device/",)), {"d1", "d3"}),
    "used in no form": (Referenced("Procedure", "device", And(), ()), set()),
    "used on a patient": (used(treats(Eq("active", "true"))), {"d1", "d2"}),
    "used on an old patient": (used(treats(Range("birthdate", hi_upto="2001"))), {"d1"}),
    "used or of a lot": (Or((used(Eq("status", "stopped")), Eq("lot_number", "L3"))), {"d2", "d5"}),
    "neither used nor a patient's": (And((Not(used()), Missing("patient"))), {"d4", "d5"}),
    "used with another of a lot": (used(uses(Eq("lot_number", "L2"))), {"d1", "d3"}),
    "used by what does not exist": (used(Eq("status", "nothing")), set()),
}


@pytest.fixture
async def hospitals(store: Repository) -> Repository:
    """A store of everything, written so that what refers comes ahead of what it refers to."""
    for type_name in ("Procedure", "Device", "Patient", "Organization", "Practitioner"):
        await store.write([write(name, resource) for name, resource in STORED[type_name].items()])
    return store


async def test_each_chain_finds_and_counts_what_it_matches(hospitals: Repository, subtests: pytest.Subtests) -> None:
    for type_name, cases in (("Patient", PATIENTS), ("Device", DEVICES)):
        for title, (wanted, expected) in cases.items():
            with subtests.test(title):
                assert await _found(hospitals, type_name, wanted) == expected


async def test_a_chain_follows_what_is_written_after_what_refers_to_it(store: Repository) -> None:
    await store.write([write("a", of("Practitioner/1"))])
    assert await _found(store, "Patient", HOUSE) == set()
    assert await _found(store, "Patient", Not(HOUSE)) == {"a"}
    await store.write([write("1", STORED["Practitioner"]["1"])])
    assert await _found(store, "Patient", HOUSE) == {"a"}


async def test_what_is_only_referred_to_is_no_resource(store: Repository) -> None:
    await store.write([write("a", of("Practitioner/1"))])
    assert await store.count("Practitioner", And()) == 0
    assert await store.read("Practitioner", ["1"]) == {}
    assert await _found(store, "Practitioner", Not(Eq("active", "true"))) == set()
    assert (
        await _found(store, "Practitioner", Referenced("Patient", "general-practitioner", And(), ("Practitioner/",)))
        == set()
    )
    [stored] = await store.write([write("1", STORED["Practitioner"]["1"], expected=0)])
    assert stored.version == 1


async def test_a_target_that_changes_matches_by_its_new_values_only(hospitals: Repository) -> None:
    await hospitals.write([write("1", {"resourceType": "Practitioner", "name": [{"family": "cuddy"}]})])
    assert await _found(hospitals, "Patient", HOUSE) == set()
    assert await _found(hospitals, "Patient", doctor(Eq("family", "cuddy"))) == {"a", "b", "g"}


async def test_a_resource_that_refers_to_another_target_follows_it(hospitals: Repository) -> None:
    await hospitals.write([write("a", of("Practitioner/2")), write("p3", procedure("2024-01-03", "Device/d5"))])
    assert await _found(hospitals, "Patient", HOUSE) == {"b", "g"}
    assert await _found(hospitals, "Device", used()) == {"d1", "d3", "d5"}


async def test_a_resource_may_refer_to_itself(store: Repository) -> None:
    await store.write(
        [write("x", {"resourceType": "Organization", "alias": ["x"], "partOf": refers("Organization/x")})]
    )
    assert await _found(store, "Organization", part_of(part_of(Eq("name", "x")))) == {"x"}


async def test_a_chain_is_sorted_and_paged_in_both_directions(store: Repository, subtests: pytest.Subtests) -> None:
    await store.write([write(str(number), device(f"L{number % 3}")) for number in range(9)])
    days = [f"2024-01-{1 + number * 7 % 11:02}" if number % 5 else None for number in range(45)]
    await store.write(
        [write(f"p{number:02}", procedure(day, f"Device/{number % 9}")) for number, day in enumerate(days)]
    )
    for sort in ((), (SortKey("date"),), (SortKey("date", descending=True), SortKey("_id", descending=True))):
        for wanted in (uses(Eq("lot_number", "L1")), Not(uses(Eq("lot_number", "L1")))):
            with subtests.test(sort=sort, filter=wanted):
                expected = [
                    row.resource["id"] for row in (await store.search("Procedure", Search(wanted, sort, 100))).rows
                ]
                everything = (await store.search("Procedure", Search(And(), sort, 100))).rows
                found = {f"p{number:02}" for number in range(45) if (number % 3 == 1) is isinstance(wanted, Linked)}
                assert expected == [row.resource["id"] for row in everything if row.resource["id"] in found]
                assert await _forwards(store, Search(wanted, sort, 4)) == expected
                assert await _backwards(store, Search(wanted, sort, 4)) == expected[:-1]
                page = await store.search("Procedure", Search(wanted, sort, 3, offset=5))
                assert [row.resource["id"] for row in page.rows] == expected[5:8]
                assert (page.has_previous, page.has_next) == (True, True)


async def test_an_unfit_link_is_a_mistake_of_the_program(store: Repository, subtests: pytest.Subtests) -> None:
    prefixes = ("Practitioner/",)
    for wanted in (
        Linked("family", "Practitioner", And(), prefixes),
        Linked("unknown", "Practitioner", And(), prefixes),
        Linked("general-practitioner", "Unknown", And(), prefixes),
        doctor(Eq("unknown", "x")),
        Referenced("Procedure", "status", And(), ("Patient/",)),
        Referenced("Procedure", "unknown", And(), ("Patient/",)),
        Referenced("Unknown", "patient", And(), ("Patient/",)),
        treated(Eq("unknown", "x")),
        Not(Or((doctor(Eq("unknown", "x")),))),
    ):
        with subtests.test(str(wanted)), pytest.raises(KeyError):
            await store.count("Patient", wanted)


async def _found(store: Repository, type_name: str, wanted: Filter) -> set[str]:
    page = await store.search(type_name, Search(wanted, count=100))
    ids = {row.resource["id"] for row in page.rows}
    assert len(page.rows) == len(ids)
    assert await store.count(type_name, wanted) == len(ids)
    return ids


async def _forwards(store: Repository, search: Search) -> list[str]:
    pages: list[Page] = [await store.search("Procedure", search)]
    while pages[-1].has_next:
        after = pages[-1].rows[-1].position
        pages.append(await store.search("Procedure", Search(search.filter, search.sort, search.count, after=after)))
    return [row.resource["id"] for page in pages for row in page.rows]


async def _backwards(store: Repository, search: Search) -> list[str]:
    """The ids ahead of the last row."""
    last = (await store.search("Procedure", Search(search.filter, search.sort, 100))).rows[-1].position
    pages: list[Page] = [await store.search("Procedure", Search(search.filter, search.sort, search.count, before=last))]
    while pages[0].has_previous:
        before = pages[0].rows[0].position
        pages.insert(
            0, await store.search("Procedure", Search(search.filter, search.sort, search.count, before=before))
        )
    return [row.resource["id"] for page in pages for row in page.rows]
