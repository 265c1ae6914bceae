"""Rows of one filter and sort, at the root or below a resource: how a page of them is asked for, and shown as a list or
as a connection. https://hl7.org/fhir/R4/graphql.html, https://relay.dev/graphql/connections.htm

Pages are found by position, not by number: a cursor names a place in one filter and sort, which rows that come or go
do not move.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from app.errors import InvalidSearch
from app.schema.search_arguments import offset, row_count
from app.search.algebra import Search
from app.search.cursor import Neighbours, decode, encode, end, fingerprint, neighbours
from app.search.problems import foreign_cursor

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from app.fhir.resource import Json, Resource
    from app.schema.context import Context
    from app.search.algebra import Filter, Position, SortKey
    from app.store.repository import Page, Row

STYLES = (("_count", "_offset", "_cursor"), ("first", "after"), ("last", "before"))


@dataclass(frozen=True)
class Listing:
    """The rows of a type that the filter matches, sorted; `page` and `count` read them when they are called."""

    type: str
    filter: Filter
    sort: tuple[SortKey, ...]
    page: Callable[[Search], Awaitable[Page]]
    count: Callable[[], Awaitable[int]]

    @cached_property
    def mark(self) -> str:
        """What binds cursors to the type, the filter and the sort."""
        return fingerprint(self.type, self.filter, self.sort)

    def search(self, arguments: Mapping[str, Any], max_rows: int) -> Search:
        """The page that the paging arguments ask for. Raises InvalidSearch where two ways of paging are mixed."""
        given = {name: value for name, value in arguments.items() if value is not None}
        used = [style for style in STYLES if any(name in given for name in style)]
        if len(used) > 1:
            raise _mixed()
        size = next((name for name in ("_count", "first", "last") if name in given), "_count")
        count = row_count(size, given.get(size), max_rows)
        after, before = self._bounds(given)
        return Search(self.filter, self.sort, count, offset(given.get("_offset")), after, before)

    def resources(self, search: Search, context: Context) -> Awaitable[list[Resource]]:
        """The resources of a page. The store is asked at once, so that a whole level gets into one batch."""
        return _resources(self.page(self._shown(search, context)), context)

    def connection(
        self, search: Search, context: Context, counting: Awaitable[int] | None = None
    ) -> Awaitable[dict[str, Json]]:
        """What `TConnection` reads its fields from. The store is asked at once, also for the count if that is being
        read."""
        return _connection(self, search, self.page(self._shown(search, context)), context, counting)

    def neighbours(self, page: Page) -> Neighbours:
        """The cursors of the pages around one."""
        positions = [row.position for row in page.rows]
        return neighbours(positions, self.sort, self.mark, has_previous=page.has_previous, has_next=page.has_next)

    def _shown(self, search: Search, context: Context) -> Search:
        """The search for no more of its resources than the operation reads."""
        elements = context.loaders.elements.get(self.type)
        return search if elements is None else replace(search, elements=elements)

    def _bounds(self, given: Mapping[str, Any]) -> tuple[Position | None, Position | None]:
        if "_cursor" in given:
            cursor = decode(given["_cursor"], self.mark)
            return cursor.after, cursor.before
        if "after" in given:
            return self._position(given["after"]), None
        if "before" in given:
            return None, self._position(given["before"])
        return None, end(self.sort) if "last" in given else None

    def _position(self, cursor: str) -> Position:
        position = decode(cursor, self.mark).position
        if position is None:
            raise foreign_cursor()
        return position


async def _resources(reading: Awaitable[Page], context: Context) -> list[Resource]:
    return [context.containers.enter(row.resource) for row in (await reading).rows]


async def _connection(
    listing: Listing, search: Search, reading: Awaitable[Page], context: Context, counting: Awaitable[int] | None
) -> dict[str, Json]:
    page, counted = await asyncio.gather(reading, _outcome(counting)) if counting else (await reading, None)
    rows, mark = page.rows, listing.mark
    start, finish = (encode(rows[0].position, mark), encode(rows[-1].position, mark)) if rows else (None, None)
    around = listing.neighbours(page)
    found_by_cursor = search.after is not None or search.before is not None
    return {
        "listing": listing,
        "counted": counted,
        "offset": None if found_by_cursor else search.offset,
        "pagesize": search.count,
        "first": around.first,
        "previous": around.previous,
        "next": around.next,
        "last": around.last,
        "edges": [_edge(row, mark, context) for row in rows],
        "pageInfo": {
            "hasNextPage": page.has_next,
            "hasPreviousPage": page.has_previous,
            "startCursor": start,
            "endCursor": finish,
        },
    }


async def _outcome(counting: Awaitable[int]) -> int | Exception:
    """How many there are, or why they cannot be counted, which is an error of the count alone."""
    try:
        return await counting
    except Exception as error:  # noqa: BLE001 - whatever is raised is an error of the field
        return error


def _edge(row: Row, mark: str, context: Context) -> dict[str, Json]:
    resource = context.containers.enter(row.resource)
    return {"mode": "match", "resource": resource, "node": resource, "position": row.position, "mark": mark}


def _mixed() -> InvalidSearch:
    return InvalidSearch(
        "Page in one way: by _count with _offset or _cursor, by first with after, or by last with before.",
        "Paginez d’une seule façon : _count avec _offset ou _cursor, first avec after, ou last avec before.",
        rule="paging",
    )
