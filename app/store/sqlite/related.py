"""The first page of what refers to each of many resources, and how much that is: one reading of one moment.

Mostly few resources refer to one, so they are found by that and the filter is only tested: nothing has to be chosen,
and the statements are the same for every target."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.search.algebra import And, In
from app.store import keyset
from app.store.sqlite import searching
from app.store.sqlite.choosing import Driver, affordable_size
from app.store.sqlite.listing import Listing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import apsw

    from app.search.algebra import Filter, Search
    from app.store.repository import Page
    from app.store.sqlite.filters import Filters

FEW = 3_000
"""Up to so many resources that refer to one are found and sorted, whatever else the filter says."""


def pages(
    connection: apsw.Connection, filters: Filters, parameter: str, targets: Sequence[Sequence[str]], search: Search
) -> list[Page]:
    """The page of the search for each target."""
    keyset.check(search.sort, filters.indexed)
    found = []
    for wanted, driver in _questions(connection, filters, parameter, targets, search.filter):
        of_target = replace(search, filter=wanted)
        found.append(searching.found_page(Listing(connection, filters, of_target, driver), of_target))
    return searching.with_documents(connection, found)


def counts(
    connection: apsw.Connection,
    filters: Filters,
    parameter: str,
    targets: Sequence[Sequence[str]],
    filter: Filter,  # noqa: A002 - the algebra's word
) -> list[int]:
    """How many resources refer to each target and match the filter."""
    return [
        searching.count_driven(connection, driver) if driver else searching.count(connection, filters, wanted)
        for wanted, driver in _questions(connection, filters, parameter, targets, filter)
    ]


def _questions(
    connection: apsw.Connection,
    filters: Filters,
    parameter: str,
    targets: Sequence[Sequence[str]],
    filter: Filter,  # noqa: A002 - the algebra's word
) -> Iterator[tuple[Filter, Driver | None]]:
    """For each target the filter of what is wanted, and what finds it where that is clear."""
    filters.reference(parameter)
    tests = filters.test(filter)
    for texts in targets:
        refers = In(parameter, tuple(texts))
        keys = filters.keys(refers)
        few = keys is not None and affordable_size(connection, keys, FEW) < FEW
        yield And((refers, filter)), Driver(keys, tests) if few and keys else None
