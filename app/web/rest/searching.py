"""Search: the resources of a type that match, page by page. https://hl7.org/fhir/R4/http.html#search"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from app.fhir.outcome import operation_outcome
from app.fhir.subset import subset
from app.schema.listing import Listing
from app.web.fhir_media import check_sent_in
from app.web.rest.bundles import link, match, page, remark
from app.web.rest.exchange import Reply
from app.web.rest.preferences import is_lenient
from app.web.rest.query import pairs_of
from app.web.rest.search_query import Reading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.fhir.resource import Resource
    from app.store.repository import Page
    from app.web.rest.exchange import Exchange
    from app.web.rest.query import Pair
    from app.web.rest.search_query import SearchQuery

FORM: Final = "application/x-www-form-urlencoded"


async def search(exchange: Exchange) -> Reply:
    """`GET [type]?…`: a searchset Bundle."""
    return await _found(exchange, exchange.query)


async def search_by_form(exchange: Exchange) -> Reply:
    """`POST [type]/_search`: the same with parameters in a form, which no log of addresses keeps, and in the
    address."""
    check_sent_in(exchange.header(b"content-type"), FORM)
    return await _found(exchange, (*pairs_of(await exchange.body()), *exchange.query))


async def _found(exchange: Exchange, pairs: Sequence[Pair]) -> Reply:
    wiring, type_name = exchange.wiring, exchange.type
    reading = Reading(wiring.rules.base, wiring.max_rows, wiring.procedure_systems)
    query = reading.read(type_name, pairs, lenient=is_lenient(exchange.headers))
    store = exchange.repository
    listing = Listing(
        type_name,
        query.filter,
        query.sort,
        page=partial(store.search, type_name),
        count=partial(store.count, type_name, query.filter),
    )
    search = replace(listing.search(query.paging, wiring.max_rows), elements=query.elements)
    rows, total = await asyncio.gather(
        listing.page(search) if query.rows else _nothing(),
        listing.count() if query.total else _nothing(),
    )
    links, entries = _links(f"{exchange.base}/{type_name}", query, listing, rows), []
    if rows:
        entries = [match(exchange.base, type_name, _shown(row.resource, query)) for row in rows.rows]
    if query.ignored:
        entries.append(remark(operation_outcome(query.ignored, exchange.language)))
    return Reply(200, page("searchset", total, links, entries))


async def _nothing() -> None:
    """What is not asked for."""


def _shown(resource: Resource, query: SearchQuery) -> Resource:
    return resource if query.elements is None else subset(resource, query.elements)


def _links(address: str, query: SearchQuery, listing: Listing, rows: Page | None) -> dict[str, str | None]:
    own: dict[str, str | None] = {"self": link(address, query.used)}
    if rows is None:
        return own
    pairs = [pair for pair in query.used if pair[0] not in ("_offset", "_cursor")]
    around = listing.neighbours(rows)

    def at(cursor: str | None) -> str | None:
        return link(address, [*pairs, ("_cursor", cursor)]) if cursor else None

    return {
        **own,
        "first": link(address, pairs),
        "previous": at(around.previous),
        "next": at(around.next),
        "last": at(around.last),
    }
