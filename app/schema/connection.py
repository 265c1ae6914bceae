"""`TConnection`: one page of a list in FHIR's shape and in Relay's. https://hl7.org/fhir/R4/graphql.html,
https://relay.dev/graphql/connections.htm

Pages are found by position, not by number: a cursor names a place in one filter and sort, which rows that come or go
do not move.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.errors import InvalidSearch
from app.schema.search_arguments import offset, row_count, wanted
from app.schema.types.fields import ResolvedField, define, document_field, list_of, nullable
from app.schema.types.scalars import scalar_for
from app.search.algebra import Search
from app.search.arguments import sort_of
from app.search.cursor import BEFORE, decode, encode, end, fingerprint
from app.search.problems import foreign_cursor

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping

    from strawberry.types import Info

    from app.fhir.resource import Json
    from app.schema.context import Context
    from app.search.algebra import Filter, Position, SortKey
    from app.store.repository import Page, Row

STYLES = (("_count", "_offset", "_cursor"), ("first", "after"), ("last", "before"))


@dataclass(frozen=True, slots=True)
class Listing:
    """What a connection is asked for: the filter, the sort, and the mark that binds its cursors to both."""

    type: str
    filter: Filter
    sort: tuple[SortKey, ...]
    mark: str

    @classmethod
    def of(cls, type_name: str, arguments: Mapping[str, Any], base: str) -> Listing:
        """The listing that a field's arguments describe. Raises InvalidSearch."""
        filter_ = wanted(type_name, arguments, base)
        sort = sort_of(type_name, arguments.get("_sort"))
        return cls(type_name, filter_, sort, fingerprint(type_name, filter_, sort))

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


def page_info_type() -> type:
    """Relay's PageInfo."""
    page_info = type("PageInfo", (), {})
    define(
        page_info,
        [
            document_field("hasNextPage", bool, "Whether rows follow this page."),
            document_field("hasPreviousPage", bool, "Whether rows stand ahead of this page."),
            document_field("startCursor", nullable(str), "The cursor of the first edge."),
            document_field("endCursor", nullable(str), "The cursor of the last edge."),
        ],
        description="Where a page stands in its list; both flags are exact.",
    )
    return page_info


def connection_type(name: str, cls: type, page_info: type) -> type:
    """`TConnection` with its `TEdge`."""
    edge = type(f"{name}Edge", (), {})
    define(
        edge,
        [
            document_field("mode", nullable(scalar_for("code")), "Why it is in the list: match."),
            document_field("score", nullable(scalar_for("decimal")), "How well it matches; not told by this server."),
            ResolvedField.of("cursor", nullable(str), "Its place in the list, for `after` and `before`.", _edge_cursor),
            document_field("resource", nullable(cls), "The resource, by FHIR's name."),
            document_field("node", nullable(cls), "The resource, by Relay's name."),
        ],
        description=f"A {name} in a list.",
    )
    connection = type(f"{name}Connection", (), {})
    define(
        connection,
        [
            ResolvedField.of("count", nullable(int), "How many there are in all; counted when asked for.", _count),
            document_field("offset", nullable(int), "Rows ahead of the page; null on a page found by a cursor."),
            document_field("pagesize", nullable(int), "The most rows a page has."),
            document_field("first", nullable(str), "The first page, as a value for `_cursor`."),
            document_field("previous", nullable(str), "The page ahead of this one; null where there is none."),
            document_field("next", nullable(str), "The page after this one; null where there is none."),
            document_field("last", nullable(str), "The last page."),
            document_field("edges", list_of(edge), "The rows of the page."),
            document_field("pageInfo", page_info, "Where the page stands."),
        ],
        description=f"A page of a list of {name} resources.",
    )
    return connection


def resolve_connection(name: str) -> Any:
    """The resolver of the root field `TConnection`."""

    async def resolve(_source: None, info: Info[Context, None], **arguments: Any) -> dict[str, Json]:
        context = info.context
        listing = Listing.of(name, arguments, context.search_base)
        search = listing.search(arguments, context.max_rows)
        return _shown(listing, search, await context.repository.search(name, search), context)

    return resolve


def _shown(listing: Listing, search: Search, page: Page, context: Context) -> dict[str, Json]:
    rows, mark = page.rows, listing.mark
    start, finish = (encode(rows[0].position, mark), encode(rows[-1].position, mark)) if rows else (None, None)
    ahead = rows[0].position if rows else end(listing.sort)
    found_by_cursor = search.after is not None or search.before is not None
    return {
        "listing": listing,
        "offset": None if found_by_cursor else search.offset,
        "pagesize": search.count,
        "first": encode(None, mark),
        "previous": encode(ahead, mark, BEFORE) if page.has_previous else None,
        "next": (finish or encode(None, mark)) if page.has_next else None,
        "last": encode(end(listing.sort), mark, BEFORE),
        "edges": [_edge(row, mark, context) for row in rows],
        "pageInfo": {
            "hasNextPage": page.has_next,
            "hasPreviousPage": page.has_previous,
            "startCursor": start,
            "endCursor": finish,
        },
    }


def _edge(row: Row, mark: str, context: Context) -> dict[str, Json]:
    resource = context.containers.enter(row.resource)
    return {"mode": "match", "resource": resource, "node": resource, "position": row.position, "mark": mark}


def _edge_cursor(edge: dict[str, Any], _info: object) -> str:
    return encode(edge["position"], edge["mark"])


def _count(connection: dict[str, Any], info: Info[Context, None]) -> Awaitable[int]:
    listing: Listing = connection["listing"]
    return info.context.repository.count(listing.type, listing.filter)


def _mixed() -> InvalidSearch:
    return InvalidSearch(
        "Page in one way: by _count with _offset or _cursor, by first with after, or by last with before.",
        "Paginez d’une seule façon : _count avec _offset ou _cursor, first avec after, ou last avec before.",
        rule="paging",
    )
