"""Decimals as texts that sort like the numbers, and the intervals numbers and quantities stand for.

A number's text has 34 characters: sign and, unless it is 0, exponent and 28 digits; the digits of a negative number
are complemented to nine. Two numbers that agree in their first 28 digits are the same text.
"""

from __future__ import annotations

import re
from decimal import ROUND_DOWN, Context, Decimal

LOWEST = "!"
HIGHEST = "~"
AFTER = "+"
"""A number's text with this at its end sorts right after it: the interval of one number is [text, text + AFTER)."""

_DIGITS = 28
_EXPONENT_BIAS = 50_000
_NUMBER = re.compile(r"[+-]?[0-9]{1,40}(?:\.[0-9]{1,40})?(?P<exponent>[eE][+-]?[0-9]{1,3})?")
_EXACT = Context(prec=2_500, rounding=ROUND_DOWN)
_NINES = str.maketrans("0123456789", "9876543210")


class InvalidNumber(ValueError):
    """Text that is no decimal number. The message never holds the text."""

    def __init__(self) -> None:
        super().__init__("not a decimal number")


def number_text(number: Decimal) -> str:
    """The text of a finite number; beyond an exponent of ±50,000 it is the largest or smallest there is."""
    if number.is_zero():
        return "1".ljust(1 + 5 + _DIGITS, "0")
    exponent = number.adjusted() + _EXPONENT_BIAS
    digits = "".join(map(str, number.as_tuple().digits[:_DIGITS])).ljust(_DIGITS, "0")
    if not 0 <= exponent <= 99_999:
        exponent, digits = (99_999, "9" * _DIGITS) if exponent > 0 else (0, "0" * _DIGITS)
    size = f"{exponent:05d}{digits}"
    return f"0{size.translate(_NINES)}" if number.is_signed() else f"2{size}"


def parse_number(text: str) -> Decimal:
    """The number a search value writes. Raises InvalidNumber."""
    if not _NUMBER.fullmatch(text):
        raise InvalidNumber
    return Decimal(text)


def exact(number: Decimal) -> tuple[str, str]:
    """The interval of one number."""
    text = number_text(number)
    return text, text + AFTER


def implied(text: str) -> tuple[str, str]:
    """The interval of all numbers that are rounded to the written one. Raises InvalidNumber.

    "100" is [99.5, 100.5), "100.00" is [99.995, 100.005), "1e2" is [95, 105), as the specification has it.
    Source: https://hl7.org/fhir/R4/search.html#number"""
    number = parse_number(text)
    last_digit = int(number.as_tuple().exponent)
    written_with_exponent = "e" in text.lower()
    half = Decimal(5).scaleb(last_digit - (2 if written_with_exponent else 1))
    return number_text(_EXACT.subtract(number, half)), number_text(_EXACT.add(number, half))


def approximate(number: Decimal) -> tuple[str, str]:
    """The interval of the numbers within a tenth of one."""
    tenth = _EXACT.divide(abs(number), Decimal(10))
    return number_text(_EXACT.subtract(number, tenth)), number_text(_EXACT.add(number, tenth)) + AFTER
