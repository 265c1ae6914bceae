r"""The parts of a UDI as it is read from a label: device identifier, lot, serial number and expiry.

| agency | text                                                        | source                                        |
|--------|-------------------------------------------------------------|-----------------------------------------------|
| GS1    | `(01)03760012345670(17)271231(10)LOT1(21)S1`; a scan has no | GS1 General Specifications, 3 and 7.8:        |
|        | brackets, but FNC1 (`\x1d`) at the end of what varies       | https://ref.gs1.org/standards/genspecs/       |
| HIBC   | `+A99912345/$$3271231LOT1/SS1/16D20240102C`                 | ANSI/HIBC 2.6: https://www.hibcc.org          |
| ICCBBA | `=/A9999XYZ100T0944=,000025=>027032&,1000000000000LOT123`   | ISBT 128, ST-001, ST-011: https://iccbba.org  |

Years of two digits are of this century, for the first UDI is of 2013. What is no UDI has no parts, a broken part is
left out, and nothing here raises.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from app.fhir.check_digits import gs1 as gs1_check_digit
from app.fhir.remembering import remembered_pair

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_LENGTH: Final = 512
FNC1: Final = "\x1d"


class Udi(NamedTuple):
    """What a UDI tells; "" is what it lacks. The expiry is a FHIR date, "2027-12" where the day is not told."""

    di: str = ""
    lot: str = ""
    serial: str = ""
    expiry: str = ""


NONE: Final = Udi()


def parse_udi(text: str) -> Udi:
    """The parts of a UDI, by the agency that its form belongs to."""
    return _parsed(text) if len(text) <= MAX_LENGTH else NONE


def gtin(text: str) -> str:
    """A GTIN of 8, 12 or 13 digits with the zeros ahead that a UDI writes it with; any other text as it is.

    Source: GS1 General Specifications, 3.3.2."""
    return text.zfill(14) if len(text) in (8, 12, 13) and _is_number(text) else text


@lru_cache(maxsize=4_096)
def _parsed(text: str) -> Udi:
    text = text.strip(" \t\r\n")
    if text.startswith(("+", "*+")):
        return _hibc(text.upper().strip("*").removeprefix("+"))
    if text.startswith("=/"):
        return _iccbba(text)
    return _gs1(_bracketed(text) if text.startswith("(") else _scanned(text))


_BRACKETED = re.compile(r"\(([0-9]{2,4})\)")
_SYMBOLOGY = re.compile(r"\][A-Za-z][0-9A-Za-z]")
_FIXED: Final = {
    **dict.fromkeys(("01", "02", "03"), 14),
    **dict.fromkeys(("11", "12", "13", "14", "15", "16", "17", "18", "19"), 6),
    **dict.fromkeys(("31", "32", "33", "34", "35", "36"), 8),
    "00": 18,
    "04": 16,
    "20": 2,
    "41": 14,
}
"""The first two digits of the application identifiers that no FNC1 ends → how many characters follow these two."""
_LONGEST_NUMBER: Final = 20


def _gs1(elements: Iterable[tuple[str, str]]) -> Udi:
    found: dict[str, str] = {}
    for identifier, value in elements:
        found.setdefault(identifier, value)
    di, lot, serial = found.get("01", "").replace(" ", ""), found.get("10", ""), found.get("21", "")
    return Udi(
        di if len(di) == 14 and _is_number(di) else "",
        lot if len(lot) <= _LONGEST_NUMBER else "",
        serial if len(serial) <= _LONGEST_NUMBER else "",
        _date("YYMMDD", found.get("17", "")),
    )


def _bracketed(text: str) -> Iterator[tuple[str, str]]:
    _, *parts = _BRACKETED.split(text)
    return zip(parts[::2], (part.strip(f" {FNC1}") for part in parts[1::2]), strict=True)


def _scanned(text: str) -> list[tuple[str, str]]:
    """The elements of a scan. It begins with a device identifier and its right check digit: no other text is taken
    for a UDI."""
    rest = _SYMBOLOGY.sub("", text, count=1).lstrip(FNC1)
    if rest[:2] != "01" or not _is_number(rest[:16]) or rest[15:16] != gs1_check_digit(rest[2:15]):
        return []
    elements = []
    while rest:
        identifier, rest = rest[:2], rest[2:]
        if not _is_number(identifier):
            return []
        length = _FIXED.get(identifier)
        if length is None:
            value, _, rest = rest.partition(FNC1)
        else:
            value, rest = rest[:length], rest[length:].removeprefix(FNC1)
        elements.append((identifier, value))
    return elements


_HIBC_CHARACTERS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%"
_HIBC_DI = re.compile(r"[A-Z][A-Z0-9]{3}[A-Z0-9]{1,18}[0-9]")
_HIBC_DATA = re.compile(
    r"(?P<dated>\$\$(?P<dated_serial>\+)?(?:8[0-9]{2}|9[0-9]{5})?)(?P<rest>.*)"  # 8 and 9 lead a quantity
    r"|\$\+(?P<plain_serial>.+)|S(?P<serial>.+)|\$(?P<lot>.+)|14D(?P<expiry>[0-9]{8})|(?P<day>[0-9]{5})(?P<day_lot>.+)"
)
_HIBC_DATES: Final = dict(
    zip("01234567", ("MMYY", "MMYY", "MMDDYY", "YYMMDD", "YYMMDDhh", "YYJJJ", "YYJJJhh", ""), strict=True)
)
"""The digit ahead of an expiry → how it is written; ahead of a lot alone stands 7, and "MMYY" has no digit ahead."""


def _hibc(text: str) -> Udi:
    """The primary data, then secondary data, each after a slash; the check character at the end may be missing."""
    unknown = set(text) - set(_HIBC_CHARACTERS)
    if not unknown and text[-1:] == _HIBC_CHARACTERS[sum(map(_HIBC_CHARACTERS.index, f"+{text[:-1]}")) % 43]:
        text = text[:-1]
    di, *secondary = text.split("/")
    if not _HIBC_DI.fullmatch(di):
        return NONE
    found = Udi(di)
    for data in secondary:
        told = _hibc_data(data)
        found = Udi(di, found.lot or told.lot, found.serial or told.serial, found.expiry or told.expiry)
    return found


def _hibc_data(text: str) -> Udi:
    data = _HIBC_DATA.fullmatch(text)
    if not data:
        return NONE
    if data["dated"]:
        layout = _HIBC_DATES.get(data["rest"][:1])
        if layout is None:
            return NONE
        start = int(layout != "MMYY")
        end = start + len(layout)
        number, expiry = data["rest"][end:], _date(layout, data["rest"][start:end])
        return Udi(serial=number, expiry=expiry) if data["dated_serial"] else Udi(lot=number, expiry=expiry)
    return Udi(
        lot=data["lot"] or data["day_lot"] or "",
        serial=data["plain_serial"] or data["serial"] or "",
        expiry=_date("YYYYMMDD", data["expiry"] or "") or _date("YYJJJ", data["day"] or ""),
    )


_ICCBBA_DATA = re.compile(r"(=[/,>})]|&,1|&>|[=&])([^=&]*)")


def _iccbba(text: str) -> Udi:
    """A lot is filled up with zeros on its left."""
    found = dict(reversed(_ICCBBA_DATA.findall(text)))
    di, serial = found.get("=/", ""), found.get("=,", "")
    if not (len(di) == 16 and di.isascii() and di.isalnum()):
        return NONE
    expiry = _date("YYYJJJ", found.get("=>", "")) or _date("YYYJJJhhmm", found.get("&>", ""))
    return Udi(di, found.get("&,1", "").lstrip("0"), serial, expiry)


@remembered_pair
def _date(layout: str, digits: str) -> str:
    """A FHIR date from digits, each told by its letter: year, month, day, day of the year (J); "" where it is none.

    Day 00 is an unknown day (GS1 General Specifications, 3.4.7)."""
    if not layout or len(digits) != len(layout) or not _is_number(digits):
        return ""
    year, month, day, day_of_year = (
        int("".join(digit for digit, own in zip(digits, layout, strict=True) if own == letter) or 0)
        for letter in "YMDJ"
    )
    try:
        if "J" in layout:
            found = date(2000 + year, 1, 1) + timedelta(days=day_of_year - 1)
            return found.isoformat() if found.year == 2000 + year else ""
        found = date(year if "YYYY" in layout else 2000 + year, month, day or 1)
    except ValueError:
        return ""
    return found.isoformat() if day else found.isoformat()[:7]


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()
