"""Numbers for texts and keys for resources, given once and found again; for the writing thread."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import apsw

REMEMBERED: Final = 32_768
"""So many terms and so many keys are known without asking the tables."""

_NEW_TERM: Final = "INSERT OR IGNORE INTO term (parameter, text) VALUES (?, ?)"
_TERM: Final = "SELECT number FROM term WHERE parameter = ? AND text = ?"
_NEW_KEY: Final = "INSERT INTO resource (type, id, version, at, author, live) VALUES (?, ?, 0, '', '', 0)"
_KEY: Final = "SELECT key FROM resource WHERE type = ? AND id = ?"


class Dictionary:
    """Terms and keys as the tables have them, made where they are missing.

    What it remembers is what this connection has read or written since the last change by another one, and since the
    last transaction that was taken back: `term` and `key` give numbers that are in the tables now."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._state = -1
        self.term = lru_cache(REMEMBERED)(self._term)
        self.key = lru_cache(REMEMBERED)(self._key)
        connection.set_rollback_hook(self.forget)

    def begin(self) -> None:
        """To be called in a transaction, before its first `term` or `key`."""
        state = self._connection.execute("PRAGMA data_version").get
        if state != self._state:
            self._state = state
            self.forget()

    def forget(self) -> None:
        """Remember nothing: what was made may have been taken back."""
        self.term.cache_clear()
        self.key.cache_clear()

    def _term(self, parameter: int, text: str) -> int:
        """The number of a text under a parameter; most that are not remembered are new."""
        self._connection.execute(_NEW_TERM, (parameter, text))
        if self._connection.changes():
            return self._connection.last_insert_rowid()
        number: int = self._connection.execute(_TERM, (parameter, text)).get
        return number

    def _key(self, type_name: str, id_: str) -> int:
        """The key of a resource, which need not be there yet, but mostly is."""
        key: int | None = self._connection.execute(_KEY, (type_name, id_)).get
        if key is None:
            self._connection.execute(_NEW_KEY, (type_name, id_))
            key = self._connection.last_insert_rowid()
        return key
