"""A page of a resource's history, the newest version first, in Relay's shape.
https://relay.dev/graphql/connections.htm"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.schema.history.budget import ALONE, Budget
from app.schema.history.versions import number_of
from app.schema.search_arguments import row_count
from app.search.algebra import Position
from app.search.cursor import decode, encode
from app.search.problems import foreign_cursor

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from app.fhir.resource import Json, Resource
    from app.schema.context import Context
    from app.store.repository import Version


def history_page(
    context: Context,
    type: str,  # noqa: A002 - FHIR's word
    id: str,  # noqa: A002 - FHIR's word
    first: int | None,
    after: str | None,
) -> Awaitable[dict[str, Json]] | None:
    """What `THistory` reads its fields from, None beyond the request's budget. Raises InvalidSearch, TooCostly."""
    mark = f"0.{type}/{id}/_history"
    count = row_count("first", first, context.max_rows)
    before = None if after is None else _number(after, mark)
    if not context.once(Budget).reads(max(count, ALONE)):
        return None
    return _page(context.repository.history(type, id, count + 1, before), count, before, mark, context)


async def _page(
    reading: Awaitable[Sequence[Version]], count: int, before: int | None, mark: str, context: Context
) -> dict[str, Json]:
    found = await reading
    edges = [_edge(version, mark, context) for version in found[:count]]
    return {
        "edges": edges,
        "pageInfo": {
            "hasNextPage": len(found) > count,
            "hasPreviousPage": before is not None,  # the cursor's own version is ahead
            "startCursor": edges[0]["cursor"] if edges else None,
            "endCursor": edges[-1]["cursor"] if edges else None,
        },
    }


def _edge(version: Version, mark: str, context: Context) -> dict[str, Any]:
    resource: Resource | None = context.containers.enter(version.resource) if version.resource else None
    return {
        "cursor": encode(Position((), str(version.version)), mark),
        "version": str(version.version),
        "at": version.at,
        "author": version.author or None,
        "operation": version.operation,
        "resource": resource,
        "node": resource,
    }


def _number(cursor: str, mark: str) -> int:
    position = decode(cursor, mark).position
    number = number_of(position.id) if position else None
    if number is None:
        raise foreign_cursor()
    return number
