"""Makes room in a file of an earlier format for the present tables: what is rebuilt from the documents goes, if it has
another form now.

Resources, history and changes stay as they are. It is part of one transaction with the making of the new tables, which
are empty at first; `reindex` fills those of searches. Format 3 only adds to format 2: claims, the ledger, and deleted
resources, which are rows of the same tables. So nothing is to be rewritten, however large the file is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import apsw

_OF_1: Final = """
ALTER TABLE resource ADD COLUMN live INTEGER NOT NULL DEFAULT 1;
DROP INDEX resource_type;
DROP TABLE value;
DROP TABLE interval;
DROP TABLE span;
DROP TABLE several;
DROP TABLE sort;
DELETE FROM setting; -- with the version of the index, so that the search values count as outdated
"""
_CLEARING: Final = {1: _OF_1}
"""Format of a file → what is to be done ahead of making the present tables."""


def clear_earlier_format(connection: apsw.Connection) -> None:
    """Take away what the present format has not. Runs inside a transaction of the caller."""
    connection.execute(_CLEARING.get(connection.pragma("user_version"), ""))
