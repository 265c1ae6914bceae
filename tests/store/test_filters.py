"""What each filter finds, in every store."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from app.errors import VersionConflict
from app.search.algebra import And, Eq, Filter, In, Missing, Not, Or, Prefix, Range, Search
from tests.store.toy import Document, named, patient, stayed, write

if TYPE_CHECKING:
    from app.store.repository import Repository
    from tests.store.conftest import Opened

PATIENTS: dict[str, Document] = {
    "a": patient(active=True, birthDate="2000-01-01", name=[{"family": "durand"}, {"family": "dupont"}]),
    "b": patient(active=True, birthDate="2001-01-01", name=[{"family": "dupont"}]),
    "c": patient(active=False, birthDate="2002-01-01", name=[{"family": "du|pont"}]),
    "d": patient(birthDate="2003-01-01", generalPractitioner=[{"reference": "Practitioner/1"}]),
    "e": patient(identifier=[{"system": "urn:a", "value": "1.2"}, {"system": "urn:b", "value": "12"}]),
    "f": patient(),
}
ALL = set(PATIENTS)

CASES: dict[str, tuple[Filter, set[str]]] = {
    "eq": (Eq("active", "true"), {"a", "b"}),
    "eq one of several values": (Eq("family", "durand"), {"a"}),
    "eq nothing": (Eq("family", "dup"), set()),
    "eq with a pipe": (Eq("identifier", "urn:a|1.2"), {"e"}),
    "eq does not read a dot as a pattern": (Eq("identifier", "urn:a|1x2"), set()),
    "eq under a name with a hyphen": (Eq("general-practitioner", "Practitioner/1"), {"d"}),
    "eq id": (Eq("_id", "c"), {"c"}),
    "in": (In("family", ("durand", "du|pont", "other")), {"a", "c"}),
    "in of one resource's two values": (In("family", ("durand", "dupont")), {"a", "b"}),
    "in nothing": (In("family", ()), set()),
    "in ids": (In("_id", ("a", "f", "z")), {"a", "f"}),
    "prefix": (Prefix("family", "du"), {"a", "b", "c"}),
    "prefix is case-sensitive": (Prefix("family", "DU"), set()),
    "prefix of a whole value": (Prefix("family", "dupont"), {"a", "b"}),
    "prefix of nothing": (Prefix("family", ""), {"a", "b", "c"}),
    "prefix does not read a dot as a pattern": (Prefix("identifier", "urn:b|1."), set()),
    "prefix with a dot": (Prefix("identifier", "urn:a|1."), {"e"}),
    "prefix with a pipe": (Prefix("family", "du|"), {"c"}),
    "prefix of an id": (Prefix("_id", "a"), {"a"}),
    "range lo from": (Range("birthdate", lo_from="2002-01-01T00"), {"c", "d"}),
    "range lo before": (Range("birthdate", lo_before="2002-01-01T00"), {"a", "b"}),
    "range hi after": (Range("birthdate", hi_after="2001-01-01T24"), {"c", "d"}),
    "range hi upto": (Range("birthdate", hi_upto="2001-01-01T24"), {"a", "b"}),
    "range inside": (Range("birthdate", lo_from="2001", hi_upto="2003"), {"b", "c"}),
    "range overlapping": (Range("birthdate", lo_before="2002-01-01T12", hi_after="2001-01-01T12"), {"b", "c"}),
    "range with all bounds": (Range("birthdate", "2001", "2003", "2001-06", "2003"), {"c"}),
    "range with bounds that exclude each other": (Range("birthdate", lo_from="2003", hi_upto="2001"), set()),
    "range without bounds": (Range("birthdate"), {"a", "b", "c", "d"}),
    "missing": (Missing("birthdate"), {"e", "f"}),
    "not missing": (Missing("birthdate", missing=False), {"a", "b", "c", "d"}),
    "missing value": (Missing("active"), {"d", "e", "f"}),
    "not missing value": (Missing("identifier", missing=False), {"e"}),
    "missing id": (Missing("_id"), set()),
    "not missing id": (Missing("_id", missing=False), ALL),
    "missing last updated": (Missing("_lastUpdated"), set()),
    "not missing last updated": (Missing("_lastUpdated", missing=False), ALL),
    "not": (Not(Eq("active", "true")), {"c", "d", "e", "f"}),
    "not range": (Not(Range("birthdate", lo_from="2002")), {"a", "b", "e", "f"}),
    "not not": (Not(Not(Eq("active", "true"))), {"a", "b"}),
    "not missing inside not": (Not(Missing("active")), {"a", "b", "c"}),
    "and": (And((Eq("active", "true"), Eq("family", "dupont"))), {"a", "b"}),
    "and of two values of one resource": (And((Eq("family", "durand"), Eq("family", "dupont"))), {"a"}),
    "and of nothing": (And(), ALL),
    "and inside and": (And((And((Eq("active", "true"),)), And(), Not(Eq("family", "durand")))), {"b"}),
    "and of two ranges": (
        And(
            (Range("birthdate", hi_after="2001", lo_from="2000"), Range("birthdate", lo_before="2003", hi_upto="2003"))
        ),
        {"b", "c"},
    ),
    "or": (Or((Eq("active", "false"), Range("birthdate", lo_from="2003"))), {"c", "d"}),
    "or of nothing": (Or(), set()),
    "or with all": (Or((And(), Eq("active", "true"))), ALL),
    "not of an or of nothing": (Not(Or()), ALL),
    "not of an and of nothing": (Not(And()), set()),
    "or inside and": (And((Or((Eq("_id", "a"), Eq("_id", "c"))), Eq("active", "false"))), {"c"}),
    "and inside or": (Or((And((Eq("active", "true"), Eq("family", "durand"))), Eq("_id", "f"))), {"a", "f"}),
    "or of what no index finds": (Or((Missing("birthdate"), Not(Eq("active", "true")))), {"c", "d", "e", "f"}),
    "not or not and": (
        Not(Or((Eq("active", "true"), Not(And((Missing("active"), Missing("identifier"))))))),
        {"d", "f"},
    ),
    "many branches": (Or(tuple(Eq("_id", text) for text in [*"abc", *map(str, range(1500))])), {"a", "b", "c"}),
    "many wanted values": (In("family", ("durand", *map(str, range(5000)))), {"a"}),
}


async def test_each_filter_finds_and_counts_what_it_matches(store: Repository, subtests: pytest.Subtests) -> None:
    await store.write([write(name, resource) for name, resource in PATIENTS.items()])
    for title, (wanted, expected) in CASES.items():
        with subtests.test(title):
            page = await store.search("Patient", Search(wanted))
            assert {row.resource["id"] for row in page.rows} == expected
            assert await store.count("Patient", wanted) == len(expected)


async def test_one_interval_has_to_meet_every_bound_of_a_range(store: Repository) -> None:
    await store.write([write("a", stayed(("2001", "2002"), ("2005", "2006"))), write("b", stayed(("2002", "2005")))])
    between = Range("stay", lo_before="2004", hi_after="2003")
    assert await _found(store, between) == {"b"}


async def test_two_ranges_may_be_met_by_two_intervals_of_a_resource(store: Repository) -> None:
    await store.write([write("a", stayed(("2001", "2002"), ("2005", "2006"))), write("b", stayed(("2002", "2003")))])
    both = And((Range("stay", lo_before="2004"), Range("stay", hi_after="2004")))
    assert await _found(store, both) == {"a"}


async def test_a_range_finds_intervals_that_begin_before_it_and_reach_into_it(store: Repository) -> None:
    stays = {"a": ("", "~"), "b": ("1999", "2004-06"), "c": ("2004-05-31", "2004-06-02"), "d": ("2004", "2004-06-01")}
    await store.write([write(name, stayed(stay)) for name, stay in stays.items()])
    assert await _found(store, Range("stay", lo_before="2004-06-02", hi_after="2004-06-01")) == {"a", "c"}
    assert await _found(store, Range("stay", hi_after="2004-05-31")) == {"a", "b", "c", "d"}


async def test_a_prefix_is_a_text_and_no_pattern(store: Repository, subtests: pytest.Subtests) -> None:
    texts = [
        ".*",
        "a+b",
        "(x",
        "[x",
        "^a",
        "a$",
        "a b",
        "a\\d",
        "\\Qa",
        "é",
        "a\nb",
        "a\0b",
        "𝔘",
        "a#",
        "a-b",
        "{1}",
        "|",
    ]
    await store.write([write(f"p{place}", named(f"{text}…")) for place, text in enumerate(texts)])
    await store.write([write("a", named("a")), write("b", named("aab x + . * ( [ d"))])
    for place, text in enumerate(texts):
        with subtests.test(text):
            assert await _found(store, Prefix("family", text)) == {f"p{place}"}


async def test_a_prefix_may_end_with_any_character(store: Repository, subtests: pytest.Subtests) -> None:
    lasts = ["\ud7ff", "\ue000", "\U0010ffff", "\uffff", "\x7f", "\0"]
    await store.write([write(f"p{place}", named(f"x{last}y")) for place, last in enumerate(lasts)])
    await store.write([write("x", named("x")), write("y", named("y"))])
    for place, last in enumerate(lasts):
        with subtests.test(last):
            assert await _found(store, Prefix("family", f"x{last}")) == {f"p{place}"}


async def test_a_change_is_found_by_its_new_values_only(store: Repository) -> None:
    await store.write([write("a", patient(active=True, name=[{"family": "old"}], birthDate="2000-01-01"))])
    await store.write([write("a", patient(active=True, name=[{"family": "new"}]))])
    assert await _found(store, Eq("family", "new")) == {"a"}
    assert await _found(store, Eq("family", "old")) == set()
    assert await _found(store, Missing("birthdate")) == {"a"}


async def test_a_filter_finds_resources_of_its_type_only(store: Repository) -> None:
    await store.write([write("a", patient(active=True)), write("a", {"resourceType": "Device", "lotNumber": "L1"})])
    assert await _found(store, And()) == {"a"}
    assert await store.count("Device", Eq("lot_number", "L1")) == 1
    assert await store.count("Device", And()) == 1


async def test_resources_are_found_by_the_time_of_their_last_change(open_store: Opened) -> None:
    times = iter([datetime(2024, 1, day, tzinfo=UTC) for day in (1, 2, 3)])
    store = await open_store(clock=lambda: next(times))
    for name in ("a", "b", "c"):
        await store.write([write(name, patient(active=True))])
    second, third = "2024-01-02T00:00:00.000Z", "2024-01-03T00:00:00.000Z"
    assert await _found(store, Range("_lastUpdated", lo_from=second)) == {"b", "c"}
    assert await _found(store, Range("_lastUpdated", hi_after=second, lo_before=third)) == {"b"}
    assert await _found(store, Range("_lastUpdated", hi_upto=third)) == {"a", "b"}
    assert await _found(store, Not(Range("_lastUpdated", lo_from=second))) == {"a"}


async def test_a_write_that_failed_is_not_found(store: Repository) -> None:
    await store.write([write("a", named("old"))])
    with pytest.raises(VersionConflict):
        await store.write([write("a", named("new"), expected=0)])
    assert await _found(store, Eq("family", "new")) == set()


async def test_a_parameter_that_is_unknown_or_of_another_kind_is_a_mistake_of_the_program(
    store: Repository, subtests: pytest.Subtests
) -> None:
    unknown = (Eq("unknown", "x"), Range("unknown", lo_from="x"), Missing("unknown"))
    for wanted in (*unknown, Range("family", lo_from="x"), Eq("stay", "x"), Range("_id", "x"), Eq("_lastUpdated", "x")):
        with subtests.test(str(wanted)):
            with pytest.raises(KeyError):
                await store.search("Patient", Search(wanted))
            with pytest.raises(KeyError):
                await store.count("Patient", wanted)
            with pytest.raises(KeyError):
                await store.count("Patient", Not(wanted))


async def _found(store: Repository, wanted: Filter) -> set[str]:
    page = await store.search("Patient", Search(wanted))
    ids = {row.resource["id"] for row in page.rows}
    assert await store.count("Patient", wanted) == len(ids)
    return ids
