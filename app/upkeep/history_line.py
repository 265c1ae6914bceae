"""A whole history as one line of NDJSON, as `export --history` writes it and `load` reads it again.

    {"history": "Procedure/x", "keys": ["…"], "versions": [
        {"version": 1, "at": "2024-05-06T07:08:09.123Z", "author": "bloc-3", "resource": {…}}, …]}

A tombstone's resource is null.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from app.errors import RequestError
from app.fhir.json import decode_strict, encode
from app.fhir.reference import Target, parse
from app.fhir.served import SERVED
from app.store.repository import Version

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.fhir.resource import Json
    from app.store.repository import Operation

SUFFIX: Final = ".history.ndjson"
MOST: Final = 1_000_000_000
"""Bytes of a line: a history has many versions of a resource."""

_INSTANT: Final = re.compile(r"[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]\.[0-9]{3}Z")


def history_line(history: Sequence[Version]) -> bytes:
    """The line of a history, with its end."""
    last = history[-1]
    versions = [
        {"version": each.version, "at": each.at, "author": each.author, "resource": each.resource} for each in history
    ]
    return encode({"history": f"{last.type}/{last.id}", "keys": sorted(last.keys), "versions": versions}) + b"\n"


def history_of(line: bytes) -> list[Version]:
    """The history of a line. Raises MalformedJson, and RequestError where it is no whole history."""
    value = decode_strict(line)
    place = parse(value.get("history")) if isinstance(value, dict) and isinstance(value.get("history"), str) else None
    if not isinstance(place, Target) or place.base or place.version or place.type not in SERVED:
        raise _no_history()
    keys, versions = value.get("keys"), value.get("versions")
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise _no_history()
    if not isinstance(versions, list) or not versions:
        raise _no_history()
    history = list(_versions(place, versions))
    if keys:
        if history[-1].resource is None:
            raise _no_history()
        history[-1] = replace(history[-1], keys=tuple(keys))
    return history


def _versions(place: Target, versions: Sequence[Json]) -> Iterator[Version]:
    before: Version | None = None
    for number, given in enumerate(versions, 1):
        if not isinstance(given, dict) or given.get("version") != number or "resource" not in given:
            raise _no_history()
        at, author, resource = given.get("at"), given.get("author"), given["resource"]
        if not (isinstance(at, str) and _INSTANT.fullmatch(at) and isinstance(author, str)):
            raise _no_history()
        if not _is_of(resource, place, number, at) or (before and at < before.at):
            raise _no_history()
        before = Version(place.type, place.id, number, at, author, _operation(resource, before), resource)
        yield before


def _is_of(resource: Json, place: Target, number: int, at: str) -> bool:
    if resource is None:  # there is something to delete
        return number > 1
    meta = resource.get("meta") if isinstance(resource, dict) else None
    if not isinstance(meta, dict):
        return False
    told = (resource.get("resourceType"), resource.get("id"), meta.get("versionId"), meta.get("lastUpdated"))
    return told == (place.type, place.id, str(number), at)


def _operation(resource: Json, before: Version | None) -> Operation:
    if resource is None:
        return "delete"
    return "create" if before is None or before.resource is None else "update"


def _no_history() -> RequestError:
    return RequestError(
        "The line is not a whole history as `export --history` writes it. Export the resource again.",
        "La ligne n’est pas un historique entier tel que l’écrit `export --history`. Exportez de nouveau la ressource.",
    )
