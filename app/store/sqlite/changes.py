"""The change log as the feed gives it: each version that was stored, in the order of commits.

A place in it is the number of a change with what changed there, so that a file which was put back from an older copy,
and has written other changes under the same numbers since, is not taken for the one that was read before."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from app.errors import CursorGone, InvalidCursor
from app.store.cursors import cursor, position
from app.store.repository import Change
from app.store.sqlite import versions

if TYPE_CHECKING:
    from collections.abc import Collection

    import apsw

ROWS: Final = 200
TEXT: Final = 2**20
"""So many changes are looked at in one read, and of resources about so many characters are read."""

_NAME: Final = "SELECT value FROM setting WHERE name = 'store'"
_LAST: Final = "SELECT sequence, key, version FROM change WHERE sequence = (SELECT max(sequence) FROM change)"
_NUMBERED: Final = "SELECT sequence, key, version FROM change WHERE sequence = ?"
_NEXT: Final = (
    "SELECT change.sequence, change.key, change.version, row.type, row.id, row.version"
    " FROM change LEFT JOIN resource AS row USING (key)"
    " WHERE change.sequence > ? AND change.sequence <= ? ORDER BY change.sequence LIMIT ?"
)
_POSITION: Final = re.compile(r"([0-7][0-9a-f]{15})\.([0-9]{1,18})\.([0-9]{1,18})")
LAST: Final = 2**63 - 1
"""No change has a greater number."""


class Place(NamedTuple):
    """The number of a change, and the key and version of what changed: 0 where that is erased, or nothing was yet."""

    sequence: int
    key: int
    version: int

    def __str__(self) -> str:
        return f"{self.sequence:016x}.{self.key}.{self.version}"


class Piece(NamedTuple):
    """Some changes, the place up to which the log was read for them, and whether there is more of it."""

    changes: list[Change]
    reached: Place
    more: bool


START: Final = Place(0, 0, 0)


def name(connection: apsw.Connection) -> str:
    """What tells this store from others."""
    found: str = connection.execute(_NAME).get
    return found


def last(connection: apsw.Connection) -> Place:
    """The place of the last change."""
    return Place(*(connection.execute(_LAST).fetchone() or START))


def place(text: str, store: str) -> Place:
    """The place that a cursor of a store stands for. Raises InvalidCursor."""
    match = _POSITION.fullmatch(position(text, store))
    if match is None:
        raise InvalidCursor
    sequence, key, version = match.groups()
    return Place(int(sequence, 16), int(key), int(version))


def check(connection: apsw.Connection, since: Place) -> None:
    """Raise CursorGone where the log has not come to this place, or has come to another one under its number."""
    there = Place(*(connection.execute(_NUMBERED, (since.sequence,)).fetchone() or (since.sequence, 0, 0)))
    if since.sequence > last(connection).sequence or (there.key and there != since):
        raise CursorGone


def following(
    connection: apsw.Connection, store: str, since: Place, until: int, types: Collection[str] | None
) -> Piece:
    """The next changes behind a place, up to that of a number."""
    found: list[Change] = []
    looked, length = 0, 0
    for sequence, key, number, type_name, id_, current in connection.execute(_NEXT, (since.sequence, until, ROWS)):
        looked, since = looked + 1, Place(sequence, key, number)
        if not current or (types is not None and type_name not in types):
            continue
        kept = versions.of_number(connection, key, number, current)
        if kept is None:
            continue
        found.append(Change(cursor(store, str(since)), versions.version_of((type_name, id_), kept)))
        length += len(kept[3])
        if length >= TEXT:
            return Piece(found, since, more=True)
    return Piece(found, since, more=looked == ROWS)
