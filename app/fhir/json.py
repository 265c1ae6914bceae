"""JSON with decimals that keep their digits: 1.50 is read as Decimal('1.50') and written as 1.50."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final

import msgspec

from app.errors import MalformedJson
from app.fhir.json_tokens import DEEPEST, Place, is_plainly_strict, place_of, strict_findings

if TYPE_CHECKING:
    from app.fhir.resource import Json

_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_ENCODER = msgspec.json.Encoder(decimal_format="number")
_BYTE_POSITION = re.compile(r"\(byte (\d+)\)")
_HUGE_EXPONENT: Final = re.compile(rb"-?[0-9][0-9.]*[eE][+-]?[0-9]{7,}")
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


def decode(text: bytes | str) -> Json:
    """The value of a JSON text in UTF-8, its fractions and exponents as Decimal. Raises MalformedJson."""
    data = _bytes(text)
    try:
        return _DECODER.decode(data)
    except RecursionError:
        for place, en, fr in strict_findings(data):
            raise MalformedJson(f"{en} ({place.en}).", f"{fr} ({place.fr}).") from None
        raise
    except InvalidOperation:
        found = _HUGE_EXPONENT.search(data)
        place = place_of(data, found.start() if found else 0)
        raise MalformedJson(
            f"A number in the JSON has an exponent beyond all limits ({place.en}). Write it with a smaller one.",
            f"Un nombre du JSON a un exposant hors de toute limite ({place.fr}). Réduisez-le.",
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _unreadable(data, error) from None


def decode_strict(text: bytes | str) -> Json:
    """As `decode`, for a resource that somebody sends: a name that comes twice in an object, in whatever way it is
    written, and nesting beyond 200 levels are refused too. Raises MalformedJson, which tells the place.

    Source: https://hl7.org/fhir/R4/json.html ("property names SHALL be unique")"""
    data = _bytes(text)
    value = decode(data)
    if _is_as_encoded(data, value) or is_plainly_strict(data, value):
        return value
    for place, en, fr in strict_findings(data):
        raise MalformedJson(f"{en} ({place.en}).", f"{fr} ({place.fr}).")
    return value


def _is_as_encoded(data: bytes, value: Json) -> bool:
    """Whether a text has few brackets and is what `encode` makes of its value, as most programs write it: so no name
    comes twice in it, and it is not deep."""
    return data.count(b"{") + data.count(b"[") <= DEEPEST and encode(value) == data


def encode(value: Json) -> bytes:
    """Compact JSON in UTF-8 of a value that `decode` can return."""
    return _ENCODER.encode(value)


def indented(text: bytes) -> bytes:
    """A JSON text with a line for each member, for people."""
    return msgspec.json.format(text, indent=2)


def _bytes(text: bytes | str) -> bytes:
    return text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text


def _unreadable(data: bytes, error: Exception) -> MalformedJson:
    """What is wrong with a text that could not be read, and where; the text itself is never quoted."""
    if data.startswith(_BYTE_ORDER_MARK):
        return MalformedJson(
            "The text begins with a byte order mark, which JSON does not allow. Save it as UTF-8 without BOM.",
            "Le texte commence par une marque d’ordre des octets, que JSON interdit. Enregistrez-le en UTF-8 sans BOM.",
        )
    try:
        data.decode()
    except UnicodeDecodeError as wrong:
        place = place_of(data, wrong.start)
        return MalformedJson(
            f"The text is not UTF-8: {place.en} cannot be read.",
            f"Le texte n’est pas en UTF-8 : {place.fr} illisible.",
        )
    place = _reported(data, str(error))
    return MalformedJson(
        f"The text is not JSON: {place.en} cannot be read.",
        f"Le texte n’est pas du JSON : {place.fr} illisible.",
    )


def _reported(data: bytes, message: str) -> Place:
    found = _BYTE_POSITION.search(message)
    return place_of(data, int(found[1]) if found else len(data))
