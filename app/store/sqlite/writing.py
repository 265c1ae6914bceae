"""What writes change in the tables: the version, the one it replaces, the change log, the search values.

Runs inside a transaction of the caller."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from app.errors import VersionConflict
from app.fhir.json import decode, encode
from app.store.repository import Stored
from app.store.sqlite import claims
from app.store.sqlite.rows import Rows
from app.store.version import instant, same_content, stamped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
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
_NEW = "INSERT INTO resource (version, at, author, live, type, id) VALUES (?, ?, ?, ?, ?, ?)"
_NEXT = "UPDATE resource SET version = ?, at = ?, author = ?, live = ? WHERE key = ?"
_OUTDATE = (
    "INSERT INTO history SELECT key, version, at, author, ifnull(text, '') FROM resource LEFT JOIN document USING (key)"
    " WHERE key = ?"
)
GATHERED: Final = 1_000
"""Resources whose rows are in memory at most."""

_SEARCHED = ("value", "link", "interval", "sort")


class Current(NamedTuple):
    """What the tables have under an id: the key is 0 where they have nothing, the version where it is only referred to;
    the text is that of a live one."""

    key: int = 0
    version: int = 0
    at: str = ""
    live: int = 0
    text: str | None = None


NONE: Final = Current()


@dataclass(frozen=True, slots=True)
class Writing:
    """Writes resources, found later by what the index reads from them."""

    index: Index
    scheme: Scheme
    dictionary: Dictionary
    clock: Callable[[], datetime]

    def put(self, connection: apsw.Connection, writes: Sequence[Write], *, together: bool = False) -> list[Stored]:
        """Keep each resource as the next version; of those that are kept together, one may have the key of another
        before that one lost it. Raises VersionConflict, DuplicateKey; the caller then undoes what was done."""
        if together:
            claims.free(connection, ((write.type, write.id) for write in writes if write.expected != 0))
        with self.gathering(connection) as rows:
            stored = []
            for write in writes:
                stored.append(self._put(connection, rows, write))
                if len(rows.keys) >= GATHERED:
                    rows.insert(connection)
            return stored

    def find_again(self, connection: apsw.Connection, resources: Sequence[tuple[int, Resource]]) -> None:
        """Set the search values of resources, given with their keys, in place of those that they have."""
        with self.gathering(connection) as rows:
            for key, resource in resources:
                forget(connection, key)
                rows.find_by(key, resource, self.index.values(resource))

    @contextmanager
    def gathering(self, connection: apsw.Connection) -> Iterator[Rows]:
        """Rows that are inserted in the end. Where that fails, nothing is remembered of what will be taken back."""
        self.dictionary.begin()
        rows = Rows(self.scheme, self.dictionary)
        try:
            yield rows
            rows.insert(connection)
        except BaseException:
            self.dictionary.forget()
            raise

    def _put(self, connection: apsw.Connection, rows: Rows, write: Write) -> Stored:
        current = _current(connection, rows, (write.type, write.id))
        if write.expected not in (None, current.version) and (current.live or write.expected):
            raise VersionConflict(f"{write.type}/{write.id}", current.version)
        if write.resource is None:
            return self._delete(connection, rows, current, write.author)
        if current.text and same_content(stored := decode(current.text), write.resource):
            claims.hold(connection, current.key, write.keys)
            return Stored(stored, current.version, changed=False)
        version, at = current.version + 1, instant(self.clock(), current.at)
        resource = stamped(write.resource, write.id, version, at)
        if current.version:
            outdate(connection, current.key)
        key = _advance(connection, current.key, (version, at, write.author, 1), (write.type, write.id))
        if write.keys or current.live:
            claims.hold(connection, key, write.keys, before=None if current.version else ())
        rows.keep(key, version, encode(resource).decode())
        rows.find_by(key, resource, self.index.values(resource))
        return Stored(resource, version)

    def _delete(self, connection: apsw.Connection, rows: Rows, current: Current, author: str) -> Stored:
        if not current.live:
            return Stored(None, current.version, changed=False)
        version = current.version + 1
        outdate(connection, current.key)
        connection.execute(_NEXT, (version, instant(self.clock(), current.at), author, 0, current.key))
        claims.release(connection, current.key)
        rows.note(current.key, version)
        return Stored(None, version)


def _current(connection: apsw.Connection, rows: Rows, place: tuple[str, str]) -> Current:
    row = connection.execute(_CURRENT, place).fetchone()
    if row and row[0] in rows.keys:  # it comes twice among these writes
        rows.insert(connection)
        row = connection.execute(_CURRENT, place).fetchone()
    return Current(*row) if row else NONE


def _advance(connection: apsw.Connection, key: int, row: tuple[int, str, str, int], place: tuple[str, str]) -> int:
    """Note version, time, author and whether it is live; answers the key, which is new if it was 0."""
    if key:
        connection.execute(_NEXT, (*row, key))
        return key
    connection.execute(_NEW, (*row, *place))
    return connection.last_insert_rowid()


def outdate(connection: apsw.Connection, key: int) -> None:
    """Move the current version of a resource to the history, and take it out of searches."""
    connection.execute(_OUTDATE, (key,))
    connection.execute("DELETE FROM document WHERE key = ?", (key,))
    forget(connection, key)


def forget(connection: apsw.Connection, key: int) -> None:
    """Remove the search values of a resource."""
    for table in _SEARCHED:
        connection.execute(f"DELETE FROM {table} WHERE key = ?", (key,))  # noqa: S608 - names of our own tables
