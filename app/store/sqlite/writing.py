"""What one write changes in the tables: the version, the one it replaces, the change log, the search values.

Runs inside a transaction of the caller."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.errors import VersionConflict
from app.fhir.json import decode, encode
from app.search.algebra import LAST_UPDATED
from app.store.repository import Stored
from app.store.sqlite.intervals import shared
from app.store.version import instant, same_content, stamped

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    import apsw

    from app.fhir.resource import Resource
    from app.search.algebra import Index
    from app.store.repository import Write


@dataclass(frozen=True, slots=True)
class Writing:
    """Writes resources, found later by what the index reads from them.

    `numbers`: resource type → parameter → its number in the tables."""

    index: Index
    numbers: Mapping[str, Mapping[str, int]]
    clock: Callable[[], datetime]

    def put(self, connection: apsw.Connection, write: Write) -> Stored:
        """Keep a resource as the next version. Raises VersionConflict; the caller then undoes what was done."""
        current = connection.execute(
            "SELECT row.key, row.version, row.at, document.text FROM resource AS row JOIN document USING (key)"
            " WHERE row.type = ? AND row.id = ?",
            (write.type, write.id),
        ).fetchone()
        key, version, at, text = current or (None, 0, "", "")
        if write.expected not in (None, version):
            raise VersionConflict(f"{write.type}/{write.id}", version)
        if text and same_content(stored := decode(text), write.resource):
            return Stored(stored, version, changed=False)
        at = instant(self.clock(), at)
        resource = stamped(write.resource, write.id, version + 1, at)
        row = (version + 1, at, write.author)
        key = self._insert(connection, write, row) if key is None else self._replace(connection, key, row)
        connection.execute("INSERT INTO document VALUES (?, ?)", (key, encode(resource).decode()))
        connection.execute("INSERT INTO change (key, version) VALUES (?, ?)", (key, version + 1))
        self.find_by(connection, key, resource)
        return Stored(resource, version + 1)

    def find_by(self, connection: apsw.Connection, key: int, resource: Resource) -> None:
        """Set the search values of a resource; it has none so far."""
        numbers = self.numbers[resource["resourceType"]]
        found = self.index.values(resource)
        connection.executemany(
            "INSERT INTO value VALUES (?, ?, ?)",
            [(key, numbers[name], text) for name, texts in found.values.items() for text in texts],
        )
        for name, pairs in found.intervals.items():
            self._add_intervals(connection, key, numbers[name], pairs)
        sort = {**found.sort, LAST_UPDATED: resource["meta"]["lastUpdated"]}
        connection.executemany(
            "INSERT INTO sort VALUES (?, ?, ?)", [(key, numbers[name], text) for name, text in sort.items()]
        )

    def _add_intervals(
        self, connection: apsw.Connection, key: int, number: int, pairs: Sequence[tuple[str, str]]
    ) -> None:
        rows = [(key, number, lo, hi, shared(lo, hi)) for lo, hi in pairs]
        connection.executemany("INSERT INTO interval VALUES (?, ?, ?, ?, ?)", rows)
        connection.executemany("INSERT OR IGNORE INTO span VALUES (?, ?)", [(number, row[4]) for row in rows])
        if len(rows) > 1:
            connection.execute("INSERT OR IGNORE INTO several VALUES (?)", (number,))

    def _insert(self, connection: apsw.Connection, write: Write, row: tuple[int, str, str]) -> int:
        connection.execute(
            "INSERT INTO resource (type, id, version, at, author) VALUES (?, ?, ?, ?, ?)",
            (write.type, write.id, *row),
        )
        return connection.last_insert_rowid()

    def _replace(self, connection: apsw.Connection, key: int, row: tuple[int, str, str]) -> int:
        connection.execute(
            "INSERT INTO history SELECT key, version, at, author, text FROM resource JOIN document USING (key)"
            " WHERE key = ?",
            (key,),
        )
        connection.execute("UPDATE resource SET version = ?, at = ?, author = ? WHERE key = ?", (*row, key))
        connection.execute("DELETE FROM document WHERE key = ?", (key,))
        forget(connection, key)
        return key


def forget(connection: apsw.Connection, key: int) -> None:
    """Remove the search values of a resource."""
    for table in ("value", "interval", "sort"):
        connection.execute(f"DELETE FROM {table} WHERE key = ?", (key,))  # noqa: S608 - names of our own tables
