"""What counts as the same answer, and what does not."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.exactness.comparison import difference
from tests.exactness.request import Answer


def error(*path: str | int, message: str = "wrong") -> dict[str, Any]:
    return {
        "message": message,
        "path": list(path),
        "locations": [{"line": 1, "column": 1}],
        "extensions": {"code": "x"},
    }


def test_equal_answers_do_not_differ() -> None:
    answer = Answer({"a": [1, None]}, (error("a", 1),))
    assert not difference(answer, Answer({"a": [1, None]}, (error("a", 1),)))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ({"a": True}, {"a": 1}),
        ({"a": Decimal("1.50")}, {"a": Decimal("1.5")}),
        ({"a": None}, {}),
        ({"a": []}, {"a": None}),
        ({}, None),
    ],
)
def test_data_differs_in_values_digits_and_the_order_of_keys(one: Any, other: Any) -> None:
    assert "data" in difference(Answer(one), Answer(other))


def test_the_order_of_errors_is_open() -> None:
    data, first, second = {"a": None, "b": None}, error("a"), error("b")
    assert not difference(Answer(data, (first, second)), Answer(data, (second, first)))


@pytest.mark.parametrize(
    "other",
    [(), (error("a"), error("a")), (error("a", message="other"),), (error("b"),)],
)
def test_errors_differ_in_number_message_and_path(other: tuple[dict[str, Any], ...]) -> None:
    data = {"a": None, "b": None}
    assert "only the" in difference(Answer(data, (error("a"),)), Answer(data, other))


def test_which_error_made_a_field_above_it_null_is_open() -> None:
    data = {"a": None}
    assert not difference(Answer(data, (error("a", "b"),)), Answer(data, (error("a", "c"), error("a", "d"))))


def test_that_an_error_made_a_field_null_is_not_open() -> None:
    assert difference(Answer({"a": None}, (error("a", "b"),)), Answer({"a": None}))


def test_an_error_at_a_null_is_not_one_of_those_below_it() -> None:
    assert difference(Answer({"a": None}, (error("a", "b"),)), Answer({"a": None}, (error("a"),)))


def test_errors_of_a_shaped_answer_are_compared_as_they_are() -> None:
    data = {"family": None}
    assert difference(Answer(data, (error("name", "family"),)), Answer(data, (error("name", "given"),)))
