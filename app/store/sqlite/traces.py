"""Takes what was removed out of the file of a store altogether.

The writing connection overwrites what it removes. What it removed last is in the write-ahead log until that is emptied;
and where SQLite has moved rows from one page to another, copies may be left in the unused part of the first, about one
row in a hundred. Those are gone when the file is rewritten. https://www.sqlite.org/pragma.html#pragma_secure_delete
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import apsw

from app.store.sqlite.failures import in_our_words
from app.store.sqlite.file import open_beside

if TYPE_CHECKING:
    from pathlib import Path


def empty_log(directory: Path) -> bool:
    """Write all of the write-ahead log to the file and empty it; False: somebody else's long reading is in its way."""
    with closing(open_beside(directory)) as connection:
        return _emptied(connection)


def compact(directory: Path) -> bool:
    """Rewrite the file; the answer is that of `empty_log`. Raises StoreFull and StoreUnavailable."""
    with closing(open_beside(directory)) as connection:
        try:
            connection.execute("VACUUM")
            return _emptied(connection)
        except apsw.Error as error:
            raise in_our_words(error) from None


def _emptied(connection: apsw.Connection) -> bool:
    [(busy, _, _)] = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return not busy
