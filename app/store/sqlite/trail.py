"""The trail of use: its events are in a file of their own beside the resources', so that it may be kept longer or
shorter, and is written while a long transaction keeps the other file.

Ids of events begin with their time, so that their order is that of time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import apsw

from app.fhir.json import decode, encode
from app.store.repository import Event
from app.store.sqlite.failures import unusable
from app.store.sqlite.file import claim, use_write_ahead_log, wait
from app.store.sqlite.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FILE: Final = "audit.sqlite3"

_TABLE: Final = "CREATE TABLE IF NOT EXISTS event (id TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT"
_SETTINGS: Final = "PRAGMA synchronous = FULL; PRAGMA secure_delete = ON"
_KEEP: Final = "INSERT OR IGNORE INTO event (id, text) VALUES (?, ?)"
_AFTER: Final = "SELECT id, text FROM event WHERE id > ? ORDER BY id LIMIT ?"
_FORGET: Final = "DELETE FROM event WHERE id < ?"


class Trail:
    """The file of events in a directory; None: in memory. It is made with the first event."""

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory
        self._writer: Writer | None = None

    async def keep(self, events: Sequence[Event]) -> None:
        """As `Repository.keep_events`."""
        rows = [(event.id, encode(event.resource).decode()) for event in events]
        await self._opened().run(lambda connection: connection.executemany(_KEEP, rows))

    async def after(self, id: str, count: int) -> list[Event]:  # noqa: A002 - FHIR's word
        """As `Repository.events`."""
        found = await self._opened().run(lambda connection: connection.execute(_AFTER, (id, count)).fetchall())
        return [Event(str(id_), decode(str(text))) for id_, text in found]

    async def forget(self, before: str) -> int:
        """As `Repository.forget_events`."""

        def work(connection: apsw.Connection) -> int:
            connection.execute(_FORGET, (before,))
            return connection.changes()

        return await self._opened().run(work)

    async def close(self) -> None:
        """Finish what is being kept."""
        if self._writer:
            await self._writer.close()
            self._writer = None

    def _opened(self) -> Writer:
        if self._writer is None:
            self._writer = Writer(_connection(self._directory))
        return self._writer


def _connection(directory: Path | None) -> apsw.Connection:
    if directory is None:
        connection = apsw.Connection(":memory:")
        connection.execute(_TABLE)
        return connection
    path = directory / FILE
    try:
        claim(path)
        connection = apsw.Connection(str(path))
    except (OSError, apsw.Error) as error:
        raise unusable(path, error) from None
    try:
        connection.set_busy_handler(wait)
        use_write_ahead_log(connection)
        list(connection.execute(_SETTINGS))
        connection.execute(_TABLE)
    except apsw.Error as error:
        connection.close()
        raise unusable(path, error) from None
    return connection
