"""Whether the tables of a file are those of its format. Nothing that is missing may be made anew and be empty: searches
would find nothing, and nobody would be told."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final, TypeAlias

import apsw

from app.store.sqlite.failures import Damaged
from app.store.sqlite.layout import CONTENT, SEARCH

if TYPE_CHECKING:
    from collections.abc import Mapping

Columns: TypeAlias = "Mapping[tuple[str, str], tuple[str, ...]]"
"""("table", its name) or ("index", its name) → its columns in order."""

_COLUMNS: Final = """
SELECT item.type, item.name, part.name FROM sqlite_schema AS item CROSS JOIN pragma_table_info(item.name) AS part
WHERE item.type = 'table' UNION ALL
SELECT item.type, item.name, part.name FROM sqlite_schema AS item CROSS JOIN pragma_index_info(item.name) AS part
WHERE item.type = 'index' AND item.sql IS NOT NULL
"""


def check_tables(connection: apsw.Connection) -> None:
    """Raise Damaged where a table is missing, or where a table or an index has other columns than it should have. An
    index that is missing is no damage: it is made again."""
    found = _columns(connection)
    for item, columns in _expected().items():
        if found.get(item, () if item[0] == "table" else columns) != columns:
            raise Damaged


@cache
def _expected() -> Columns:
    connection = apsw.Connection(":memory:")
    connection.execute(f"{CONTENT} {SEARCH}")
    columns = _columns(connection)
    connection.close()
    return columns


def _columns(connection: apsw.Connection) -> Columns:
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for kind, name, column in connection.execute(_COLUMNS):
        found[kind, name] = (*found.get((kind, name), ()), column)
    return found
