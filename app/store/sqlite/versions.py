"""Reads the versions of resources: the last one from the tables of current resources, earlier ones from the history."""

# ruff: noqa: S608 - the SQL is composed of names of our own; every value from outside is bound

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, TypeAlias

from app.fhir.json import decode
from app.store.repository import Head, Version
from app.store.sqlite import claims

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import apsw

    from app.store.repository import Operation

Place: TypeAlias = tuple[str, str]
"""The type and the id of a resource."""

Kept: TypeAlias = tuple[int, str, str, str, int]
"""A version as it is kept: its number, time, author and text ('' in a tombstone); whether one precedes it."""

_HEADS: Final = (
    "SELECT row.id, row.version, row.live FROM json_each(?) AS wanted"
    " CROSS JOIN resource AS row INDEXED BY resource_id ON row.type = ? AND row.id = wanted.value WHERE row.version > 0"
)
_KEY: Final = "SELECT key, version, at FROM resource INDEXED BY resource_id WHERE type = ? AND id = ? AND version > 0"
_NEXT_IDS: Final = (
    "SELECT id FROM resource INDEXED BY resource_id WHERE type = ? AND id > ? AND version > 0 ORDER BY id LIMIT ?"
)
_AFTER_TOMBSTONE: Final = (  # by the length of a text, which SQLite knows without reading the text
    "ifnull((SELECT octet_length(before.text) = 0 FROM history AS before"
    " WHERE before.key = own.key AND before.version = own.version - 1), 0)"
)
_LAST: Final = (
    f"SELECT own.version, own.at, own.author, ifnull(document.text, ''), {_AFTER_TOMBSTONE}"
    " FROM resource AS own LEFT JOIN document USING (key) WHERE own.key = ?"
)
_EARLIER: Final = (
    f"SELECT own.version, own.at, own.author, own.text, {_AFTER_TOMBSTONE} FROM history AS own"
    " WHERE own.key = ? AND {condition} ORDER BY own.version DESC LIMIT ?"
)
_NUMBERED, _BEFORE, _AS_OF = (
    _EARLIER.format(condition=condition) for condition in ("own.version = ?", "own.version < ?", "own.at <= ?")
)
ALL: Final = -1
"""As a LIMIT of SQLite: all rows."""


def heads(connection: apsw.Connection, type: str, ids: Iterable[str]) -> dict[str, Head]:  # noqa: A002 - FHIR's word
    """The last versions under those ids; unknown ids are left out."""
    rows = connection.execute(_HEADS, (json.dumps(list(ids)), type))
    return {id_: Head(version, deleted=not live) for id_, version, live in rows}


def numbered(connection: apsw.Connection, place: Place, version: int | None) -> Version | None:
    """The version of that number; None: the last one."""
    for key, last, _ in connection.execute(_KEY, place):
        if version in (None, last):
            return _last(connection, place, key)
        return _first(connection, place, _NUMBERED, (key, version, 1))
    return None


def as_of(connection: apsw.Connection, place: Place, moment: str) -> Version | None:
    """The version that was current at an instant."""
    for key, _, at in connection.execute(_KEY, place):
        if at <= moment:
            return _last(connection, place, key)
        return _first(connection, place, _AS_OF, (key, moment, 1))
    return None


def history(connection: apsw.Connection, place: Place, count: int, before: int | None) -> list[Version]:
    """Up to `count` versions, the last first, or those before one."""
    for key, last, _ in connection.execute(_KEY, place):
        newest = [_last(connection, place, key)] if count > 0 and (before is None or before > last) else []
        limits = (key, last if newest or before is None else before, max(count - len(newest), 0))
        return newest + [version_of(place, kept) for kept in connection.execute(_BEFORE, limits)]
    return []


def next_ids(connection: apsw.Connection, type_name: str, after: str, count: int) -> list[str]:
    """The next ids of resources that are there or were, in their order."""
    return [id_ for (id_,) in connection.execute(_NEXT_IDS, (type_name, after, count))]


def whole(connection: apsw.Connection, place: Place) -> list[Version]:
    """All versions of a resource, the first one first."""
    [(key, _, _)] = connection.execute(_KEY, place)
    *earlier, last = kept(connection, key)
    return [*(version_of(place, each) for each in earlier), version_of(place, last, claims.held(connection, key))]


def kept(connection: apsw.Connection, key: int) -> Iterator[Kept]:
    """The versions of a resource as they are kept, the first one first."""
    [last] = connection.execute(_LAST, (key,))
    yield from reversed(list(connection.execute(_BEFORE, (key, last[0], ALL))))
    yield last


def of_number(connection: apsw.Connection, key: int, number: int, last: int) -> Kept | None:
    """The version of that number of a resource whose last one is known, as it is kept."""
    found = connection.execute(*((_LAST, (key,)) if number == last else (_NUMBERED, (key, number, 1))))
    return next(iter(found), None)


def _last(connection: apsw.Connection, place: Place, key: int) -> Version:
    [last] = connection.execute(_LAST, (key,))
    return version_of(place, last, claims.held(connection, key))


def _first(connection: apsw.Connection, place: Place, statement: str, values: tuple[int | str, ...]) -> Version | None:
    return next((version_of(place, kept) for kept in connection.execute(statement, values)), None)


def version_of(place: Place, kept: Kept, keys: tuple[str, ...] = ()) -> Version:
    """What is kept as a version of a resource."""
    number, at, author, text, after_tombstone = kept
    resource = decode(text) if text else None
    return Version(*place, number, at, author, _operation(number, text, after_tombstone), resource, keys)


def _operation(number: int, text: str, after_tombstone: int) -> Operation:
    if not text:
        return "delete"
    return "create" if number == 1 or after_tombstone else "update"
