"""What writes change in the tables: the version, the one it replaces, the change log, the search values.

Runs inside a transaction of the caller."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.errors import VersionConflict
from app.fhir.json import decode, encode
from app.store.repository import Stored
from app.store.sqlite.rows import Rows
from app.store.version import instant, same_content, stamped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    import apsw

    from app.fhir.resource import Resource
    from app.search.algebra import Index
    from app.store.repository import Write
    from app.store.sqlite.dictionary import Dictionary
    from app.store.sqlite.scheme import Scheme

_CURRENT = (
    "SELECT row.key, row.version, row.at, row.live, document.text FROM resource AS row LEFT JOIN document USING (key)"
    " WHERE row.type = ? AND row.id = ?"
)
_NEW = "INSERT INTO resource (version, at, author, live, type, id) VALUES (?, ?, ?, 1, ?, ?)"
_NEXT = "UPDATE resource SET version = ?, at = ?, author = ?, live = 1 WHERE key = ?"
_OUTDATE = (
    "INSERT INTO history SELECT key, version, at, author, text FROM resource JOIN document USING (key) WHERE key = ?"
)
_SEARCHED = ("value", "link", "interval", "sort")


@dataclass(frozen=True, slots=True)
class Writing:
    """Writes resources, found later by what the index reads from them."""

    index: Index
    scheme: Scheme
    dictionary: Dictionary
    clock: Callable[[], datetime]

    def put(self, connection: apsw.Connection, writes: Iterable[Write]) -> list[Stored]:
        """Keep each resource as the next version. Raises VersionConflict; the caller then undoes what was done."""
        self.dictionary.begin()
        rows = Rows(self.scheme, self.dictionary)
        try:
            stored = [self._put(connection, rows, write) for write in writes]
            rows.insert(connection)
        except BaseException:
            self.dictionary.forget()
            raise
        return stored

    def find_again(self, connection: apsw.Connection, resources: Sequence[tuple[int, Resource]]) -> None:
        """Set the search values of resources, given with their keys, in place of those that they have."""
        self.dictionary.begin()
        rows = Rows(self.scheme, self.dictionary)
        try:
            for key, resource in resources:
                _forget(connection, key)
                rows.find_by(key, resource, self.index.values(resource))
            rows.insert(connection)
        except BaseException:
            self.dictionary.forget()
            raise

    def _put(self, connection: apsw.Connection, rows: Rows, write: Write) -> Stored:
        place = (write.type, write.id)
        current = connection.execute(_CURRENT, place).fetchone()
        if current and current[0] in rows.keys:  # it comes twice among these writes
            rows.insert(connection)
            current = connection.execute(_CURRENT, place).fetchone()
        key, version, at, live, text = current or (0, 0, "", 0, "")
        if write.expected not in (None, version):
            raise VersionConflict(f"{write.type}/{write.id}", version)
        if text and same_content(stored := decode(text), write.resource):
            return Stored(stored, version, changed=False)
        at = instant(self.clock(), at)
        resource = stamped(write.resource, write.id, version + 1, at)
        if live:
            connection.execute(_OUTDATE, (key,))
            connection.execute("DELETE FROM document WHERE key = ?", (key,))
            _forget(connection, key)
        row = (version + 1, at, write.author)
        if not current:
            connection.execute(_NEW, (*row, *place))
            key = connection.last_insert_rowid()
        else:
            connection.execute(_NEXT, (*row, key))
        rows.keep(key, version + 1, encode(resource).decode())
        rows.find_by(key, resource, self.index.values(resource))
        return Stored(resource, version + 1)


def _forget(connection: apsw.Connection, key: int) -> None:
    """Remove the search values of a resource."""
    for table in _SEARCHED:
        connection.execute(f"DELETE FROM {table} WHERE key = ?", (key,))  # noqa: S608 - names of our own tables
