"""Keeps whole histories as they were read from another store. Runs inside a transaction of the caller."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.fhir.json import encode
from app.store.sqlite import claims, versions
from app.store.sqlite.writing import forget

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import apsw

    from app.store.repository import Version
    from app.store.sqlite.rows import Rows
    from app.store.sqlite.writing import Writing

_KEY: Final = "SELECT key FROM resource WHERE type = ? AND id = ?"
_NEW: Final = "INSERT INTO resource (type, id, version, at, author, live) VALUES (?, ?, 0, '', '', 0)"
_HEAD: Final = "UPDATE resource SET version = ?, at = ?, author = ?, live = ? WHERE key = ?"
_EARLIER: Final = "INSERT INTO history (key, version, at, author, text) VALUES (?, ?, ?, ?, ?)"


def restore(connection: apsw.Connection, writing: Writing, histories: Iterable[Sequence[Version]]) -> int:
    """Put each history in place of what is kept under its id; how many were not there already in the same words."""
    restored = 0
    with writing.gathering(connection) as rows:
        for history in histories:
            texts = [encode(version.resource).decode() if version.resource is not None else "" for version in history]
            if history and not _is_there(connection, history, texts):
                _put(connection, writing, rows, history, texts)
                rows.insert(connection)  # what comes twice is compared with what is in the tables
                restored += 1
    return restored


def _is_there(connection: apsw.Connection, history: Sequence[Version], texts: Sequence[str]) -> bool:
    last = history[-1]
    key = _key(connection, last)
    if key is None:
        return False
    wanted = [(each.version, each.at, each.author, text) for each, text in zip(history, texts, strict=True)]
    there = [row[:4] for row in versions.kept(connection, key)]
    return wanted == there and claims.held(connection, key) == tuple(sorted(set(last.keys)))


def _put(
    connection: apsw.Connection, writing: Writing, rows: Rows, history: Sequence[Version], texts: Sequence[str]
) -> None:
    *earlier, last = history
    key = _key(connection, last)
    if key is None:
        connection.execute(_NEW, (last.type, last.id))
        key = connection.last_insert_rowid()
    for table in ("document", "history"):
        connection.execute(f"DELETE FROM {table} WHERE key = ?", (key,))  # noqa: S608 - names of our own tables
    forget(connection, key)
    connection.executemany(
        _EARLIER, [(key, each.version, each.at, each.author, text) for each, text in zip(earlier, texts, strict=False)]
    )
    connection.execute(_HEAD, (last.version, last.at, last.author, last.resource is not None, key))
    claims.hold(connection, key, last.keys)
    if last.resource is None:
        rows.note(key, last.version)
    else:
        rows.keep(key, last.version, texts[-1])
        rows.find_by(key, last.resource, writing.index.values(last.resource))


def _key(connection: apsw.Connection, version: Version) -> int | None:
    key: int | None = connection.execute(_KEY, (version.type, version.id)).get
    return key
