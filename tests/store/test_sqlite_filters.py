"""The compiler from the algebra to SQL, as a table."""

from __future__ import annotations

import pytest

from app.search.algebra import And, Eq, Filter, In, Missing, Not, Or, Prefix, Range
from app.store.sqlite.filters import MOST_BRANCHES, Filters, after_prefix
from app.store.sqlite.sql import Sql, tree
from tests.store.toy import INDEX

FILTERS = Filters("Patient", {"active": 1, "birthdate": 2, "family": 3, "_lastUpdated": 9}, INDEX.parameters["Patient"])

TESTS: list[tuple[Filter, str, tuple[str, ...]]] = [
    (Eq("active", "true"), "value: v.parameter = 1 AND v.text = ?", ("true",)),
    (In("family", ("a",)), "value: v.parameter = 3 AND +v.text IN (SELECT value FROM json_each(?))", ('["a"]',)),
    (Prefix("family", "ab"), "value: v.parameter = 3 AND v.text >= ? AND v.text < ?", ("ab", "ac")),
    (Prefix("family", ""), "value: v.parameter = 3 AND v.text >= ?", ("",)),
    (Missing("family", missing=False), "value: v.parameter = 3 AND 1", ()),
    (Missing("birthdate", missing=False), "interval: v.parameter = 2 AND 1", ()),
    (Range("birthdate", "a", "b"), "interval: v.parameter = 2 AND v.lo >= ? AND v.lo < ?", ("a", "b")),
    (Range("birthdate", hi_after="a", hi_upto="b"), "interval: v.parameter = 2 AND v.hi > ? AND v.hi <= ?", ("a", "b")),
    (Range("birthdate"), "interval: v.parameter = 2 AND 1", ()),
    (Range("_lastUpdated", "a", "d", "b", "c"), "sort: v.parameter = 9 AND v.text >= ? AND v.text < ?", ("b", "c")),
    (Eq("_id", "x"), "resource: v.type = ? AND v.id = ?", ("Patient", "x")),
    (Prefix("_id", "x"), "resource: v.type = ? AND v.id >= ? AND v.id < ?", ("Patient", "x", "y")),
]  # fmt: skip
"""A leaf, the table it looks in and the condition there, and what is bound."""


@pytest.mark.parametrize(("leaf", "expected", "values"), TESTS, ids=str)
def test_a_leaf_is_tested_by_a_row_of_its_table(leaf: Filter, expected: str, values: tuple[str, ...]) -> None:
    table, condition = expected.split(": ", 1)
    test = f"EXISTS (SELECT 1 FROM {table} AS v WHERE v.key = row.key AND {condition})"  # noqa: S608 - what is expected
    assert FILTERS.test(leaf) == Sql(test, values)


def short(sql: Sql) -> str:
    """The test with the first letter of each bound value in place of its EXISTS."""
    text = sql.text
    for place in range(len(sql.values)):
        start = text.index("EXISTS (")
        text = f"{text[:start]}{sql.values[place]}{text[text.index(')', start) + 1 :]}"
    return text


A, B, C = Eq("active", "A"), Eq("active", "B"), Eq("active", "C")

COMBINED: list[tuple[Filter, str]] = [
    (And(), "1"),
    (Or(), "0"),
    (And((A,)), "A"),
    (And((A, B)), "(A AND B)"),
    (Or((A, B, C)), "(A OR (B OR C))"),
    (Not(A), "NOT A"),
    (Not(Or((A, B))), "NOT (A OR B)"),
    (Not(Not(A)), "NOT NOT A"),
    (And((Or((A, Not(B))), C)), "((A OR NOT B) AND C)"),
    (Missing("_id"), "NOT EXISTS (SELECT 1 FROM resource AS v WHERE v.key = row.key AND v.type = ? AND 1)"),
]


@pytest.mark.parametrize(("combined", "expected"), COMBINED, ids=str)
def test_filters_are_combined(combined: Filter, expected: str) -> None:
    compiled = FILTERS.test(combined)
    assert (compiled.text if isinstance(combined, Missing) else short(compiled)) == expected


KEYS: list[tuple[Filter, str | None]] = [
    (A, "SELECT v.key FROM value AS v INDEXED BY value_text WHERE v.parameter = 1 AND v.text = ?"),
    (
        In("family", ("a",)),
        "SELECT v.key FROM value AS v INDEXED BY value_text WHERE v.parameter = 3"
        " AND v.text IN (SELECT value FROM json_each(?))",
    ),
    (
        Range("_lastUpdated", "a"),
        "SELECT v.key FROM sort AS v INDEXED BY sort_text WHERE v.parameter = 9 AND v.text >= ?",
    ),
    (Eq("_id", "x"), "SELECT v.key FROM resource AS v INDEXED BY resource_id WHERE v.type = ? AND v.id = ?"),
    (Not(A), None),
    (Missing("family"), None),
    (And(), None),
    (Or(), None),
    (And((Not(A), Missing("family"))), None),
    (Or((A, Not(B))), None),
    (Or((A,) * (MOST_BRANCHES + 1)), None),
]


@pytest.mark.parametrize(("filter", "expected"), KEYS, ids=str)
def test_keys_are_found_by_an_index_or_not_at_all(filter: Filter, expected: str | None) -> None:  # noqa: A002 - its word
    keys = FILTERS.keys(filter)
    assert (keys and keys.text) == expected


def test_of_several_conditions_the_narrowest_kind_finds_and_the_others_test() -> None:
    keys = FILTERS.keys(And((Prefix("family", "a"), Not(B), A)))
    assert keys
    assert keys.text.startswith("SELECT row.key FROM (SELECT v.key FROM value AS v INDEXED BY value_text WHERE")
    assert keys.values == ("A", "a", "b", "B")


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
