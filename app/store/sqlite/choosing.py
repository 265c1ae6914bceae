"""Chooses how a search is read, by asking the indexes how much each condition matches."""

# ruff: noqa: S608 - the SQL is composed of names of our own; every value from outside is bound

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING, Final

import apsw

from app.search.algebra import And, Not, Or
from app.store.sqlite.immediate import Impatient
from app.store.sqlite.sql import ALWAYS, Sql

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.search.algebra import Filter
    from app.store.sqlite.filters import Filters

COUNT: Final = 60_000
"""Steps of SQLite's virtual machine (some 10 ms) after which a condition counts as one with too many matches."""

FEW: Final = 3_000
GROWTH: Final = 8
"""Where the best condition has to be known, all are counted up to so many matches, then up to 8 times as many, …"""


@dataclass(frozen=True, slots=True)
class Driver:
    """A query for keys, and the tests that are left for what it finds."""

    keys: Sql
    tests: Sql


class Exhausted(Exception):
    """A statement needs more steps than it was given."""


def cheapest(
    connection: apsw.Connection,
    filters: Filters,
    filter: Filter,  # noqa: A002 - the algebra's word
    at_most: int,
) -> Driver | None:
    """The condition with the fewest matches, of those that an index finds; None if all have more than `at_most`."""
    best, fewest = None, at_most + 1
    for driver in drivers(measuring(connection, filters, at_most), filter):
        if (matches := affordable_size(connection, driver.keys, fewest)) < fewest:
            best, fewest = driver, matches
    return best


def best(connection: apsw.Connection, filters: Filters, filter: Filter) -> Driver | None:  # noqa: A002 - as above
    """The condition with the fewest matches, however many these are; None if there is none that an index finds."""
    found = drivers(measuring(connection, filters, FEW), filter)
    for power in count():
        if len(found) < 2:
            break
        bound = FEW * GROWTH**power
        sizes = [size(connection, driver.keys, bound) for driver in found]
        if min(sizes) < bound:
            return found[sizes.index(min(sizes))]
    return found[0] if found else None


def left_out(filters: Filters, filter: Filter) -> Driver | None:  # noqa: A002 - as above
    """What a filter that says only what must not match leaves out of all; None where no index finds it."""
    conditions = filters.conditions(filter)
    opposite = tuple(condition.filter for condition in conditions if isinstance(condition, Not))
    keys = filters.keys(Or(opposite)) if opposite and len(opposite) == len(conditions) else None
    return Driver(keys, ALWAYS) if keys else None


def drivers(filters: Filters, filter: Filter) -> list[Driver]:  # noqa: A002 - the algebra's word
    """Each way to find what a filter matches by an index: one of its conditions finds, the others test."""
    conditions = filters.conditions(filter)
    return [
        Driver(keys, filters.test(And((*conditions[:place], *conditions[place + 1 :]))))
        for place, condition in enumerate(conditions)
        if (keys := filters.keys(condition))
    ]


def measuring(connection: apsw.Connection, filters: Filters, at_most: int) -> Filters:
    """The same filters, which choose inside of their parts too by asking the indexes."""
    return replace(filters, size=lambda keys: affordable_size(connection, keys, at_most))


def all_matches(connection: apsw.Connection, driver: Driver) -> Driver:
    """The same matches, found now and for all statements that follow."""
    statement = f"SELECT row.key FROM ({driver.keys.text}) AS row WHERE {driver.tests.text}"
    keys = [key for (key,) in connection.execute(statement, driver.keys.values + driver.tests.values)]
    return Driver(Sql("SELECT value AS key FROM json_each(?)", (json.dumps(keys),)), ALWAYS)


def affordable_size(connection: apsw.Connection, keys: Sql, at_most: int) -> int:
    """How many rows a query for keys gives, counted up to a bound; the bound, where counting takes too long."""
    try:
        with budget(connection, COUNT):
            return size(connection, keys, at_most)
    except Exhausted:
        return at_most


def size(connection: apsw.Connection, keys: Sql, at_most: int) -> int:
    """How many rows a query for keys gives, counted up to a bound."""
    return number(
        connection, Sql(f"SELECT count(*) FROM (SELECT 1 FROM ({keys.text}) LIMIT ?)", (*keys.values, at_most))
    )


def number(connection: apsw.Connection, statement: Sql) -> int:
    """The number that a statement gives."""
    found: int = connection.execute(statement.text, statement.values).get
    return found


@contextmanager
def budget(connection: apsw.Connection, steps: int | None) -> Iterator[None]:
    """Raises Exhausted where a statement takes more steps of SQLite's virtual machine; None: it may take any.

    An impatient connection has a deadline of its own, which comes first."""
    if steps is None or isinstance(connection, Impatient):
        yield
        return
    calls = 0

    def spent() -> bool:
        nonlocal calls
        calls += 1
        return calls > 10

    # A statement that SQLite kept from an earlier run goes on counting from there: the first call may be due at once.
    connection.set_progress_handler(spent, steps // 10)
    try:
        yield
    except apsw.InterruptError:
        if calls > 10:
            raise Exhausted from None
        raise
    finally:
        connection.set_progress_handler(None)
