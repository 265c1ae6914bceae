"""Each case is a published number whose check digit is known."""

from __future__ import annotations

import pytest

from app.fhir.check_digits import gs1, luhn, nir_key


@pytest.mark.parametrize(
    ("digits", "key"), [("7992739871", "3"), ("73282932", "0"), ("453201511283036", "6"), ("", "0")]
)
def test_luhn_gives_the_last_digit(digits: str, key: str) -> None:
    assert luhn(digits) == key


@pytest.mark.parametrize(("number", "key"), [("2550814168025", "38"), ("2690549588157", "80")])
def test_nir_key_is_the_complement_to_97(number: str, key: str) -> None:
    assert nir_key(number) == key


def test_nir_key_has_two_digits_even_when_it_is_small() -> None:
    assert nir_key(str(97 * 20_000_000_000 + 96)) == "01"


@pytest.mark.parametrize(
    ("corsican", "digits"), [("180052A004321", "1800519004321"), ("180052B004321", "1800518004321")]
)
def test_nir_key_counts_corsican_departments_as_numbers(corsican: str, digits: str) -> None:
    assert nir_key(corsican) == nir_key(digits)


@pytest.mark.parametrize(("digits", "key"), [("629104150021", "3"), ("0629104150021", "3"), ("7351353", "7")])
def test_gs1_gives_the_last_digit_of_a_gtin(digits: str, key: str) -> None:
    assert gs1(digits) == key
