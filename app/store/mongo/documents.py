"""A resource as MongoDB keeps it, with every digit of its numbers.

    {_id, version, at, deleted, author, resource: {…}, ix: {parameter: [texts] or [{lo, hi}]}, sort: {parameter: text},
     indexed: the version of the index that ix and sort are of}

JSON has numbers that BSON has not. A decimal is a Decimal128, and so is an integer beyond 64 bits; what has more than
34 digits is kept as its text, in a binary of the subtype that is left to users. https://bsonspec.org/spec.html
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from bson import Binary, Decimal128
from bson.binary import USER_DEFINED_SUBTYPE

if TYPE_CHECKING:
    from app.fhir.resource import Json, Resource
    from app.search.algebra import Index

Document: TypeAlias = dict[str, Any]

_INT64: Final = range(-(2**63), 2**63)
_DIGITS: Final = 34
_EXPONENTS: Final = range(-6176, 6112)
"""What a Decimal128 holds: https://www.mongodb.com/docs/manual/reference/bson-types/"""


def to_bson(value: Json) -> Any:
    """A JSON value as BSON; `from_bson` gives the same value back."""
    if isinstance(value, dict):
        return {name: to_bson(member) for name, member in value.items()}
    if isinstance(value, list):
        return [to_bson(item) for item in value]
    if isinstance(value, Decimal):
        return _decimal(value)
    if isinstance(value, int) and value not in _INT64:
        text = str(value)
        return Decimal128(text) if len(text.lstrip("-")) <= _DIGITS else _as_text(text)
    return value


def from_bson(value: Any) -> Json:
    """The JSON value that `to_bson` was given."""
    if isinstance(value, dict):
        return {name: from_bson(member) for name, member in value.items()}
    if isinstance(value, list):
        return [from_bson(item) for item in value]
    if isinstance(value, Decimal128):
        number = value.to_decimal()
        return number if _fits_decimal128(number) else int(number)
    if isinstance(value, bytes):
        text = value.decode()
        return Decimal(text) if "E" in text else int(text)
    if isinstance(value, int) and not isinstance(value, bool):
        return int(value)  # the driver has an integer type of its own for 64 bits
    return value


def current(resource: Resource, version: int, at: str, author: str, index: Index) -> Document:
    """The document of the current version of a resource."""
    return {
        "_id": resource["id"],
        "version": version,
        "at": at,
        "deleted": False,
        "author": author,
        "resource": to_bson(resource),
        **found_by(resource, index),
    }


def earlier(document: Document) -> Document:
    """The document of a version that is being replaced, for the history."""
    kept = {name: document[name] for name in ("at", "deleted", "author", "resource")}
    return {"_id": {"id": document["_id"], "version": document["version"]}, **kept}


def found_by(resource: Resource, index: Index) -> Document:
    """The fields a resource is found by, and the version of the index that they are of."""
    values = index.values(resource)
    intervals = {name: [{"lo": lo, "hi": hi} for lo, hi in pairs] for name, pairs in values.intervals.items()}
    texts = {name: list(texts) for name, texts in values.values.items()}
    return {"indexed": index.version, "ix": {**texts, **intervals}, "sort": dict(values.sort)}


def _decimal(number: Decimal) -> Decimal128 | Binary:
    return Decimal128(number) if _fits_decimal128(number) else _as_text(f"{number:E}")


def _fits_decimal128(number: Decimal) -> bool:
    """Whether it is the same as a Decimal128, and is not what stands for an integer beyond 64 bits."""
    _, digits, exponent = number.as_tuple()
    if exponent == 0 and int(number) not in _INT64:
        return False
    return len(digits) <= _DIGITS and exponent in _EXPONENTS


def _as_text(number: str) -> Binary:
    return Binary(number.encode(), USER_DEFINED_SUBTYPE)
