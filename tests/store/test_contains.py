"""Texts inside values, in every store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.search.algebra import And, Contains, Eq, Filter, Not, Or, Search, SortKey
from tests.store.toy import named, patient, write

if TYPE_CHECKING:
    from app.store.repository import Repository

FAMILIES = {"a": ("martin", "durand"), "b": ("saint-martin",), "c": ("martinez",), "d": ("mar", "tin"), "e": ("",)}

CASES: dict[str, tuple[Filter, set[str]]] = {
    "inside": (Contains("family", "arti"), {"a", "b", "c"}),
    "the whole value": (Contains("family", "durand"), {"a"}),
    "the start": (Contains("family", "saint"), {"b"}),
    "the end": (Contains("family", "martin", at_end=True), {"a", "b"}),
    "the end is not inside": (Contains("family", "marti", at_end=True), set()),
    "the whole value as its end": (Contains("family", "mar", at_end=True), {"d"}),
    "nothing is inside every value": (Contains("family", ""), {"a", "b", "c", "d", "e"}),
    "nothing is the end of every value": (Contains("family", "", at_end=True), {"a", "b", "c", "d", "e"}),
    "never across two values": (Contains("family", "martindurand"), set()),
    "values are folded before they reach the store": (Contains("family", "MARTIN"), set()),
    "not": (Not(Contains("family", "martin")), {"d", "e", "f"}),
    "or": (Or((Contains("family", "saint"), Contains("family", "ez", at_end=True))), {"b", "c"}),
    "and": (And((Contains("family", "martin"), Contains("family", "ran"))), {"a"}),
    "with another filter": (And((Contains("family", "martin"), Eq("family", "durand"))), {"a"}),
    "of another parameter": (Contains("identifier", "|1"), {"f"}),
}

TEXTS = [
    ".*",
    "a+b",
    "(x",
    "[x",
    "^a",
    "a$",
    "%",
    "_",
    "*",
    "?",
    "a\\d",
    "\\Qa",
    "é",
    "a\nb",
    "a\0b",
    "𝔘",
    "|",
    "'",
    '"',
]


async def test_a_text_is_found_inside_a_value_or_at_its_end(store: Repository, subtests: pytest.Subtests) -> None:
    await store.write([write(name, named(*families)) for name, families in FAMILIES.items()])
    await store.write([write("f", patient(identifier=[{"system": "urn:a", "value": "1"}]))])
    for title, (wanted, expected) in CASES.items():
        with subtests.test(title):
            assert await _found(store, wanted) == expected


async def test_a_text_inside_a_value_is_a_text_and_no_pattern(store: Repository, subtests: pytest.Subtests) -> None:
    await store.write([write(f"p{place}", named(f"<{text}>", f"<{text}")) for place, text in enumerate(TEXTS)])
    await store.write([write("x", named("xyz"))])
    for place, text in enumerate(TEXTS):
        with subtests.test(text):
            assert await _found(store, Contains("family", f"<{text}>")) == {f"p{place}"}
            assert await _found(store, Contains("family", f"<{text}", at_end=True)) == {f"p{place}"}


async def test_an_end_is_the_very_end_even_ahead_of_a_line_break(store: Repository) -> None:
    await store.write([write("a", named("martin\n")), write("b", named("martin")), write("c", named("\nmartin"))])
    assert await _found(store, Contains("family", "martin", at_end=True)) == {"b", "c"}
    assert await _found(store, Contains("family", "martin\n", at_end=True)) == {"a"}


async def test_what_contains_a_text_is_sorted_and_paged(store: Repository) -> None:
    await store.write([write(f"p{number:02}", named(f"x{number % 7}y{number:02}")) for number in range(40)])
    by_family = (SortKey("family", descending=True),)
    first = await store.search("Patient", Search(Contains("family", "3y"), by_family, count=4))
    second = await store.search("Patient", Search(Contains("family", "3y"), by_family, after=first.rows[-1].position))
    assert [row.resource["id"] for row in (*first.rows, *second.rows)] == ["p38", "p31", "p24", "p17", "p10", "p03"]
    assert (first.has_next, second.has_previous, second.has_next) == (True, True, False)


async def test_a_text_inside_an_interval_or_an_unknown_parameter_is_a_mistake_of_the_program(store: Repository) -> None:
    for parameter in ("stay", "unknown", "_lastUpdated"):
        with pytest.raises(KeyError):
            await store.count("Patient", Contains(parameter, "x"))


async def _found(store: Repository, wanted: Filter) -> set[str]:
    page = await store.search("Patient", Search(wanted, count=100))
    ids = {row.resource["id"] for row in page.rows}
    assert await store.count("Patient", wanted) == len(ids)
    return ids
