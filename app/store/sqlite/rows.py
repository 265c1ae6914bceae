"""Rows for the tables, gathered and inserted together: one statement for many rows costs a fraction of many."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final, Protocol

from app.search.algebra import LAST_UPDATED
from app.store.sqlite.intervals import shared
from app.store.sqlite.scheme import place_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import apsw

    from app.fhir.resource import Resource
    from app.search.algebra import SearchValues
    from app.store.sqlite.scheme import Scheme

_INSERT: Final = {
    "document": "INSERT INTO document VALUES (?, ?)",
    "change": "INSERT INTO change (key, version) VALUES (?, ?)",
    "value": "INSERT INTO value VALUES (?, ?, ?)",
    "link": "INSERT INTO link VALUES (?, ?, ?)",
    "interval": "INSERT INTO interval VALUES (?, ?, ?, ?, ?)",
    "span": "INSERT OR IGNORE INTO span VALUES (?, ?)",
    "several": "INSERT OR IGNORE INTO several VALUES (?)",
    "spelled": "INSERT OR IGNORE INTO spelled VALUES (?)",
    "sort": "INSERT INTO sort VALUES (?, ?, ?)",
}


class Dictionary(Protocol):
    """What the rows have in place of a text under a parameter, and of the type and id of a resource."""

    def term(self, parameter: int, text: str, /) -> int | str:
        """What stands for a text."""

    def key(self, type_name: str, id_: str, /) -> int | str:
        """What stands for a resource."""


class Rows:
    """What is to be inserted for some resources, whose `keys` have no rows of search values in the tables.

    `waiting`: table → the rows that are gathered for it."""

    def __init__(self, scheme: Scheme, dictionary: Dictionary) -> None:
        self._scheme = scheme
        self._dictionary = dictionary
        self.waiting: dict[str, list[tuple[int | str, ...]]] = {table: [] for table in _INSERT}
        self._spans: set[tuple[int, int]] = set()
        self._noted: set[tuple[str, int]] = set()
        self.keys: set[int] = set()

    def keep(self, key: int, version: int, text: str) -> None:
        """A resource has this JSON text from this version on."""
        self.keys.add(key)
        self.waiting["document"].append((key, text))
        self.note(key, version)

    def note(self, key: int, version: int) -> None:
        """A resource has changed to this version."""
        self.waiting["change"].append((key, version))

    def find_by(self, key: int, resource: Resource, found: SearchValues) -> None:
        """A resource is found by these values."""
        type_name = resource["resourceType"]
        numbers, parameters = self._scheme.numbers[type_name], self._scheme.parameters[type_name]
        term, waiting = self._dictionary.term, self.waiting["value"]
        for name, texts in found.values.items():
            number = numbers[name]
            if parameters[name].kind == "reference":
                self._add_references(key, number, texts)
            else:
                for text in texts:
                    waiting.append((key, number, term(number, text)))
        for name, pairs in found.intervals.items():
            self._add_intervals(key, numbers[name], pairs)
        sort = chain(found.sort.items(), ((LAST_UPDATED, resource["meta"]["lastUpdated"]),))
        self.waiting["sort"] += [(key, numbers[name], text) for name, text in sort]

    def insert(self, connection: apsw.Connection) -> None:
        """Insert what is gathered, and begin anew."""
        for table, rows in self.waiting.items():
            if rows:
                connection.executemany(_INSERT[table], rows)
                rows.clear()
        self.keys.clear()

    def _add_references(self, key: int, number: int, texts: Sequence[str]) -> None:
        for text in texts:
            if place := place_of(text, self._scheme.parameters):
                self.waiting["link"].append((key, number, self._dictionary.key(*place)))
            else:
                self.waiting["value"].append((key, number, self._dictionary.term(number, text)))
                self._note("spelled", number)
        if len(texts) > 1:
            self._note("several", number)

    def _add_intervals(self, key: int, number: int, pairs: Sequence[tuple[str, str]]) -> None:
        for lo, hi in pairs:
            span = (number, shared(lo, hi))
            self.waiting["interval"].append((key, number, lo, hi, span[1]))
            if span not in self._spans:
                self._spans.add(span)
                self.waiting["span"].append(span)
        if len(pairs) > 1:
            self._note("several", number)

    def _note(self, table: str, number: int) -> None:
        if (table, number) not in self._noted:
            self._noted.add((table, number))
            self.waiting[table].append((number,))
