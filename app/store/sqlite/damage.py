"""Whether the tables of a file are those of its format, and whole. Nothing that is missing may be made anew and be
empty: searches would find nothing, and nobody would be told."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final, TypeAlias

import apsw

from app.store.sqlite.failures import Damaged
from app.store.sqlite.layout import CONTENT, SEARCH

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Columns: TypeAlias = "Mapping[tuple[str, str], tuple[str, ...]]"
"""("table", its name) or ("index", its name) → its columns in order."""

_COLUMNS: Final = """
SELECT item.type, item.name, part.name FROM sqlite_schema AS item CROSS JOIN pragma_table_info(item.name) AS part
WHERE item.type = 'table' UNION ALL
SELECT item.type, item.name, part.name FROM sqlite_schema AS item CROSS JOIN pragma_index_info(item.name) AS part
WHERE item.type = 'index' AND item.sql IS NOT NULL
"""


_OF: Final = {
    "resource.live": ("document", "value", "link", "interval", "sort"),
    "resource.version > 0": ("history", "change", "claim"),
}
"""What a row of `resource` has to be like → the tables with rows of such ones only, or of none: key 0."""

_STRAYS: Final = (
    "SELECT count(*) FROM {table} WHERE key <> 0 AND NOT EXISTS"
    " (SELECT 1 FROM resource WHERE resource.key = {table}.key AND {condition})"
)


def check_tables(connection: apsw.Connection) -> None:
    """Raise Damaged where a table is missing, or where a table or an index has other columns than it should have. An
    index that is missing is no damage: it is made again."""
    found = _columns(connection)
    for item, columns in _expected().items():
        if found.get(item, () if item[0] == "table" else columns) != columns:
            raise Damaged


def findings(connection: apsw.Connection) -> list[str]:
    """What SQLite finds wrong with a file, and rows that belong to no resource."""
    try:
        return said(connection) or list(_strays(connection))
    except (apsw.CorruptError, apsw.NotADBError) as error:
        return [str(error)]


def said(connection: apsw.Connection) -> list[str]:
    """What SQLite finds wrong with a file, in its words, which tell no values.

    https://www.sqlite.org/pragma.html#pragma_integrity_check"""
    try:
        return [text for (text,) in connection.execute("PRAGMA integrity_check") if text != "ok"]
    except (apsw.CorruptError, apsw.NotADBError) as error:
        return [str(error)]


def _strays(connection: apsw.Connection) -> Iterator[str]:
    for condition, tables in _OF.items():
        for table in tables:
            if number := connection.execute(_STRAYS.format(table=table, condition=condition)).get:
                yield f"{number} row(s) of {table} belong to no such resource"


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
