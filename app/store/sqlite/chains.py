"""Filters along references as SQL: what a resource refers to, and what refers to it; pure.

A reference "Type/id" is a row of `link`, so a step is one seek by key in either direction. A reference with this
server's address is a text: `term` gives its id, and the id gives the resource.
"""

# ruff: noqa: S608 - the SQL is composed of names of our own; every value from outside is bound

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.search.algebra import And, Linked, Missing, Not, Or, Referenced
from app.store.sqlite.sql import ALWAYS, NEVER, Sql, every, tree
from app.store.sqlite.texts import starting

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from app.search.algebra import Filter
    from app.store.sqlite.filters import Filters


@dataclass(frozen=True, slots=True)
class Step:
    """From the key of one resource to the `key` of another: the tables to join, and the condition."""

    tables: str
    where: Sql
    key: str


def onward(number: int, type_name: str, prefix: str, key: str, depth: int = 0) -> Step:
    """To what a resource refers to under the parameter of that number, by references that are the prefix and an id."""
    if prefix == f"{type_name}/":
        where = Sql(f"l{depth}.key = {key} AND l{depth}.parameter = {number}")
        return Step(f"link AS l{depth}", where, f"l{depth}.target")
    v, t, r = f"v{depth}", f"t{depth}", f"r{depth}"
    where = every(
        Sql(f"{v}.key = {key} AND {v}.parameter = {number} AND {t}.number = {v}.term"),
        starting(f"{t}.text", prefix),
        Sql(f"{r}.type = ? AND {r}.id = substr({t}.text, ?)", (type_name, len(prefix) + 1)),
    )
    return Step(f"value AS {v} CROSS JOIN term AS {t} CROSS JOIN resource AS {r}", where, f"{r}.key")


def back(number: int, type_name: str, prefix: str, key: str, depth: int = 0) -> Step:
    """To the resources that refer to one of that type, under the parameter of that number."""
    if prefix == f"{type_name}/":
        where = Sql(f"l{depth}.parameter = {number} AND l{depth}.target = {key}")
        return Step(f"link AS l{depth} INDEXED BY link_target", where, f"l{depth}.key")
    r, t, v = f"r{depth}", f"t{depth}", f"v{depth}"
    where = every(
        Sql(f"{r}.key = {key} AND {t}.parameter = {number} AND {t}.text = ? || {r}.id", (prefix,)),
        Sql(f"{v}.parameter = {number} AND {v}.term = {t}.number"),
    )
    tables = f"resource AS {r} CROSS JOIN term AS {t} CROSS JOIN value AS {v} INDEXED BY value_term"
    return Step(tables, where, f"{v}.key")


def in_use(filters: Filters, number: int, type_name: str, prefixes: Iterable[str]) -> list[str]:
    """The prefixes that references under the parameter of that number may begin with: mostly there are only links."""
    spelled = number in filters.scheme.spelled
    return [prefix for prefix in prefixes if spelled or prefix == f"{type_name}/"]


def test(filters: Filters, filter: Linked | Referenced, row: str, depth: int) -> Sql:  # noqa: A002 - the algebra's word
    """The condition that the filter matches the resource whose key is `row`."""
    other = filters.of(filter.type)
    ways = []
    for step in _steps(filters, filter, row, depth):
        there = every(step.where, _current(other, filter, step.key), other.test(filter.filter, step.key, depth + 1))
        ways.append(Sql(f"EXISTS (SELECT 1 FROM {step.tables} WHERE {there.text})", there.values))
    return tree("OR", ways, empty=NEVER)


def keys(filters: Filters, filter: Linked | Referenced) -> list[Sql | None]:  # noqa: A002 - the algebra's word
    """The queries whose keys together are those the filter matches, from the other end of the references."""
    others = filters.of(filter.type).keys(filter.filter)
    if others is None:
        return [None]
    return [_keys(filters, filter, others, step) for step in _steps(filters, filter, "other.key", 0, from_other=True)]


def _keys(filters: Filters, filter: Linked | Referenced, others: Sql, step: Step) -> Sql:  # noqa: A002 - as above
    if isinstance(filter, Linked):
        text = f"SELECT {step.key} AS key FROM ({others.text}) AS other CROSS JOIN {step.tables}"
        return Sql(f"{text} WHERE {step.where.text}", others.values + step.where.values)
    text = f"SELECT target.key FROM ({others.text}) AS other CROSS JOIN {step.tables} CROSS JOIN resource AS target"
    there = Sql(f"target.key = {step.key} AND target.type = ? AND target.live", (filters.type,))
    where = every(step.where, there)
    return Sql(f"{text} WHERE {where.text}", others.values + where.values)


def _steps(
    filters: Filters,
    filter: Linked | Referenced,  # noqa: A002 - the algebra's word
    key: str,
    depth: int,
    *,
    from_other: bool = False,
) -> Iterator[Step]:
    linked = isinstance(filter, Linked)
    referring, target = (filters.type, filter.type) if linked else (filter.type, filters.type)
    number = filters.of(referring).reference(filter.parameter)
    for prefix in in_use(filters, number, target, filter.prefixes):
        step = onward if linked is not from_other else back
        yield step(number, target, prefix, key, depth)


def _current(other: Filters, filter: Linked | Referenced, key: str) -> Sql:  # noqa: A002 - the algebra's word
    """The condition that the resource at the end of a step is there, and of the type; what refers to another is."""
    if not isinstance(filter, Linked) or _implies_presence(filter.filter):
        return ALWAYS
    return Sql(f"EXISTS (SELECT 1 FROM resource AS r WHERE r.key = {key} AND r.type = ? AND r.live)", (other.type,))


def _implies_presence(filter: Filter) -> bool:  # noqa: A002 - the algebra's word
    """Whether a resource that the filter matches is sure to be a current one of the filter's type: it has a value."""
    match filter:
        case And(parts):
            return any(_implies_presence(part) for part in parts)
        case Or(parts):
            return all(_implies_presence(part) for part in parts)
        case Not() | Missing(missing=True) | Referenced():
            return False
    return True
