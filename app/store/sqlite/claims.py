"""The texts that no two current resources have, and who has them. Runs inside a transaction of the caller."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.errors import DuplicateKey

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    import apsw

_HELD: Final = "SELECT text FROM claim WHERE key = ? ORDER BY text"
_CLAIM: Final = "INSERT OR IGNORE INTO claim (text, key) VALUES (?, ?)"
_FREE: Final = "DELETE FROM claim WHERE key = (SELECT key FROM resource WHERE type = ? AND id = ?)"
_HOLDER: Final = "SELECT row.type || '/' || row.id FROM claim JOIN resource AS row USING (key) WHERE claim.text = ?"


def held(connection: apsw.Connection, key: int) -> tuple[str, ...]:
    """The texts that a resource has, in their order."""
    return tuple(text for (text,) in connection.execute(_HELD, (key,)))


def hold(connection: apsw.Connection, key: int, wanted: Collection[str], before: Collection[str] | None = None) -> None:
    """Give a resource these texts and no others; `before` are those that it has, where that is known. Raises
    DuplicateKey; the caller then undoes what was done."""
    before = held(connection, key) if before is None else before
    for text in set(before).difference(wanted):
        connection.execute("DELETE FROM claim WHERE text = ?", (text,))
    for text in dict.fromkeys(wanted):
        if text in before:
            continue
        connection.execute(_CLAIM, (text, key))
        if not connection.changes():
            raise DuplicateKey(str(connection.execute(_HOLDER, (text,)).get))


def free(connection: apsw.Connection, places: Iterable[tuple[str, str]]) -> None:
    """Take all texts from resources that are about to be given theirs: among them any may have that of another."""
    connection.executemany(_FREE, places)


def release(connection: apsw.Connection, key: int) -> None:
    """Take all texts from a resource."""
    connection.execute("DELETE FROM claim WHERE key = ?", (key,))
