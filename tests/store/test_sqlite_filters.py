"""The compiler from the algebra to SQL, as a table."""

# ruff: noqa: S608 - what is expected

from __future__ import annotations

from dataclasses import replace

import pytest

from app.search.algebra import And, Contains, Eq, Filter, In, Linked, Missing, Not, Or, Prefix, Range
from app.store.sqlite.filters import MOST_BRANCHES, Filters
from app.store.sqlite.scheme import Scheme
from app.store.sqlite.sql import Sql, tree
from app.store.sqlite.texts import after_prefix
from tests.store.toy import INDEX

NUMBERS = {
    "Patient": {
        "active": 1,
        "birthdate": 2,
        "family": 3,
        "general-practitioner": 4,
        "organization": 5,
        "_lastUpdated": 9,
    },
    "Practitioner": {"family": 11, "active": 12, "_lastUpdated": 19},
    "Organization": {"partof": 21, "name": 22, "_lastUpdated": 29},
}
SCHEME = Scheme(NUMBERS, INDEX.parameters)
FILTERS = Filters("Patient", SCHEME)
SPELLED = Filters("Patient", replace(SCHEME, spelled=frozenset({5})))

TERM = "(SELECT number FROM term INDEXED BY term_text WHERE parameter = 1 AND text = ?)"
TERMS = (
    "(SELECT t.number FROM json_each(?) AS wanted CROSS JOIN term AS t INDEXED BY term_text"
    " ON t.parameter = 3 AND t.text = wanted.value)"
)
TARGET = "(SELECT key FROM resource INDEXED BY resource_id WHERE type = ? AND id = ?)"
TARGETS = (
    "(SELECT r.key FROM json_each(?) AS wanted CROSS JOIN resource AS r INDEXED BY resource_id"
    " ON r.type = wanted.value ->> 0 AND r.id = wanted.value ->> 1)"
)
BY_TERM = "value AS v CROSS JOIN term AS t ON t.number = v.term"
BY_TARGET = "link AS v CROSS JOIN resource AS r ON r.key = v.target"

TESTS: list[tuple[Filter, str, tuple[str | int | bytes, ...]]] = [
    (Eq("active", "true"), f"value AS v: v.parameter = 1 AND v.term = {TERM}", ("true",)),
    (In("family", ("a",)), f"value AS v: v.parameter = 3 AND +v.term IN {TERMS}", ('["a"]',)),
    (
        Prefix("family", "ab"),
        f"{BY_TERM}: v.parameter = 3 AND t.parameter = 3 AND t.text >= ? AND t.text < ?",
        ("ab", "ac"),
    ),
    (Prefix("family", ""), f"{BY_TERM}: v.parameter = 3 AND t.parameter = 3 AND t.text >= ?", ("",)),
    (Contains("family", "b"), f"{BY_TERM}: v.parameter = 3 AND t.parameter = 3 AND instr(t.text, ?) > 0", ("b",)),
    (
        Contains("family", "é", at_end=True),
        f"{BY_TERM}: v.parameter = 3 AND t.parameter = 3 AND substr(CAST(t.text AS BLOB), ?) = ?",
        (-2, "é".encode()),
    ),
    (Contains("family", ""), f"{BY_TERM}: v.parameter = 3 AND t.parameter = 3 AND 1", ()),
    (Missing("family", missing=False), "value AS v: v.parameter = 3", ()),
    (
        Eq("organization", "Organization/1"),
        f"link AS v: v.parameter = 5 AND v.target = {TARGET}",
        ("Organization", "1"),
    ),
    (
        Eq("organization", "Unserved/1"),
        f"value AS v: v.parameter = 5 AND v.term = {TERM.replace('1 AND', '5 AND')}",
        ("Unserved/1",),
    ),
    (
        In("organization", ("Organization/1", "Patient/2")),
        f"link AS v: v.parameter = 5 AND +v.target IN {TARGETS}",
        ('[["Organization", "1"], ["Patient", "2"]]',),
    ),
    (Missing("birthdate", missing=False), "interval AS v: v.parameter = 2 AND 1", ()),
    (Range("birthdate", "a", "b"), "interval AS v: v.parameter = 2 AND v.lo >= ? AND v.lo < ?", ("a", "b")),
    (
        Range("birthdate", hi_after="a", hi_upto="b"),
        "interval AS v: v.parameter = 2 AND v.hi > ? AND v.hi <= ?",
        ("a", "b"),
    ),
    (Range("birthdate"), "interval AS v: v.parameter = 2 AND 1", ()),
    (
        Range("_lastUpdated", "a", "d", "b", "c"),
        "sort AS v: v.parameter = 9 AND v.text >= ? AND v.text < ?",
        ("b", "c"),
    ),
    (Eq("_id", "x"), "resource AS v: v.type = ? AND v.live AND v.id = ?", ("Patient", "x")),
    (Prefix("_id", "x"), "resource AS v: v.type = ? AND v.live AND v.id >= ? AND v.id < ?", ("Patient", "x", "y")),
]
"""A leaf, the tables it looks in and the condition there, and what is bound."""


@pytest.mark.parametrize(("leaf", "expected", "values"), TESTS, ids=str)
def test_a_leaf_is_tested_by_a_row_of_its_table(
    leaf: Filter, expected: str, values: tuple[str | int | bytes, ...]
) -> None:
    tables, condition = expected.split(": ", 1)
    assert FILTERS.test(leaf) == Sql(f"EXISTS (SELECT 1 FROM {tables} WHERE v.key = row.key AND {condition})", values)


def test_a_reference_may_be_a_link_or_a_text() -> None:
    test = FILTERS.test(In("organization", ("Organization/1", "urn:x")))
    assert test.text.count("EXISTS") == 2
    assert test.values == ('[["Organization", "1"]]', '["urn:x"]')
    assert FILTERS.test(Missing("organization")).text.count("EXISTS") == 1
    assert SPELLED.test(Missing("organization")).text.count("EXISTS") == 2


def test_references_with_an_address_are_sought_where_there_are_texts() -> None:
    linked = Linked("organization", "Organization", Eq("name", "x"), ("Organization/", "https://a/Organization/"))
    assert "term AS t0" not in FILTERS.test(linked).text
    assert "term AS t0" in SPELLED.test(linked).text


def test_a_link_is_followed_by_key() -> None:
    test = FILTERS.test(Linked("organization", "Organization", Eq("name", "x"), ("Organization/",)))
    assert test.text == (
        "EXISTS (SELECT 1 FROM link AS l0 WHERE l0.key = row.key AND l0.parameter = 5 AND 1"
        " AND EXISTS (SELECT 1 FROM value AS v WHERE v.key = l0.target AND v.parameter = 22"
        " AND v.term = (SELECT number FROM term INDEXED BY term_text WHERE parameter = 22 AND text = ?)))"
    )


def test_a_target_that_need_not_have_a_value_must_be_there() -> None:
    test = FILTERS.test(Linked("organization", "Organization", Missing("name"), ("Organization/",)))
    assert "EXISTS (SELECT 1 FROM resource AS r WHERE r.key = l0.target AND r.type = ? AND r.live)" in test.text


def test_each_link_on_a_chain_has_a_name_of_its_own() -> None:
    chain: Filter = Eq("name", "x")
    for _ in range(3):
        chain = Linked("partof", "Organization", chain, ("Organization/",))
    text = Filters("Organization", SCHEME).test(chain).text
    assert [name in text for name in ("l0.key = row.key", "l1.key = l0.target", "l2.key = l1.target")] == [True] * 3


def short(sql: Sql) -> str:
    """The test with the bound value in place of each EXISTS on `active`."""
    text = sql.text
    for value in sql.values:
        text = text.replace(FILTERS.test(Eq("active", "")).text, str(value), 1)
    return text


A, B, C = Eq("active", "A"), Eq("active", "B"), Eq("active", "C")

COMBINED: list[tuple[Filter, str]] = [
    (And(), "1"),
    (Or(), "0"),
    (And((A,)), "A"),
    (And((A, B)), "(A AND B)"),
    (And((A, B, C)), "(A AND (B AND C))"),
    (Or((Not(A), Not(B), Not(C))), "(NOT A OR (NOT B OR NOT C))"),
    (Not(A), "NOT A"),
    (Not(Or((A, Not(B)))), "NOT (A OR NOT B)"),
    (Not(Not(A)), "NOT NOT A"),
    (And((Or((A, Not(B))), C)), "((A OR NOT B) AND C)"),
    (Missing("_id"), "NOT EXISTS (SELECT 1 FROM resource AS v WHERE v.key = row.key AND v.type = ? AND v.live AND 1)"),
]


@pytest.mark.parametrize(("combined", "expected"), COMBINED, ids=str)
def test_filters_are_combined(combined: Filter, expected: str) -> None:
    compiled = FILTERS.test(combined)
    assert (compiled.text if isinstance(combined, Missing) else short(compiled)) == expected


KEYS: list[tuple[Filter, str | None]] = [
    (A, f"SELECT v.key FROM value AS v INDEXED BY value_term WHERE v.parameter = 1 AND v.term = {TERM}"),
    (
        In("family", ("a",)),
        f"SELECT v.key FROM value AS v INDEXED BY value_term WHERE v.parameter = 3 AND v.term IN {TERMS}",
    ),
    (
        Linked("organization", "Organization", Eq("_id", "1"), ("Organization/",)),
        "SELECT l0.key AS key FROM (SELECT v.key FROM resource AS v INDEXED BY resource_id"
        " WHERE v.type = ? AND v.live AND v.id = ?) AS other"
        " CROSS JOIN link AS l0 INDEXED BY link_target WHERE l0.parameter = 5 AND l0.target = other.key",
    ),
    (Linked("organization", "Organization", And(), ("Organization/",)), None),
    (Linked("organization", "Organization", Not(Eq("name", "x")), ("Organization/",)), None),
    (
        Range("_lastUpdated", "a"),
        "SELECT v.key FROM sort AS v INDEXED BY sort_text WHERE v.parameter = 9 AND v.text >= ?",
    ),
    (
        Eq("_id", "x"),
        "SELECT v.key FROM resource AS v INDEXED BY resource_id WHERE v.type = ? AND v.live AND v.id = ?",
    ),
    (Not(A), None),
    (Missing("family"), None),
    (And(), None),
    (Or(), None),
    (And((Not(A), Missing("family"))), None),
    (Or((A, Not(B))), None),
    (Or(tuple(Prefix("active", str(number)) for number in range(MOST_BRANCHES + 1))), None),
]


@pytest.mark.parametrize(("filter", "expected"), KEYS, ids=str)
def test_keys_are_found_by_an_index_or_not_at_all(filter: Filter, expected: str | None) -> None:  # noqa: A002 - its word
    keys = FILTERS.keys(filter)
    assert (keys and keys.text) == expected


def test_of_several_conditions_the_narrowest_kind_finds_and_the_others_test() -> None:
    keys = FILTERS.keys(And((Prefix("family", "a"), Not(B), A)))
    assert keys
    assert keys.text.startswith("SELECT row.key FROM (SELECT v.key FROM value AS v INDEXED BY value_term WHERE")
    assert keys.values == ("A", "a", "b", "B")


def test_the_condition_that_the_indexes_call_the_smallest_finds() -> None:
    sizes = {"A": 10, "b": 1}
    measured = Filters("Patient", SCHEME, size=lambda keys: sizes[str(keys.values[0])])
    keys = measured.keys(And((A, Prefix("family", "b"))))
    assert keys
    assert keys.values == ("b", "c", "A")


def test_a_choice_finds_what_each_branch_finds() -> None:
    keys = FILTERS.keys(Or((A, Eq("_id", "x"))))
    assert keys
    assert keys.text.count("UNION ALL") == 1
    assert keys.values == ("A", "Patient", "x")


@pytest.mark.parametrize(
    ("prefix", "end"),
    [
        ("a", "b"),
        ("az", "a{"),
        ("\x7f", "\x80"),
        ("\ud7ff", "\ue000"),
        ("\uffff", "\U00010000"),
        ("a\U0010ffff", "b"),
        ("\U0010ffff", None),
        ("", None),
    ],
)
def test_the_end_of_a_prefix_is_the_next_text_without_it(prefix: str, end: str | None) -> None:
    assert after_prefix(prefix) == end


def test_many_parts_make_a_flat_expression() -> None:
    text = tree("OR", [Sql("x")] * 5000, empty=Sql("0")).text
    assert max(len(part) for part in text.split("x")) < 40
