from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.search.numbers import (
    HIGHEST,
    LOWEST,
    InvalidNumber,
    approximate,
    exact,
    implied,
    number_text,
    parse_number,
)

NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, places=9) | st.integers().map(Decimal)
SHORT = st.decimals(min_value=-(10**12), max_value=10**12, places=9)  # 21 digits at most: none is cut


@given(SHORT, SHORT)
def test_short_numbers_sort_as_text_like_in_value(one: Decimal, other: Decimal) -> None:
    assert (number_text(one) < number_text(other)) == (one < other)


@given(NUMBERS, NUMBERS)
def test_no_number_sorts_ahead_of_a_smaller_one(one: Decimal, other: Decimal) -> None:
    smaller, greater = sorted((one, other))

    assert number_text(smaller) <= number_text(greater)
    assert number_text(smaller) > LOWEST
    assert number_text(greater) < HIGHEST


@pytest.mark.parametrize("text", ["0", "-0", "0.000", "0e7"])
def test_every_zero_is_the_same_text(text: str) -> None:
    assert number_text(Decimal(text)) == number_text(Decimal(0))


def test_the_same_value_in_other_digits_is_the_same_text() -> None:
    assert number_text(Decimal("1.50")) == number_text(Decimal("1.5")) == number_text(Decimal("15e-1"))


def test_monstrous_exponents_still_sort() -> None:
    texts = ["-1e99999", "-1e-99999", "0", "1e-99999", "1", "1e99999"]

    assert [number_text(Decimal(text)) for text in texts] == sorted(number_text(Decimal(text)) for text in texts)


@pytest.mark.parametrize(
    ("text", "lowest", "beyond"),
    [
        ("100", "99.5", "100.5"),
        ("100.00", "99.995", "100.005"),
        ("1e2", "95", "105"),
        ("0", "-0.5", "0.5"),
        ("-5.4", "-5.45", "-5.35"),
        ("5.40", "5.395", "5.405"),
    ],
)
def test_a_written_number_stands_for_what_rounds_to_it(text: str, lowest: str, beyond: str) -> None:
    assert implied(text) == (number_text(Decimal(lowest)), number_text(Decimal(beyond)))


@given(SHORT)
def test_the_interval_of_one_number_holds_it_and_no_neighbour(number: Decimal) -> None:
    lo, hi = exact(number)
    step = Decimal("1e-9")

    assert number_text(number - step) < lo < hi < number_text(number + step)


def test_an_approximate_number_is_within_a_tenth() -> None:
    lo, hi = approximate(Decimal(-10))

    assert lo == number_text(Decimal(-11)) < number_text(Decimal(-9)) < hi


@pytest.mark.parametrize(
    "text", ["", "x", "1,5", "NaN", "Infinity", "1e", ".5", "5.", "1e9999", "0x1", "1 ", "٣", "9" * 41]
)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(InvalidNumber):
        parse_number(text)
