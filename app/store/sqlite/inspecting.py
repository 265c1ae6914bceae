"""Looks through resources: are they readable, found by what the index reads from them, is their history whole."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from app.store.repository import Flaw
from app.store.sqlite import claims
from app.store.sqlite.documents import readable, texts
from app.store.sqlite.rows import Rows
from app.store.sqlite.writing import forget

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import apsw

    from app.fhir.resource import Resource
    from app.store.sqlite.documents import Text
    from app.store.sqlite.writing import Writing

Problem: TypeAlias = Literal["unreadable", "search-values", "history", "keys"]

_NEXT: Final = (
    "SELECT key, id, live FROM resource INDEXED BY resource_id"
    " WHERE type = ? AND id > ? AND version > 0 ORDER BY id LIMIT ?"
)
_THESE: Final = (
    "SELECT row.key, row.id, row.live FROM json_each(?) AS wanted"
    " CROSS JOIN resource AS row INDEXED BY resource_id ON row.type = ? AND row.id = wanted.value WHERE row.version > 0"
)
_FOUND: Final = {
    "value": (
        "SELECT v.key, v.parameter, t.text FROM value AS v CROSS JOIN term AS t"
        " ON t.number = v.term AND t.parameter = v.parameter WHERE v.key = ?"
    ),
    "link": (
        "SELECT v.key, v.parameter, r.type || '/' || r.id FROM link AS v CROSS JOIN resource AS r"
        " ON r.key = v.target WHERE v.key = ?"
    ),
    "interval": "SELECT key, parameter, lo, hi, shared FROM interval WHERE key = ?",
    "sort": "SELECT key, parameter, text FROM sort WHERE key = ?",
}
_NOTED: Final = {
    "span": "SELECT parameter, shared FROM span",
    "several": "SELECT parameter FROM several",
    "spelled": "SELECT parameter FROM spelled",
}
"""What searches know of a parameter, beside the values."""


class Spelled:
    """A dictionary by which rows have texts as they are."""

    def term(self, _parameter: int, text: str, /) -> str:
        """The text itself."""
        return text

    def key(self, type_name: str, id_: str, /) -> str:
        """The reference."""
        return f"{type_name}/{id_}"


def inspect(
    connection: apsw.Connection, writing: Writing, type_name: str, after: str, count: int
) -> tuple[str | None, list[Flaw]]:
    """The last of the next ids, None where there are no more, and what is wrong with these resources."""
    rows = list(connection.execute(_NEXT, (type_name, after, count)))
    inspection = Inspection(connection, writing, type_name)
    flaws = [Flaw(type_name, row[1], problem) for row in rows for problem in inspection.problems(*row)]
    return (rows[-1][1] if rows else None), flaws


def repair(connection: apsw.Connection, writing: Writing, type_name: str, ids: Iterable[str]) -> None:
    """Make the search values of resources anew. One that is deleted has none, and no keys; one that cannot be read
    keeps what it has."""
    writing.dictionary.forget()
    found_again = []
    these: list[tuple[int, str, int]] = list(connection.execute(_THESE, (json.dumps(list(ids)), type_name)))
    for key, id_, live in these:
        if not live:
            forget(connection, key)
            claims.release(connection, key)
        elif resource := readable(texts(connection, key)[-1], type_name, id_):
            found_again.append((key, resource))
    writing.find_again(connection, found_again)


class Inspection:
    """Looks for what is wrong with resources of a type, in one state of the tables."""

    def __init__(self, connection: apsw.Connection, writing: Writing, type_name: str) -> None:
        self._connection = connection
        self._index = writing.index
        self._scheme = writing.scheme
        self._type = type_name
        self._numbers = frozenset(writing.scheme.numbers[type_name].values())
        self._noted = {table: set(connection.execute(statement)) for table, statement in _NOTED.items()}

    def problems(self, key: int, id_: str, live: int) -> Iterator[Problem]:
        """What is wrong with a resource."""
        versions = texts(self._connection, key)
        resources = [
            readable(each, self._type, id_) for each in versions if each.text or (live and each is versions[-1])
        ]
        if None in resources:
            yield "unreadable"
        if not _is_whole(versions) or bool(versions[-1].text) > live:
            yield "history"
        if not live and claims.held(self._connection, key):
            yield "keys"
        current = resources[-1] if live else {}
        if current is not None and not self._is_found(key, current):
            yield "search-values"

    def _is_found(self, key: int, resource: Resource) -> bool:
        """Whether the search values are those that the index reads, and searches know of all that they have to; values
        of parameters that the index does not have are stale, not wrong."""
        wanted = Rows(self._scheme, Spelled())
        if resource:
            wanted.find_by(key, resource, self._index.values(resource))
        return all(set(wanted.waiting[table]) <= noted for table, noted in self._noted.items()) and all(
            set(wanted.waiting[table])
            == {row for row in self._connection.execute(statement, (key,)) if row[1] in self._numbers}
            for table, statement in _FOUND.items()
        )


def _is_whole(versions: Sequence[Text]) -> bool:
    """Whether the versions are counted from 1 without a gap, and none is earlier than the one before it."""
    numbered = [each.version for each in versions] == list(range(1, len(versions) + 1))
    return numbered and all(one.at <= other.at for one, other in pairwise(versions))
