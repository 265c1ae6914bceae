from __future__ import annotations

import pytest

from app.errors import InvalidSearch
from app.intake.condition import LONGEST, condition
from app.search.algebra import And, Eq


@pytest.mark.parametrize(
    "text", ["identifier=urn:a|1", "?identifier=urn:a|1", "Patient?identifier=urn:a|1", "identifier=urn%3Aa%7C1"]
)
def test_a_condition_is_a_search_text(text: str) -> None:
    assert condition("Patient", text).filter == Eq("identifier", "urn:a|1")


def test_several_parameters_must_all_match_in_any_order() -> None:
    one, other = condition("Patient", "active=true&identifier=1"), condition("Patient", "identifier=1&active=true")
    assert one.filter == And((Eq("active", "true"), Eq("identifier", "1")))
    assert one.name == other.name


def test_a_parameter_that_comes_twice_must_match_twice() -> None:
    asked = condition("Patient", "identifier=1&identifier=2")
    assert asked.filter == And((Eq("identifier", "1"), Eq("identifier", "2")))


def test_conditions_on_other_types_have_other_names() -> None:
    assert condition("Patient", "identifier=1").name != condition("Device", "identifier=1").name


def test_every_parameter_that_is_wrong_is_named() -> None:
    with pytest.raises(InvalidSearch) as refusal:
        condition("Patient", "nonsense=1&birthdate=yesterday&identifier=")
    assert {issue.expression for issue in refusal.value.issues} == {"nonsense", "birthdate", "identifier"}


@pytest.mark.parametrize(
    "text",
    ["", "?", "identifier", "Patient?", "=1", "&", "identifier=%ff", "identifier=\ud800", "a=1&" * 50, "_count=1"],
)
def test_what_is_no_search_is_refused(text: str) -> None:
    with pytest.raises(InvalidSearch):
        condition("Patient", text)


def test_a_condition_has_a_longest_length() -> None:
    with pytest.raises(InvalidSearch, match=str(LONGEST)):
        condition("Patient", "identifier=" + "1" * LONGEST)
