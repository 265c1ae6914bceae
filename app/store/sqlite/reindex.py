"""Builds the search values of all resources anew where they are those of another index.

Each batch is one transaction that also notes how far it came: what a killed process has begun the next one finishes,
and two at the same time share the work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.fhir.json import decode
from app.store.sqlite.failures import reindexed

if TYPE_CHECKING:
    import apsw

    from app.store.sqlite.writing import Writing

BATCH: Final = 200
"""So many resources are rebuilt in one transaction, and are in memory at a time."""

INDEX: Final = "index"
REBUILT: Final = "rebuilt"
"""Settings: the version of the index that the search values are of; while they are being rebuilt, the last key done."""


def begin(connection: apsw.Connection, version: str) -> None:
    """Note that the search values are to be those of this version of the index."""
    if _setting(connection, INDEX) != version:
        _set(connection, INDEX, version)
        _set(connection, REBUILT, "0")


def check(connection: apsw.Connection, version: str) -> None:
    """Raise StoreUnavailable if another process keeps the search values of another version."""
    if _setting(connection, INDEX) != version:
        raise reindexed()


def rebuild_batch(connection: apsw.Connection, writing: Writing) -> bool:
    """Rebuild the next batch; whether there was one."""
    check(connection, writing.index.version)
    reached = _setting(connection, REBUILT)
    if reached is None:
        return False
    statement = "SELECT key, text FROM document WHERE key > ? ORDER BY key LIMIT ?"
    batch: list[tuple[int, str]] = list(connection.execute(statement, (int(reached), BATCH)))
    if not batch:
        connection.execute("DELETE FROM setting WHERE name = ?", (REBUILT,))
        return False
    _set(connection, REBUILT, str(batch[-1][0]))
    writing.find_again(connection, [(key, decode(text)) for key, text in batch])
    return True


def _setting(connection: apsw.Connection, name: str) -> str | None:
    value: str | None = connection.execute("SELECT value FROM setting WHERE name = ?", (name,)).get
    return value


def _set(connection: apsw.Connection, name: str, value: str) -> None:
    connection.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, value))
