from __future__ import annotations

import pytest

from app.search.filter_syntax import Comparison, Joined, Negation, Step, Word, names, parse


def test_a_path_is_read_step_by_step() -> None:
    found = parse("general-practitioner:Organization[active eq true].name co x")

    active = Comparison((Step("active", 35),), Word("eq", 42), Word("true", 45))
    assert found == Comparison(
        (Step("general_practitioner", 1, "Organization", active), Step("name", 51)), Word("co", 56), Word("x", 59)
    )


def test_and_binds_tighter_than_or_and_not_tighter_than_both() -> None:
    found = parse("a eq 1 or not (b eq 2) and c eq 3")

    assert isinstance(found, Joined)
    assert (found.word, len(found.parts)) == ("or", 2)
    _, conjunction = found.parts
    assert isinstance(conjunction, Joined)
    assert isinstance(conjunction.parts[0], Negation)


@pytest.mark.parametrize("text", ["android eq 1", "a eq and", "or eq or", "not-done eq 1"])
def test_words_that_only_look_like_a_conjunction_are_none(text: str) -> None:
    assert isinstance(parse(text), Comparison)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a eq 1", {"a"}),
        ("not (a-b eq 1 or c.d eq 2) and e[f eq 1].g eq 3", {"a_b", "c", "e"}),
    ],
)
def test_only_parameters_of_the_searched_type_itself_are_named(text: str, expected: set[str]) -> None:
    assert set(names(parse(text))) == expected
