from __future__ import annotations

from typing import Any

import pytest

from app.errors import InvalidSearch
from app.recall.criteria import ARGUMENTS, IDENTIFYING, MOST_VALUES, OF_STOCK, criteria_of


def refused(**arguments: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidSearch) as caught:
        criteria_of(arguments)
    return [(issue.expression, issue.rule) for issue in caught.value.issues]


def test_texts_are_folded_and_given_once() -> None:
    assert criteria_of({"lot": [" Lôt  1", "LOT 1"], "manufacturer": "ACMÉ"}).lot == ("lot 1",)


def test_null_is_absent() -> None:
    assert criteria_of({"lot": ["1"], "serial": None, "expiresBefore": None}).serial == ()


def test_a_comma_belongs_to_the_value() -> None:
    assert criteria_of({"lot": ["A,1"]}).lot == ("a,1",)


@pytest.mark.parametrize("arguments", [{}, {"organization": ["o1"]}, {"expiresBefore": "2024"}, {"lot": None}])
def test_without_an_identifying_criterion_nothing_is_recalled(arguments: dict[str, Any]) -> None:
    assert refused(**arguments) == [("", "recall-criteria")]


def test_of_stock_it_is_enough_to_ask_for_what_expires() -> None:
    assert criteria_of({"expiresBefore": "2024"}, OF_STOCK).expires_before


def test_the_refusal_names_the_identifying_criteria() -> None:
    with pytest.raises(InvalidSearch) as caught:
        criteria_of({})
    assert all(name in caught.value.en and name in caught.value.fr for name in IDENTIFYING)


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("lot", "", "search-empty-value"),
        ("lot", "   ", "search-empty-value"),
        ("lot", [], "search-empty-value"),
        ("lot", [None], "search-empty-value"),
        ("lot", "\u0301", "search-malformed-string"),
        ("lot", "\ud800", "search-malformed-text"),
        ("lot", "x" * 201, "search-malformed-text"),
        ("lot", [str(n) for n in range(MOST_VALUES + 1)], "recall-values"),
        ("emdn", "P0", "search-malformed-code"),
        ("emdn", "P09|x", "search-malformed-code"),
        ("emdn", "0908", "search-malformed-code"),
        ("expiresBefore", "soon", "search-malformed-day"),
        ("expiresBefore", ["2024", "2025"], "recall-values"),
        ("implantedFrom", "2024-13", "search-malformed-day"),
        ("organization", "Patient/p1", "search-malformed-reference"),
        ("organization", "a b", "search-malformed-reference"),
        ("lots", "1", "search-unknown-parameter"),
    ],
)
def test_a_wrong_value_is_an_error_that_names_the_argument(name: str, value: Any, rule: str) -> None:
    assert refused(**{"serial": "1", name: value}) == [(name, rule)]


def test_every_problem_is_named_at_once() -> None:
    assert {name for name, _ in refused(lot="", emdn="?", expiresBefore="x")} == {"lot", "emdn", "expiresBefore"}


def test_no_message_holds_the_value() -> None:
    with pytest.raises(InvalidSearch) as caught:
        criteria_of({"lot": ["1"], "expiresBefore": "Martin"})
    assert not any("Martin" in issue.en + issue.fr for issue in caught.value.issues)


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    assert refused(lot="1", implantedFrom="2024-02", implantedTo="2024-01") == [("implantedFrom", "recall-period")]


def test_a_period_of_one_day_is_none_that_ends_before_it_begins() -> None:
    found = criteria_of({"lot": "1", "implantedFrom": "2024-01-01", "implantedTo": "2024-01-01"})
    assert (found.implanted_from, found.implanted_to) == (
        "2024-01-01T00:00:00.000000Z",
        "2024-01-02T00:00:00.000000Z",
    )


@pytest.mark.parametrize("text", ["o1", "Organization/o1", "https://dmi.example/fhir/Organization/o1"])
def test_an_organization_is_named_by_its_id_or_a_reference(text: str) -> None:
    assert criteria_of({"lot": "1", "organization": text}).organization == ("o1",)


def test_every_argument_is_read() -> None:
    values = {"expiresBefore": "2024", "implantedFrom": "2024", "implantedTo": "2024", "emdn": "P09"}
    found = criteria_of({each.name: values.get(each.name, "x1") for each in ARGUMENTS})
    assert all(getattr(found, name) for name in found.__slots__ if not name.startswith("identifiers"))
