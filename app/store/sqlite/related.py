"""The first page of what refers to each of many resources, and how much that is: one reading of one moment.

Mostly few resources refer to them, so these are found by that, for all targets at once, and the filter is only tested.
Where they are many, each target is searched for alone."""

# ruff: noqa: S608 - the SQL is composed of names of our own; every value from outside is bound

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

from app.search.algebra import And, In, Search
from app.store import keyset
from app.store.sqlite import searching
from app.store.sqlite.choosing import Driver, affordable_size
from app.store.sqlite.listing import Listing
from app.store.sqlite.scheme import place_of
from app.store.sqlite.sql import Sql

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import apsw

    from app.search.algebra import Filter
    from app.store.repository import Page
    from app.store.sqlite.filters import Filters
    from app.store.sqlite.listing import Found
    from app.store.sqlite.searching import FoundPage

FEW = 3_000
"""Up to so many resources that refer to one are found and sorted, whatever else the filter says."""

TOGETHER = 3_000
"""Up to so many that refer to all targets are found and sorted by one statement."""

Targets: TypeAlias = "Sequence[Sequence[str]]"


def pages(
    connection: apsw.Connection, filters: Filters, parameter: str, targets: Targets, search: Search
) -> list[Page]:
    """The page of the search for each target."""
    keyset.check(search.sort, filters.indexed)
    together = _of_each(connection, filters, parameter, targets, search)
    if together is not None:
        found = [_page(rows, search) for rows in together]
    else:
        found = [
            searching.found_page(Listing(connection, filters, of_target, driver), of_target)
            for wanted, driver in _questions(connection, filters, parameter, targets, search.filter)
            for of_target in (replace(search, filter=wanted),)
        ]
    return searching.with_documents(connection, found, search.elements)


def counts(
    connection: apsw.Connection,
    filters: Filters,
    parameter: str,
    targets: Targets,
    filter: Filter,  # noqa: A002 - the algebra's word
) -> list[int]:
    """How many resources refer to each target and match the filter."""
    together = _of_each(connection, filters, parameter, targets, Search(filter))
    if together is not None:
        return [len(rows) for rows in together]
    return [
        searching.count_driven(connection, driver) if driver else searching.count(connection, filters, wanted)
        for wanted, driver in _questions(connection, filters, parameter, targets, filter)
    ]


def _of_each(
    connection: apsw.Connection, filters: Filters, parameter: str, targets: Targets, search: Search
) -> list[list[Found]] | None:
    """All rows that refer to each target and match, in the order of the sort; None where too many refer to them."""
    referring = _referring(filters, parameter, targets)
    found = connection.execute(f"{referring.text} LIMIT ?", (*referring.values, TOGETHER + 1)).fetchall()
    if len(found) > TOGETHER:
        return None
    targets_of: dict[Any, set[Any]] = {}
    for target, key in found:
        targets_of.setdefault(key, set()).add(target)
    keys = Sql("SELECT value AS key FROM json_each(?)", (json.dumps(list(targets_of)),))
    listing = Listing(connection, filters, search, Driver(keys, filters.test(search.filter)))
    rows_of: list[list[Found]] = [[] for _ in targets]
    for row in listing.rows(None, backwards=False, take=len(targets_of)):
        for target in targets_of[row[0]]:
            rows_of[target].append(row)
    return rows_of


def _referring(filters: Filters, parameter: str, targets: Targets) -> Sql:
    """The query for (place of a target in the list, key of a resource that refers to it), perhaps more than once."""
    number = filters.reference(parameter)
    links, terms = [], []
    for target, texts in enumerate(targets):
        for text in texts:
            if place := place_of(text, filters.scheme.parameters):
                links.append((target, *place))
            else:
                terms.append((target, text))
    linking = (
        "SELECT wanted.value ->> 0, v.key FROM json_each(?) AS wanted"
        " CROSS JOIN resource AS r INDEXED BY resource_id ON r.type = wanted.value ->> 1 AND r.id = wanted.value ->> 2"
        f" CROSS JOIN link AS v INDEXED BY link_target ON v.parameter = {number} AND v.target = r.key"
    )
    naming = (
        "SELECT wanted.value ->> 0, v.key FROM json_each(?) AS wanted"
        f" CROSS JOIN term AS t INDEXED BY term_text ON t.parameter = {number} AND t.text = wanted.value ->> 1"
        f" CROSS JOIN value AS v INDEXED BY value_term ON v.parameter = {number} AND v.term = t.number"
    )
    if not terms:
        return Sql(linking, (json.dumps(links),))
    return Sql(f"{linking} UNION ALL {naming}", (json.dumps(links), json.dumps(terms)))


def _page(rows: Sequence[Found], search: Search) -> FoundPage:
    """The page among all rows of a target."""
    shown = rows[search.offset : search.offset + search.count + 1]
    return keyset.paged(shown, search.count, other=search.offset > 0 and bool(rows), backwards=False)


def _questions(
    connection: apsw.Connection,
    filters: Filters,
    parameter: str,
    targets: Targets,
    filter: Filter,  # noqa: A002 - the algebra's word
) -> Iterator[tuple[Filter, Driver | None]]:
    """For each target the filter of what is wanted, and what finds it where that is clear."""
    tests = filters.test(filter)
    for texts in targets:
        refers = In(parameter, tuple(texts))
        keys = filters.keys(refers)
        few = keys is not None and affordable_size(connection, keys, FEW) < FEW
        yield And((refers, filter)), Driver(keys, tests) if few and keys else None
