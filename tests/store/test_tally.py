"""What matches a filter, counted by the texts it has, in every store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.search.algebra import And, Eq, Facet, Filter, Link, Linked, Missing, Not, Or, Referenced
from app.store.repository import Tally
from tests.store.kinds import JOINING
from tests.store.toy import device, patient, procedure, refers, write

if TYPE_CHECKING:
    from app.store.repository import Repository

pytestmark = pytest.mark.parametrize("open_store", JOINING, indirect=True)

ADDRESS = "https://dmi.example/fhir/"
DEVICE = Link("device", "Device", ("Device/", f"{ADDRESS}Device/"))
PATIENT = Link("patient", "Patient", ("Patient/",))

STORED = {
    "p1": procedure("2024-01-05", "Device/d1", "Device/d2", subject=refers("Patient/a"), status="completed"),
    "p2": procedure("2024-01-20", "Device/d1", subject=refers("Patient/a"), status="stopped"),
    "p3": procedure("2024-02-03", f"{ADDRESS}Device/d3", subject=refers("Patient/b"), status="completed"),
    "p4": procedure("2025-02-03", "Device/gone", "Device/d2", subject=refers("Patient/nobody"), status="completed"),
    "p5": procedure(None, "https://elsewhere.example/fhir/Device/d1", subject=refers("Patient/b")),
}
DEVICES = {
    "d1": device("L1", ("urn:emdn", "J01"), ("urn:other", "J01")),
    "d2": device("L1", ("urn:emdn", "J02|x"), ("", "J03")),
    "d3": device("L2", ("urn:emdn", "J01"), ("urn:a\\b|c", "")),
    "d4": device("L3", ("urn:emdn", "J04")),
}


@pytest.fixture
async def counted(store: Repository) -> Repository:
    await store.write([write(name, resource) for name, resource in STORED.items()])
    await store.write([write(name, resource) for name, resource in DEVICES.items()])
    await store.write([write("a", patient(name=[{"family": "durand"}, {"family": "dupont"}])), write("b", patient())])
    return store


async def _one(store: Repository, facet: Facet, wanted: Filter = And(), at_most: int = 1_000) -> Tally:  # noqa: B008 - a frozen value
    [tally] = await store.tally("Procedure", wanted, [facet], at_most)
    return tally


FACETS: dict[str, tuple[Facet, dict[str, int]]] = {
    "own values": (Facet("status"), {"completed": 3, "stopped": 1}),
    "references are texts": (
        Facet("patient"),
        {"Patient/a": 2, "Patient/b": 2, "Patient/nobody": 1},
    ),
    "several texts of one resource count under each": (
        Facet("device"),
        {
            "Device/d1": 2,
            "Device/d2": 2,
            "Device/gone": 1,
            f"{ADDRESS}Device/d3": 1,
            "https://elsewhere.example/fhir/Device/d1": 1,
        },
    ),
    "years": (Facet("date", length=4), {"2024": 3, "2025": 1}),
    "months": (Facet("date", length=7), {"2024-01": 2, "2024-02": 1, "2025-02": 1}),
    "a length beyond the text": (Facet("status", length=100), {"completed": 3, "stopped": 1}),
    "the start of a text": (Facet("status", length=1), {"c": 3, "s": 1}),
    "of what is referred to, each once": (Facet("lot_number", DEVICE), {"L1": 3, "L2": 1}),
    "without the address": (Facet("lot_number", Link("device", "Device", ("Device/",))), {"L1": 3}),
    "through no form of a reference": (Facet("lot_number", Link("device", "Device", ())), {}),
    "the sort text of what is referred to": (Facet("family", PATIENT, length=3), {"dup": 2}),
    "several texts of what is referred to": (Facet("family", PATIENT), {"dupont": 2, "durand": 2}),
    "all forms of tokens": (
        Facet("type", Link("device", "Device", (f"{ADDRESS}Device/",))),
        {"J01": 1, "urn:emdn|": 1, "urn:emdn|J01": 1, "urn:a\\\\b\\|c|": 1},
    ),
    "complete tokens": (
        Facet("type", DEVICE, complete=True),
        {"urn:emdn|J01": 3, "urn:emdn|J02\\|x": 2, "urn:other|J01": 2, "|J03": 2},
    ),
}


async def test_each_facet_counts_resources_by_text(counted: Repository, subtests: pytest.Subtests) -> None:
    for title, (facet, expected) in FACETS.items():
        with subtests.test(title):
            assert await _one(counted, facet) == Tally(expected, len(expected))


async def test_the_most_frequent_texts_come_first_then_by_text(counted: Repository) -> None:
    tally = await _one(counted, Facet("type", DEVICE, complete=True))
    assert list(tally.counts) == ["urn:emdn|J01", "urn:emdn|J02\\|x", "urn:other|J01", "|J03"]


async def test_only_so_many_texts_are_listed_but_all_are_told_apart(counted: Repository) -> None:
    assert await _one(counted, Facet("type", DEVICE, complete=True), at_most=2) == Tally(
        {"urn:emdn|J01": 3, "urn:emdn|J02\\|x": 2}, 4
    )
    assert await _one(counted, Facet("status"), at_most=0) == Tally({}, 2)


async def test_facets_of_one_question_stand_in_its_order(counted: Repository) -> None:
    facets = [facet for facet, _ in FACETS.values()]
    tallies = await counted.tally("Procedure", And(), facets)
    assert [dict(tally.counts) for tally in tallies] == [expected for _, expected in FACETS.values()]


async def test_the_same_facet_twice_is_counted_twice(counted: Repository) -> None:
    one, other = await counted.tally("Procedure", And(), [Facet("status"), Facet("status")])
    assert one == other == Tally({"completed": 3, "stopped": 1}, 2)


async def test_no_facets_have_no_tallies(counted: Repository) -> None:
    assert list(await counted.tally("Procedure", And(), [])) == []


async def test_nothing_that_matches_has_empty_tallies(counted: Repository, subtests: pytest.Subtests) -> None:
    facets = [facet for facet, _ in FACETS.values()]
    for wanted in (Or(), Eq("status", "nothing"), Linked("device", "Device", Eq("lot_number", "L9"), ("Device/",))):
        with subtests.test(str(wanted)):
            assert list(await counted.tally("Procedure", wanted, facets)) == [Tally({}, 0)] * len(facets)


async def test_an_empty_store_has_empty_tallies(store: Repository) -> None:
    assert list(await store.tally("Procedure", And(), [Facet("status"), Facet("lot_number", DEVICE)])) == [
        Tally({}, 0),
        Tally({}, 0),
    ]


L2 = Linked("device", "Device", Eq("lot_number", "L2"), DEVICE.prefixes)

FILTERS: list[tuple[Filter, dict[str, int]]] = [
    (Eq("status", "completed"), {"L1": 2, "L2": 1}),
    (Or((Eq("status", "stopped"), Eq("patient", "Patient/b"))), {"L1": 1, "L2": 1}),
    (Not(Eq("status", "completed")), {"L1": 1}),
    (Missing("date"), {}),
    (L2, {"L2": 1}),
    (Not(L2), {"L1": 3}),
    (And((Not(L2), Linked("patient", "Patient", Eq("family", "durand"), ("Patient/",)))), {"L1": 2}),
]


async def test_only_what_the_filter_matches_is_counted(counted: Repository, subtests: pytest.Subtests) -> None:
    for wanted, expected in FILTERS:
        with subtests.test(str(wanted)):
            assert await _one(counted, Facet("lot_number", DEVICE), wanted) == Tally(expected, len(expected))


async def test_what_nothing_refers_to_is_counted(counted: Repository) -> None:
    unused = Not(Referenced("Procedure", "device", And(), ("Device/",)))
    [tally] = await counted.tally("Device", unused, [Facet("lot_number")])
    assert tally == Tally({"L2": 1, "L3": 1}, 2)


async def test_what_is_referred_to_counts_as_it_is_now(counted: Repository) -> None:
    await counted.write([write("d1", device("L7")), write("p2", procedure("2024-01-20", "Device/d3"))])
    assert await _one(counted, Facet("lot_number", DEVICE)) == Tally({"L1": 2, "L2": 2, "L7": 1}, 3)


async def test_many_resources_are_counted(store: Repository) -> None:
    await store.write([write(f"d{number}", device(f"L{number % 20}")) for number in range(40)])
    await store.write([write(f"p{number}", procedure(None, f"Device/d{number % 40}")) for number in range(400)])
    lots, devices = await store.tally("Procedure", And(), [Facet("lot_number", DEVICE), Facet("device")], 10)
    assert lots == Tally(dict.fromkeys(sorted(f"L{number}" for number in range(20))[:10], 20), 20)
    assert devices.distinct == 40
    assert set(devices.counts.values()) == {10}


async def test_what_cannot_be_counted_by_is_a_mistake_of_the_program(
    store: Repository, subtests: pytest.Subtests
) -> None:
    for facet in (
        Facet("unknown"),
        Facet("date"),
        Facet("device", length=4),
        Facet("lot_number"),
        Facet("unknown", DEVICE),
        Facet("lot_number", Link("status", "Device", ("Device/",))),
        Facet("lot_number", Link("device", "Unknown", ("Unknown/",))),
    ):
        with subtests.test(str(facet)), pytest.raises(KeyError):
            await store.tally("Procedure", And(), [facet])
    with pytest.raises(KeyError):
        await store.tally("Procedure", Eq("unknown", "x"), [Facet("status")])
