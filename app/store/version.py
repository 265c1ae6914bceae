"""What makes a version of a resource: its stamp, its moment, and when a resource sent again is no new version."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.fhir.resource import Json, Resource

STAMP = ("versionId", "lastUpdated")


def stamped(resource: Resource, id: str, version: int, at: str) -> Resource:  # noqa: A002 - FHIR's word
    """A new resource under that id with `meta.versionId` and `meta.lastUpdated`; all else is as it was sent.

    `resourceType`, `id` and `meta` come first, a given id, versionId or lastUpdated is replaced."""
    meta = {"versionId": str(version), "lastUpdated": at, **_meta_sent(resource)}
    head = {"resourceType": resource["resourceType"], "id": id, "meta": meta}
    return {**head, **resource, **head}


def same_content(stored: Resource, sent: Resource) -> bool:
    """Whether two resources are equal but for id, versionId and lastUpdated, so that a write changes nothing.

    The order of an object's members means nothing. All else does, even the digits of a decimal: 1.0 is not 1.00."""
    return _equal(_content(stored), _content(sent))


def instant(now: datetime, previous: str = "") -> str:
    """A FHIR instant in UTC with milliseconds, never earlier than the previous one: "2024-05-06T07:08:09.123Z"."""
    text = now.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
    return max(text, previous)


def utc_now() -> datetime:
    """The clock of a store, unless a test brings its own."""
    return datetime.now(UTC)


def _meta_sent(resource: Resource) -> dict[str, Any]:
    return {name: value for name, value in resource.get("meta", {}).items() if name not in STAMP}


def _content(resource: Resource) -> dict[str, Any]:
    content = {name: value for name, value in resource.items() if name not in ("id", "meta")}
    meta = _meta_sent(resource)
    return {**content, "meta": meta} if meta else content


def _equal(one: Json, other: Json) -> bool:
    if type(one) is not type(other):  # True == 1 == Decimal(1) in Python, in JSON they differ
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_equal(value, other[name]) for name, value in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_equal, one, other))
    if isinstance(one, Decimal):
        return one.as_tuple() == Decimal(other).as_tuple()
    return bool(one == other)
