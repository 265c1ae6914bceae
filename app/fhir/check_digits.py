"""Check digits of the identifiers a French hospital meets. Every function takes the digits without the check digit."""

from __future__ import annotations


def luhn(digits: str) -> str:
    """The digit that ends SIREN, SIRET, FINESS and RPPS numbers: '3' for '7992739871'.

    Source: ISO/IEC 7812-1, annex B."""
    doubled = (int(digit) * (2 - at % 2) for at, digit in enumerate(reversed(digits)))
    return str(-sum(number - 9 * (number > 9) for number in doubled) % 10)


def nir_key(number: str) -> str:
    """The two-digit key of the 13 characters of a NIR, 97 − (number mod 97): '38' for '2550814168025'.

    Corsican departments count as numbers: 2A as 19, 2B as 18. Source: INSEE, « Numéro de sécurité sociale »."""
    digits = number.replace("2A", "19").replace("2B", "18")
    return f"{97 - int(digits) % 97:02d}"


def gs1(digits: str) -> str:
    """The check digit of a GTIN of any length: '3' for '629104150021'.

    Source: GS1 General Specifications, 7.9.1."""
    weighted = (int(digit) * (3 - 2 * (at % 2)) for at, digit in enumerate(reversed(digits)))
    return str(-sum(weighted) % 10)
