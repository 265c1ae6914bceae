"""Removes resources for good: their versions, what they were found by, and every text that nothing else has.

Runs inside a transaction of the caller. The connection overwrites what it removes (`PRAGMA secure_delete`), so nothing
is left of it in the file; the write-ahead log has it until it is emptied."""

# ruff: noqa: S608 - the SQL is composed of names of our own; every value from outside is bound

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from app.store.sqlite import claims, lately, ledger, versions
from app.store.sqlite.documents import readable, texts
from app.store.sqlite.rows import Rows
from app.store.sqlite.writing import forget

if TYPE_CHECKING:
    from collections.abc import Sequence

    import apsw

    from app.store.repository import LastLook
    from app.store.sqlite.writing import Writing

_KEYS: Final = (
    "SELECT row.key, row.id FROM json_each(?) AS wanted"
    " CROSS JOIN resource AS row INDEXED BY resource_id ON row.type = ? AND row.id = wanted.value WHERE row.version > 0"
)
_TERM: Final = "SELECT number FROM term INDEXED BY term_text WHERE parameter = ? AND text = ?"
_KEY: Final = "SELECT key FROM resource INDEXED BY resource_id WHERE type = ? AND id = ?"
_TERMS: Final = "SELECT term FROM value WHERE key = ?"
_TARGETS: Final = "SELECT target FROM link WHERE key = ?"
_GONE: Final = (
    "UPDATE resource SET version = 0, at = '', author = '', live = 0 WHERE key IN (SELECT value FROM json_each(?))"
)
_UNUSED: Final = (
    "DELETE FROM term WHERE {which} AND NOT EXISTS"
    " (SELECT 1 FROM value WHERE value.parameter = term.parameter AND value.term = term.number)"
)
_UNUSED_TERMS: Final = _UNUSED.format(which="number IN (SELECT value FROM json_each(?))")
_ALL_UNUSED_TERMS: Final = _UNUSED.format(which="1")
_UNUSED_PLACES: Final = (
    "DELETE FROM resource WHERE key IN (SELECT value FROM json_each(?)) AND version = 0 AND NOT EXISTS"
    " (SELECT 1 FROM parameter CROSS JOIN link INDEXED BY link_target"
    " ON link.parameter = parameter.number AND link.target = resource.key)"
)
_CHANGES: Final = (
    "DELETE FROM change WHERE (key = 0 OR key IN (SELECT value FROM json_each(?)))"
    " AND sequence < (SELECT max(sequence) FROM change)"
)
_LAST_CHANGE: Final = (
    "UPDATE change SET key = 0, version = 0 WHERE sequence = (SELECT max(sequence) FROM change)"
    " AND key IN (SELECT value FROM json_each(?))"
)
_SAMPLES: Final = "SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_stat4'"
UNKNOWN: Final = 0
"""No number of a term, no key of a resource."""


class Known:
    """A dictionary of what the tables have, and makes nothing."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def term(self, parameter: int, text: str, /) -> int:
        """The number of a text."""
        return self._connection.execute(_TERM, (parameter, text)).get or UNKNOWN

    def key(self, type_name: str, id_: str, /) -> int:
        """The key of a resource."""
        return self._connection.execute(_KEY, (type_name, id_)).get or UNKNOWN


def erase_after_look(
    connection: apsw.Connection, writing: Writing, type_name: str, ids: Sequence[str], look: LastLook
) -> int:
    """Remove of the resources under those ids what a last look lets go, and write what tells of it."""
    heads = versions.heads(connection, type_name, ids)
    written = (resource for _, resource in lately.written(connection, int(look.since)))
    going = look.decide(type_name, heads, written, str(lately.reached(connection)))
    if going.trail is None:
        return 0
    writing.put(connection, [going.trail])
    return erase(connection, writing, type_name, list(going.ids))


def erase(connection: apsw.Connection, writing: Writing, type_name: str, ids: Sequence[str]) -> int:
    """Remove the resources under those ids; answers how many there were.

    The row of one that others refer to stays: type and id, as these references have them."""
    places: list[tuple[int, str]] = list(connection.execute(_KEYS, (json.dumps(list(dict.fromkeys(ids))), type_name)))
    if not places:
        return 0
    writing.dictionary.forget()
    keys = [key for key, _ in places]
    terms, targets = _had(connection, writing, type_name, places)
    for key in keys:
        forget(connection, key)
        claims.release(connection, key)
        for table in ("document", "history"):
            connection.execute(f"DELETE FROM {table} WHERE key = ?", (key,))
    connection.execute(_CHANGES, (json.dumps(keys),))
    connection.execute(_LAST_CHANGE, (json.dumps(keys),))  # its number stays: no other change may have it
    connection.execute(_GONE, (json.dumps(keys),))
    connection.execute(_UNUSED_TERMS, (json.dumps(list(terms)),))
    connection.execute(_UNUSED_PLACES, (json.dumps([*keys, *targets]),))
    ledger.forget(connection)
    if connection.execute(_SAMPLES).get:
        connection.execute("DELETE FROM sqlite_stat4")  # statistics, with some texts of the indexes as samples
    return len(places)


def erase_unused(connection: apsw.Connection, writing: Writing) -> None:
    """Remove all texts that no resource has any more: those of earlier versions, and of an earlier index."""
    writing.dictionary.forget()
    connection.execute(_ALL_UNUSED_TERMS)


def _had(
    connection: apsw.Connection, writing: Writing, type_name: str, places: Sequence[tuple[int, str]]
) -> tuple[set[int], set[int]]:
    """The terms that any version of the resources had, and what any of them referred to."""
    rows = Rows(writing.scheme, Known(connection))
    terms, targets = set[int](), set[int]()
    for key, id_ in places:
        terms.update(term for (term,) in connection.execute(_TERMS, (key,)))
        targets.update(target for (target,) in connection.execute(_TARGETS, (key,)))
        for text in texts(connection, key):
            if resource := readable(text, type_name, id_):
                rows.find_by(key, resource, writing.index.values(resource))
    terms.update(int(term) for _, _, term in rows.waiting["value"])
    targets.update(int(target) for _, _, target in rows.waiting["link"])
    return terms, targets
