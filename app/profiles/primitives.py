"""The primitive types of FHIR R4: which JSON value each one takes, by regular expression and by meaning.

Every expression matches the whole value and ASCII digits only. https://hl7.org/fhir/R4/datatypes.html#primitive
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from app.profiles.finding import Finding, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from app.fhir.resource import Json

LONGEST_STRING: Final = 1_048_576
"""Characters of a string: https://hl7.org/fhir/R4/datatypes.html#string"""

WRONG_JSON_TYPE = Kind(
    "json-type",
    "structure",
    "{path} must be a {json} in JSON, as every {type} is. Write it in that form.",
    "{path} doit être un {json} en JSON, comme tout {type}. Écrivez-le sous cette forme.",
)
FORMAT = Kind(
    "format",
    "value",
    "{path} is not a valid {type}: expected {expected}.",
    "{path} n’est pas de type {type} valide : attendu {expected}.",
)
TOO_LONG = Kind(
    "length",
    "too-long",
    "{path} is longer than a {type} may be ({most} characters). Shorten it.",
    "{path} dépasse la longueur d’un {type} ({most} caractères). Raccourcissez-le.",
)


@dataclass(frozen=True, slots=True)
class Primitive:
    """A primitive type: its JSON types, the check of a value of such a type, and what was expected, in words."""

    name: str
    json: frozenset[type]
    well_formed: Callable[[Any], object]
    en: str
    fr: str
    most: int = LONGEST_STRING

    def takes(self, value: Json) -> bool:
        """Whether a value is right in every respect."""
        if type(value) not in self.json or (type(value) is str and len(value) > self.most):
            return False
        return bool(self.well_formed(value))

    def findings(self, value: Json) -> Iterator[Finding]:
        """What is wrong with a value that is not null, if anything."""
        if type(value) not in self.json:
            yield Finding(WRONG_JSON_TYPE, facts={"type": self.name, "json": _JSON_NAMES[self.json]})
        elif type(value) is str and len(value) > self.most:
            yield Finding(TOO_LONG, facts={"type": self.name, "most": self.most})
        elif not self.well_formed(value):
            yield Finding(FORMAT, facts={"type": self.name, "expected": (self.en, self.fr)})


_TEXT = frozenset({str})
_WHOLE = frozenset({int})
_NUMBER = frozenset({int, Decimal})
_BOOLEAN = frozenset({bool})
_JSON_NAMES: Final[Mapping[frozenset[type], tuple[str, str]]] = {
    _TEXT: ("string", "texte entre guillemets"),
    _WHOLE: ("number without fraction or exponent", "nombre sans décimale ni exposant"),
    _NUMBER: ("number", "nombre"),
    _BOOLEAN: ("true or false without quotes", "true ou false sans guillemets"),
}

_HARMFUL: Final = r"\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff"
_YEAR: Final = r"(?!0000)[0-9]{4}"
_MONTH: Final = r"(?:0[1-9]|1[0-2])"
_DAY: Final = r"(?:0[1-9]|[12][0-9]|3[01])"
_TIME: Final = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]+)?"
_ZONE: Final = r"(?:Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))"
_UUID: Final = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_OID: Final = r"[0-2](?:\.(?:0|[1-9][0-9]*))+"
_URI: Final = rf"[^\s{_HARMFUL}]+"

_date = re.compile(rf"{_YEAR}(?:-{_MONTH}(?:-{_DAY})?)?").fullmatch
_date_time = re.compile(rf"{_YEAR}(?:-{_MONTH}(?:-{_DAY}(?:T{_TIME}{_ZONE})?)?)?").fullmatch
_instant = re.compile(rf"{_YEAR}-{_MONTH}-{_DAY}T{_TIME}{_ZONE}").fullmatch
# Something besides FHIR's four white-space characters; a non-breaking space counts as something.
_any_string = re.compile(rf"(?=[ \t\r\n]*[^ \t\r\n])[^{_HARMFUL}]+").fullmatch
_any_code = re.compile(rf"[^\s{_HARMFUL}]+(?: [^\s{_HARMFUL}]+)*").fullmatch
_any_url = re.compile(_URI).fullmatch
_any_uri = re.compile(rf"(?!urn:(?:oid|uuid):){_URI}|urn:oid:{_OID}|(?i:urn:uuid:{_UUID})").fullmatch
_any_canonical = re.compile(rf"[^\s|{_HARMFUL}]+(?:\|[^\s|{_HARMFUL}]+)?").fullmatch
_base64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?").fullmatch
_WHITE_SPACE: Final = dict.fromkeys(map(ord, " \t\r\n"))


def _is_word(value: str) -> bool:
    """Whether a text is one word of printable characters, as nearly all codes and addresses are: no white space, no
    control character, no half of a surrogate pair. It takes a tenth of the time of an expression."""
    return value.isprintable() and " " not in value and value != ""


def _string(value: str) -> object:
    return (value.isprintable() and not value.isspace() and value != "") or _any_string(value)


def _code(value: str) -> object:
    return _is_word(value) or _any_code(value)


def _url(value: str) -> object:
    return _is_word(value) or _any_url(value)


def _uri(value: str) -> object:
    return (_is_word(value) and not value.startswith("urn:")) or _any_uri(value)


def _canonical(value: str) -> object:
    return (_is_word(value) and "|" not in value) or _any_canonical(value)


def _on_the_calendar(matches: Callable[[str], re.Match[str] | None]) -> Callable[[str], bool]:
    def check(value: str) -> bool:
        if not matches(value):
            return False
        day = value[8:10]
        return day <= "28" or int(day) <= monthrange(int(value[:4]), int(value[5:7]))[1]

    return check


def _encoded(value: str) -> object:
    packed = value.translate(_WHITE_SPACE)
    return packed and _base64(packed)


def _kept_exactly(value: int | Decimal) -> bool:
    """Whether Decimal128 holds every digit, as both stores need: 34 digits, exponents -6176 to 6111."""
    _, digits, exponent = Decimal(value).as_tuple()
    return isinstance(exponent, int) and len(digits) <= 34 and -6176 <= exponent <= 6111


def _between(low: int, high: int) -> Callable[[int], bool]:
    return lambda value: low <= value <= high


_LARGEST: Final = 2**31 - 1
_NO_LIMIT: Final = 2**62

PRIMITIVES: Final[Mapping[str, Primitive]] = MappingProxyType(
    {
        primitive.name: primitive
        for primitive in (
            Primitive("boolean", _BOOLEAN, lambda _: True, "true or false", "true ou false"),
            Primitive(
                "integer",
                _WHOLE,
                _between(-(2**31), _LARGEST),
                "a whole number from -2147483648 to 2147483647",
                "un nombre entier de -2147483648 à 2147483647",
            ),
            Primitive(
                "positiveInt",
                _WHOLE,
                _between(1, _LARGEST),
                "a whole number from 1 to 2147483647",
                "un nombre entier de 1 à 2147483647",
            ),
            Primitive(
                "unsignedInt",
                _WHOLE,
                _between(0, _LARGEST),
                "a whole number from 0 to 2147483647",
                "un nombre entier de 0 à 2147483647",
            ),
            Primitive(
                "decimal",
                _NUMBER,
                _kept_exactly,
                "at most 34 digits and an exponent from -6176 to 6111, so that no digit is lost",
                "au plus 34 chiffres et un exposant de -6176 à 6111, pour qu’aucun chiffre ne soit perdu",
            ),
            Primitive(
                "date",
                _TEXT,
                _on_the_calendar(_date),
                "a day, month or year of the calendar, such as 2026-02-24, 2026-02 or 2026",
                "un jour, un mois ou une année du calendrier, comme 2026-02-24, 2026-02 ou 2026",
            ),
            Primitive(
                "dateTime",
                _TEXT,
                _on_the_calendar(_date_time),
                "a date such as 2026-02-24, 2026-02 or 2026, or a time with seconds and zone "
                "such as 2026-02-24T09:30:00+01:00",
                "une date comme 2026-02-24, 2026-02 ou 2026, ou une heure avec secondes et fuseau "
                "comme 2026-02-24T09:30:00+01:00",
            ),
            Primitive(
                "instant",
                _TEXT,
                _on_the_calendar(_instant),
                "a date and time with seconds and zone, such as 2026-02-24T09:30:00.000+01:00",
                "une date et une heure avec secondes et fuseau, comme 2026-02-24T09:30:00.000+01:00",
            ),
            Primitive(
                "time",
                _TEXT,
                re.compile(_TIME).fullmatch,
                "a time of day with seconds and without zone, such as 09:30:00",
                "une heure avec secondes et sans fuseau, comme 09:30:00",
            ),
            Primitive(
                "id",
                _TEXT,
                re.compile(r"[A-Za-z0-9\-.]{1,64}").fullmatch,
                "1 to 64 letters A-Z a-z, digits, hyphens or full stops",
                "1 à 64 lettres A-Z a-z, chiffres, tirets ou points",
            ),
            Primitive(
                "code",
                _TEXT,
                _code,
                "a text without spaces around it and without two spaces in a row",
                "un texte sans espace autour et sans deux espaces de suite",
            ),
            Primitive(
                "string",
                _TEXT,
                _string,
                "a text that is not blank, without control characters other than tab and line ends",
                "un texte non vide, sans caractère de contrôle autre que tabulation et fin de ligne",
            ),
            Primitive(
                "markdown",
                _TEXT,
                _string,
                "a Markdown text that is not blank, without control characters other than tab and line ends",
                "un texte Markdown non vide, sans caractère de contrôle autre que tabulation et fin de ligne",
            ),
            Primitive(
                "xhtml",
                _TEXT,
                _string,
                "an XHTML text that is not blank, without control characters other than tab and line ends",
                "un texte XHTML non vide, sans caractère de contrôle autre que tabulation et fin de ligne",
                _NO_LIMIT,
            ),
            Primitive(
                "uri",
                _TEXT,
                _uri,
                "a URI without white space; after urn:oid: an OID and after urn:uuid: a UUID",
                "un URI sans espace ; après urn:oid: un OID et après urn:uuid: un UUID",
            ),
            Primitive(
                "url",
                _TEXT,
                _url,
                "a URL without white space",
                "une URL sans espace",
            ),
            Primitive(
                "canonical",
                _TEXT,
                _canonical,
                "a canonical URL without white space, with at most one |version",
                "une URL canonique sans espace, avec au plus un |version",
            ),
            Primitive(
                "oid",
                _TEXT,
                re.compile(rf"urn:oid:{_OID}").fullmatch,
                "an OID such as urn:oid:1.2.250.1.71.4.2.1",
                "un OID comme urn:oid:1.2.250.1.71.4.2.1",
            ),
            Primitive(
                "uuid",
                _TEXT,
                re.compile(rf"urn:uuid:{_UUID}").fullmatch,
                "a UUID in lower case such as urn:uuid:c757873d-ec9a-4326-a141-556f43239520",
                "un UUID en minuscules comme urn:uuid:c757873d-ec9a-4326-a141-556f43239520",
            ),
            Primitive(
                "base64Binary",
                _TEXT,
                _encoded,
                "base64: letters, digits, + and /, in groups of four, filled up with =",
                "du base64 : lettres, chiffres, + et /, par groupes de quatre, complétés par =",
                _NO_LIMIT,
            ),
        )
    }
)
