"""The SQL that reads one segment of a sorted list; pure.

A segment is read in one of two ways. Driven: find what matches through an index of the filter, then sort it. Walked:
follow the index of the first sort key, test each row, stop when the page is full.
"""

# ruff: noqa: S608 - the SQL is composed of names of our own; every value from outside is bound

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.search.algebra import ID, SortKey
from app.store.keyset import Beyond, Equal, Present, may_lack
from app.store.sqlite.sql import ALWAYS, Sql, every

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.store.keyset import Condition, Segment
    from app.store.sqlite.filters import Filters


@dataclass(frozen=True, slots=True)
class Source:
    """Where rows come from: a FROM clause with a `row`, what WHERE must say of it, and the columns of sort keys."""

    tables: Sql
    where: Sql
    columns: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Pages:
    """Reads the resources of one type in the order of `keys` (from `keyset.complete`).

    A result has the resource's key and then its value under each sort key, of which the last is the id."""

    filters: Filters
    keys: tuple[SortKey, ...]

    def driven(self, segment: Segment, found: Sql, tests: Sql, *, backwards: bool, limit: int) -> Sql:
        """The rows of a segment among the resources whose keys a query finds."""
        tables = f"(SELECT DISTINCT key FROM ({found.text})) AS found CROSS JOIN resource AS row ON row.key = found.key"
        source = Source(Sql(tables, found.values), ALWAYS, {ID: "row.id"})
        return self._select(source, segment, tests, backwards=backwards, limit=limit)

    def walked(self, segment: Segment, tests: Sql, *, backwards: bool, limit: int) -> Sql:
        """The rows of a segment along the index of the first key in which they differ."""
        first = segment.order[0].parameter
        if first == ID:
            of_type = Sql("row.type = ? AND row.live", (self.filters.type,))
            source = Source(Sql("resource AS row INDEXED BY resource_id"), of_type, {ID: "row.id"})
        else:
            of_key = Sql(f"row.parameter = {self.filters.numbers[first]}")
            tables = "sort AS row INDEXED BY sort_text CROSS JOIN resource ON resource.key = row.key"
            source = Source(Sql(tables), of_key, {first: "row.text", ID: "resource.id"})
        return self._select(source, segment, tests, backwards=backwards, limit=limit)

    def next_text(self, segment: Segment) -> Sql:
        """The first text of a walked segment under the first key in which its rows differ, whatever else they meet."""
        first = segment.order[0]
        columns = {first.parameter: "text"}
        where = every(
            Sql(f"parameter = {self.filters.numbers[first.parameter]}"),
            *(_condition(each, columns) for each in segment.conditions if each.parameter == first.parameter),
        )
        order = _ordered(first, columns, lacking=False, backwards=False)
        return Sql(
            f"SELECT text FROM sort INDEXED BY sort_text WHERE {where.text} ORDER BY {order} LIMIT 1", where.values
        )

    def _select(self, source: Source, segment: Segment, tests: Sql, *, backwards: bool, limit: int) -> Sql:
        source = self._with_sort_values(source)
        conditions = [_condition(condition, source.columns) for condition in segment.conditions]
        where = every(source.where, *conditions, tests)
        columns = ", ".join(source.columns[key.parameter] for key in self.keys)
        known = {condition.parameter for condition in segment.conditions}
        order = ", ".join(
            _ordered(key, source.columns, lacking=may_lack(key) and key.parameter not in known, backwards=backwards)
            for key in segment.order
        )
        return Sql(
            f"SELECT row.key, {columns} FROM {source.tables.text} WHERE {where.text} ORDER BY {order} LIMIT ?",
            (*source.tables.values, *where.values, limit),
        )

    def _with_sort_values(self, source: Source) -> Source:
        missing = [key.parameter for key in self.keys if key.parameter not in source.columns]
        numbers = self.filters.numbers
        joins = "".join(
            f" LEFT JOIN sort AS s{place} ON s{place}.key = row.key AND s{place}.parameter = {numbers[name]}"
            for place, name in enumerate(missing)
        )
        texts = {name: f"s{place}.text" for place, name in enumerate(missing)}
        return Source(Sql(source.tables.text + joins, source.tables.values), source.where, {**source.columns, **texts})


def _condition(condition: Condition, columns: Mapping[str, str]) -> Sql:
    column = columns[condition.parameter]
    match condition:
        case Present():
            return Sql(f"{column} IS NOT NULL")
        case Equal(_, value):
            return Sql(f"{column} IS NULL") if value is None else Sql(f"{column} = ?", (value,))
        case Beyond(_, value, descending):
            return Sql(f"{column} {'<' if descending else '>'} ?", (value,))


def _ordered(key: SortKey, columns: Mapping[str, str], *, lacking: bool, backwards: bool) -> str:
    """A key's part of ORDER BY; rows that may be `lacking` a value come last, or first when walked backwards."""
    column = columns[key.parameter]
    term = f"{column} DESC" if key.descending else column
    return f"{column} IS {'NOT ' if backwards else ''}NULL, {term}" if lacking else term
