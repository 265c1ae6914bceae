"""`TList` and `TConnection`: the types and fields of lists, in FHIR's shape and in Relay's.
https://hl7.org/fhir/R4/graphql.html, https://relay.dev/graphql/connections.htm"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from app.fhir.served import SERVED
from app.schema.execution.fields import PlanInfo
from app.schema.listing import Listing
from app.schema.search_arguments import wanted
from app.schema.types.fields import ResolvedField, define, document_field, list_of, nullable
from app.schema.types.scalars import scalar_for
from app.search.arguments import sort_of
from app.search.cursor import encode

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping

    from strawberry.types import Info

    from app.fhir.resource import Json, Resource
    from app.schema.context import Context
    from app.schema.types.derive import FhirTypes


def connection_types(types: FhirTypes, page_info: type) -> Mapping[str, type]:
    """`TConnection` of every served type T; `page_info` is Relay's PageInfo."""
    return {name: _connection_type(name, types.classes[name], page_info) for name in SERVED}


def resolve_list(name: str) -> Any:
    """The resolver of the root field `TList`."""

    def resolve(_source: None, info: Info[Context, None], /, **arguments: Any) -> Awaitable[list[Resource]]:
        context = info.context
        listing = _listing(name, arguments, context)
        return listing.resources(listing.search(arguments, context.max_rows), context)

    return resolve


def resolve_connection(name: str) -> Any:
    """The resolver of the root field `TConnection`."""

    def resolve(_source: None, info: Info[Context, None], /, **arguments: Any) -> Awaitable[dict[str, Json]]:
        context = info.context
        listing = _listing(name, arguments, context)
        search = listing.search(arguments, context.max_rows)
        # graphql-core does not say so soon whether rows are to be counted, which is done later then.
        counting = listing.count() if isinstance(info, PlanInfo) and info.selects("count") else None
        return listing.connection(search, context, counting)

    return resolve


def _listing(name: str, arguments: Mapping[str, Any], context: Context) -> Listing:
    filter_ = wanted(name, arguments, context.search_base, context.procedure_systems)
    store = context.repository
    return Listing(
        name,
        filter_,
        sort_of(name, arguments.get("_sort")),
        page=partial(store.search, name),
        count=partial(store.count, name, filter_),
    )


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


def _connection_type(name: str, cls: type, page_info: type) -> type:
    """`TConnection` with its `TEdge`."""
    edge = type(f"{name}Edge", (), {})
    define(
        edge,
        [
            document_field("mode", nullable(scalar_for("code")), "Why it is in the list: match."),
            document_field("score", nullable(scalar_for("decimal")), "How well it matches; not told by this server."),
            ResolvedField.of(
                "cursor", nullable(str), "Its place in the list, for `after` and `before`.", _edge_cursor
            ).reading(),
            document_field("resource", nullable(cls), "The resource, by FHIR's name."),
            document_field("node", nullable(cls), "The resource, by Relay's name."),
        ],
        description=f"A {name} in a list.",
    )
    connection = type(f"{name}Connection", (), {})
    define(
        connection,
        [
            ResolvedField.of(
                "count", nullable(int), "How many there are in all; counted when asked for.", _count
            ).reading(),
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


def _edge_cursor(edge: dict[str, Any], _info: object) -> str:
    return encode(edge["position"], edge["mark"])


def _count(connection: dict[str, Any], _info: object) -> int | Awaitable[int]:
    listing: Listing = connection["listing"]
    counted: int | Exception | None = connection["counted"]
    if isinstance(counted, Exception):
        raise counted.with_traceback(None)
    return listing.count() if counted is None else counted
