"""Whether the last digit of a number fits the others."""

from __future__ import annotations


def luhn_holds(number: str) -> bool:
    """Whether a number of ASCII digits ends in its Luhn digit, as SIREN, SIRET, FINESS and RPPS numbers do.

    Source: ISO/IEC 7812-1, annex B."""
    doubled = (int(digit) * (1 + at % 2) for at, digit in enumerate(reversed(number)))
    return sum(each - 9 * (each > 9) for each in doubled) % 10 == 0


def gs1_holds(number: str) -> bool:
    """Whether a GTIN of ASCII digits ends in its check digit. Source: GS1 General Specifications, 7.9.1."""
    return sum(int(digit) * (1 + 2 * (at % 2)) for at, digit in enumerate(reversed(number))) % 10 == 0
