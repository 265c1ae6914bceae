"""Reads resources, pages and counts on a connection."""

# ruff: noqa: S608 - the SQL is composed of names of our own; every value from outside is bound

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from app.fhir.json import decode
from app.fhir.json_members import reader
from app.store import elements, keyset
from app.store.repository import Page, Row
from app.store.sqlite.choosing import Driver, best, left_out, number
from app.store.sqlite.listing import Listing
from app.store.sqlite.pacing import paced
from app.store.sqlite.sql import ALWAYS, Sql

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    import apsw

    from app.fhir.resource import Resource
    from app.search.algebra import Filter, Search
    from app.store.sqlite.filters import Filters
    from app.store.sqlite.listing import Found

_READ = (
    "SELECT row.id, CAST(document.text AS BLOB) FROM json_each(?) AS wanted"
    " CROSS JOIN resource AS row INDEXED BY resource_id ON row.type = ? AND row.id = wanted.value"
    " CROSS JOIN document ON document.key = row.key"
)
_READ_ONE = (
    "SELECT row.id, CAST(document.text AS BLOB) FROM resource AS row INDEXED BY resource_id"
    " CROSS JOIN document ON document.key = row.key WHERE row.id = ? AND row.type = ?"
)
SHORT: Final = 100
"""So many resources are read in the loop's thread; a cautious number, since a read that takes longer is begun twice."""

_DOCUMENTS = "SELECT key, CAST(text AS BLOB) FROM document WHERE key IN (SELECT value FROM json_each(?))"
"""As bytes, since a text would be made of them only to be read."""


def read(
    connection: apsw.Connection,
    type: str,  # noqa: A002 - FHIR's word
    ids: Iterable[str],
    wanted: Collection[str] | None = None,
) -> dict[str, Resource]:
    """The resources under those ids, with the wanted elements (None: all); unknown ids are left out."""
    resource, ids = _resource(wanted), list(ids)
    sql, names = (_READ_ONE, ids[0]) if len(ids) == 1 else (_READ, json.dumps(ids))
    return {id_: resource(text) for id_, text in paced(connection, connection.execute(sql, (names, type)))}


def find_page(connection: apsw.Connection, filters: Filters, search: Search) -> Page:
    """The page of a search; all of it is of one moment if the caller holds a transaction."""
    keyset.check(search.sort, filters.indexed)
    [page] = with_documents(connection, [found_page(Listing(connection, filters, search), search)], search.elements)
    return page


FoundPage = tuple[list["Found"], bool, bool]
"""The rows of a page in sort order, and whether there are rows before and after it."""


def found_page(listing: Listing, search: Search) -> FoundPage:
    """The page of a search without its documents."""
    backwards, start = search.before is not None, search.before or search.after
    found = listing.rows(start, backwards=backwards, skip=search.offset, take=search.count + 1)
    # Without a row to look back from, every row there is lies on the other side of the start.
    other = (start is not None or search.offset > 0) and listing.has_rows(
        found[0][1] if found else None, backwards=not backwards
    )
    return keyset.paged(found, search.count, other=other, backwards=backwards)


def with_documents(
    connection: apsw.Connection, pages: Sequence[FoundPage], wanted: Collection[str] | None
) -> list[Page]:
    """The pages with the wanted elements of their documents (None: all), each of which is read once."""
    documents = _documents(connection, {key for rows, _, _ in pages for key, _ in rows}, wanted)
    return [Page([Row(documents[key], position) for key, position in rows], *flags) for rows, *flags in pages]


def count(connection: apsw.Connection, filters: Filters, filter: Filter) -> int:  # noqa: A002 - the algebra's word
    """How many resources the filter matches; those it leaves out are taken off where they are what an index finds."""
    if not filters.conditions(filter):
        return count_all(connection, filters)
    if absent := left_out(filters, filter):
        return count_all(connection, filters) - count_driven(connection, absent)
    driver = best(connection, filters, filter) or Driver(filters.all_keys(), filters.test(filter))
    return count_driven(connection, driver)


def count_all(connection: apsw.Connection, filters: Filters) -> int:
    """How many resources of the type there are."""
    keys = filters.all_keys()
    return number(connection, Sql(f"SELECT count(*) FROM ({keys.text})", keys.values))


def count_driven(connection: apsw.Connection, driver: Driver) -> int:
    """How many resources a driver finds that pass its tests, which are read in the order in which they are stored."""
    keys, tests = driver.keys, driver.tests
    order = "" if tests == ALWAYS else "ORDER BY key"
    text = f"SELECT count(*) FROM (SELECT DISTINCT key FROM ({keys.text}) {order}) AS row WHERE {tests.text}"
    return number(connection, Sql(text, keys.values + tests.values))


def _documents(
    connection: apsw.Connection, keys: Iterable[int], wanted: Collection[str] | None
) -> Mapping[int, Resource]:
    resource = _resource(wanted)
    texts = connection.execute(_DOCUMENTS, (json.dumps(list(keys)),))
    return {key: resource(text) for key, text in paced(connection, texts)}


def _resource(wanted: Collection[str] | None) -> Callable[[bytes], Resource]:
    """Reads a document: whole, or faster, only the wanted elements."""
    given = elements.given(wanted)
    return decode if given is None else reader(given)
