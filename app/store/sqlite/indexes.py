"""What searches go by, as the file tells it itself; and search values that only an earlier release has asked for."""

# ruff: noqa: S608 - the SQL is composed of names of our own

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from app.store.repository import IndexState
from app.store.sqlite.layout import CONTENT, SEARCH

if TYPE_CHECKING:
    import apsw

    from app.store.sqlite.scheme import Scheme

INDEXES: Final = dict(re.findall(r"INDEX IF NOT EXISTS (\w+) ON (\w+)", CONTENT + SEARCH))
"""The indexes of this release, and the tables that they are of."""

_SEARCHED: Final = ("value", "link", "interval", "sort", "term", "span", "several", "spelled")
_THERE: Final = "SELECT name FROM sqlite_schema WHERE type = 'index'"
_OUTSIDE: Final = "SELECT number, type, name FROM parameter WHERE " + " OR ".join(
    f"EXISTS (SELECT 1 FROM {table} WHERE {table}.parameter = parameter.number)" for table in _SEARCHED
)


def states(connection: apsw.Connection, scheme: Scheme) -> list[IndexState]:
    """The indexes by table and name, and what is stale: search values, by type and parameter."""
    there = {name for (name,) in connection.execute(_THERE)}
    own = [IndexState(table, name, "present" if name in there else "missing") for name, table in INDEXES.items()]
    return sorted((*own, *_stale(connection, scheme).values()), key=lambda each: (each.place, each.name))


def drop_stale(connection: apsw.Connection, scheme: Scheme) -> list[IndexState]:
    """Remove the search values under parameters that the index does not have. Their numbers are not given again."""
    stale = _stale(connection, scheme)
    for number in stale:
        for table in _SEARCHED:
            connection.execute(f"DELETE FROM {table} WHERE parameter = ?", (number,))
    return sorted(stale.values(), key=lambda each: (each.place, each.name))


def _stale(connection: apsw.Connection, scheme: Scheme) -> dict[int, IndexState]:
    known = {number for numbers in scheme.numbers.values() for number in numbers.values()}
    return {
        number: IndexState(type_name, name, "stale")
        for number, type_name, name in connection.execute(_OUTSIDE)
        if number not in known
    }
