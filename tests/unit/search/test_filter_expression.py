from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InvalidSearch
from app.search.algebra import And, Eq, Filter, In, Missing, Not, Or, Prefix, Range
from app.search.filter_expression import MAX_DEPTH, filter_of_expression

A, B, C = Eq("code", "a"), Eq("code", "b"), Eq("code", "c")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("code eq a", A),
        ("  code   eq\ta ", A),
        ("code eq a and code eq b", And((A, B))),
        ("code eq a or code eq b and code eq c", Or((A, And((B, C))))),
        ("(code eq a or code eq b) and code eq c", And((Or((A, B)), C))),
        ("not (code eq a) and code eq b", And((Not(A), B))),
        ("not(not(code eq a))", Not(Not(A))),
        ("code ne a", And((Missing("code", missing=False), Not(A)))),
        ("code pr true", Missing("code", missing=False)),
        ("code pr false", Missing("code")),
        ("code eq ccam|a", Eq("code", "ccam|a")),
        ('code eq "two words"', Eq("code", "two words")),
        ('code eq "("', Eq("code", "(")),
        ('code eq "and"', Eq("code", "and")),
        ('code eq "say \\"x\\""', Eq("code", 'say "x"')),
        ("code eq a,b", Eq("code", "a,b")),
        ("date lt 2025-01-01", Range("date", lo_before="2025-01-01T00:00:00.000000Z")),
        ("body-site eq a", Eq("body_site", "a")),
        ("patient eq Patient/1", Eq("patient", "Patient/1")),
        ("patient eq http://x/Patient/1", Eq("patient", "http://x/Patient/1")),
        ("_id eq p1", Eq("_id", "p1")),
        ("_lastUpdated ge 2024", Range("_lastUpdated", lo_from="2024-01-01T00:00:00.000Z")),
    ],
)
def test_an_expression_becomes_a_filter(text: str, expected: Filter) -> None:
    assert filter_of_expression("Procedure", text) == expected


def test_a_reference_to_this_server_is_found_however_a_document_writes_it() -> None:
    found = filter_of_expression("Procedure", "patient eq Patient/1", "https://h.fr/fhir")
    assert found == In("patient", ("Patient/1", "https://h.fr/fhir/Patient/1"))


def test_a_string_is_compared_whole_or_by_its_start() -> None:
    assert filter_of_expression("Device", "lotNumber eq LÔT-1") == Eq("lotNumber", "lot-1")
    assert filter_of_expression("Device", 'lotNumber sw "LÔT "') == Prefix("lotNumber", "lot")


@pytest.mark.parametrize(
    ("text", "rule", "column"),
    [
        ("", "search-filter-parameter", 1),
        ("   ", "search-filter-parameter", 4),
        ("code", "search-filter-operator", 5),
        ("code eq", "search-filter-value", 8),
        ("code eq a b", "search-filter-end", 11),
        ("code eq a)", "search-filter-end", 10),
        ("(code eq a", "search-filter-bracket", 11),
        ("not code eq a", "search-filter-bracket", 5),
        ("code eq a and", "search-filter-parameter", 14),
        ("nope eq a", "search-filter-parameter", 1),
        ('"code" eq a', "search-filter-parameter", 1),
        ("code co a", "search-filter-operator", 6),
        ("status gt a", "search-filter-operator", 8),
        ("date sw 2024", "search-filter-operator", 6),
        ("code pr maybe", "search-filter-presence", 9),
        ("patient.name eq a", "search-filter-chain", 1),
        ('code eq "a', "search-filter-quote", 9),
        ('code eq "\\q"', "search-filter-quote", 9),
        ("code eq a " * 2_000, "search-filter-length", 1),
        ("(" * (MAX_DEPTH + 1) + "code eq a" + ")" * (MAX_DEPTH + 1), "search-filter-depth", MAX_DEPTH + 1),
    ],
)
def test_an_expression_that_cannot_be_read_is_refused_at_its_place(text: str, rule: str, column: int) -> None:
    with pytest.raises(InvalidSearch) as caught:
        filter_of_expression("Procedure", text)

    (issue,) = caught.value.issues
    assert issue.rule == rule
    assert f"column {column}." in issue.en
    assert f"colonne {column}." in issue.fr


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("date eq soon", "search-malformed-date"),
        ("code eq \ud800", "search-malformed-text"),
        ("status eq complete", "search-value-not-allowed"),
        ('code eq ""', "search-empty-value"),
        ("patient eq Device/1", "search-value-not-allowed"),
    ],
)
def test_a_value_is_checked_like_that_of_an_argument(text: str, rule: str) -> None:
    with pytest.raises(InvalidSearch) as caught:
        filter_of_expression("Procedure", text)

    assert caught.value.issues[0].rule == rule


@given(
    st.text()
    | st.lists(st.sampled_from(["code", "eq", "a", "(", ")", "not", "and", "or", '"']), max_size=9).map(" ".join)
)
def test_no_text_breaks_it(text: str) -> None:
    try:
        filter_of_expression("Procedure", text)
    except InvalidSearch as problem:
        assert problem.issues  # noqa: PT017 - either outcome is right, nothing else may come out
