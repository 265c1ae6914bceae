"""A resource as MongoDB keeps it, with every digit of its numbers.

    {_id, version, at, deleted, author, operation, resource: {…}, keys: [texts that no other document has],
     ix: {parameter: [texts] or [{lo, hi}]}, sort: {parameter: text},
     indexed: the version of the index that ix and sort are of}

A tombstone has no resource, no keys and nothing it is found by. The history has
{_id: {id, version}, at, deleted, author, operation, resource}.

JSON has numbers that BSON has not. A decimal is a Decimal128, and so is an integer beyond 64 bits; what has more than
34 digits is kept as its text, in a binary of the subtype that is left to users. https://bsonspec.org/spec.html
"""

from __future__ import annotations

import operator
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from bson import Binary, Decimal128
from bson.binary import USER_DEFINED_SUBTYPE

from app.store.repository import Version

if TYPE_CHECKING:
    from app.fhir.resource import Json, Resource
    from app.search.algebra import Index
    from app.store.repository import Operation

Document: TypeAlias = dict[str, Any]

_CONTENT: Final = ("at", "deleted", "author", "operation", "resource")
"""What the documents of current and earlier versions have in common."""

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


def current(version: Version, index: Index) -> Document:
    """The document of the current version of a resource."""
    keys = {"keys": sorted(set(version.keys))} if version.keys else {}
    return {
        "_id": version.id,
        "version": version.version,
        **_content(version),
        **keys,
        **found_by(version.resource, index),
    }


def kept(version: Version) -> Document:
    """The document of an earlier version, for the history."""
    return {"_id": place(version.id, version.version), **_content(version)}


def earlier(document: Document) -> Document:
    """The document of a current version that is being replaced, for the history."""
    content: Document = {name: document[name] for name in _CONTENT if name in document}
    return {"_id": place(document["_id"], document["version"]), **content}


def place(id: str, version: int) -> Document:  # noqa: A002 - FHIR's word
    """The `_id` of a version in the history; the members are in this order always, since MongoDB compares them so."""
    return {"id": id, "version": version}


def of_shard(id: str) -> Document:  # noqa: A002 - FHIR's word
    """What leads to the shard that has the history of a resource: a range of `_id` alone would ask all of them."""
    return {"_id.id": id}


def version_of(type: str, document: Document) -> Version:  # noqa: A002 - FHIR's word
    """The version that a document holds, one of the current ones or one of the history."""
    at_place = document["_id"]
    id_, number = at_place.values() if isinstance(at_place, dict) else (at_place, document["version"])
    resource = None if document["deleted"] else from_bson(document["resource"])
    keys = tuple(document.get("keys", ()))
    return Version(
        type, id_, operator.index(number), document["at"], document["author"], _operation(document), resource, keys
    )


def found_by(resource: Resource | None, index: Index) -> Document:
    """The fields a resource is found by, and the version of the index that they are of; a tombstone is not found."""
    if resource is None:
        return {"indexed": index.version}
    values = index.values(resource)
    intervals = {name: [{"lo": lo, "hi": hi} for lo, hi in pairs] for name, pairs in values.intervals.items()}
    texts = {name: list(texts) for name, texts in values.values.items()}
    return {"indexed": index.version, "ix": {**texts, **intervals}, "sort": dict(values.sort)}


def _content(version: Version) -> Document:
    resource = {} if version.resource is None else {"resource": to_bson(version.resource)}
    return {
        "at": version.at,
        "deleted": version.resource is None,
        "author": version.author,
        "operation": version.operation,
        **resource,
    }


def _operation(document: Document) -> Operation:
    """A document of 0.2 or before does not say it; nothing was deleted then."""
    number = document["_id"]["version"] if isinstance(document["_id"], dict) else document["version"]
    stated: Operation = document.get("operation") or ("create" if number == 1 else "update")
    return stated


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
