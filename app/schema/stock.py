"""`ImplantStock`: devices not implanted yet, each with its last known place; what a recall has to put in quarantine."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from app.recall.criteria import ARGUMENTS, OF_STOCK, criteria_of
from app.recall.naming import named
from app.recall.stock import Stocked, in_stock, placed
from app.schema.implants import AFTER, FIRST
from app.schema.listing import Listing
from app.schema.recall import criteria_arguments
from app.schema.references import Wanted, resolve_reference
from app.schema.types.fields import ResolvedField, argument, define, document_field, list_of, nullable
from app.schema.types.scalars import scalar_for
from app.search.algebra import SortKey
from app.search.cursor import encode
from app.search.problems import unsortable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping

    from strawberry.types import Info
    from strawberry.types.field import StrawberryField

    from app.fhir.resource import Json, Resource
    from app.schema.context import Context
    from app.schema.types.derive import FhirTypes

_DESCRIPTION = (
    "Devices that nobody bears and no procedure refers to (but for those entered-in-error or not-done), by their id: "
    "what has to be put in quarantine now. With organization: those it owns or that are in a place of its own, and "
    "those with neither owner nor place. A list is OR, several arguments are AND; at least one of the first six or "
    "expiresBefore is required."
)
_SORTS: Final[Mapping[str | None, tuple[SortKey, ...]]] = {
    None: (),
    "expiration_date": (SortKey("expiration_date"),),
    "-expiration_date": (SortKey("expiration_date", descending=True),),
}
_SORT: Final = argument(
    "_sort", nullable(str), "By id unless told; expiration_date, the first to expire first, or -expiration_date."
)


def stock_field(types: FhirTypes, page_info: type) -> StrawberryField:
    """The root field."""
    node = type("StockedImplant", (), {})
    define(node, _fields(types), description="A device that is not implanted yet, and its last known place.")
    edge = type("StockedImplantEdge", (), {})
    define(
        edge,
        [
            document_field("cursor", str, "Its place in the list, for `after`."),
            document_field("node", node, "The device and its place."),
        ],
        description="A device in stock.",
    )
    connection = type("ImplantStockConnection", (), {})
    define(
        connection,
        [
            ResolvedField.of("count", int, "How many there are in all; counted when asked for.", _count),
            document_field("edges", list_of(edge), "The devices of the page."),
            document_field("pageInfo", page_info, "Where the page stands."),
        ],
        description="A page of devices in stock.",
    )
    arguments = [*criteria_arguments("implantedFrom", "implantedTo"), FIRST, AFTER, _SORT]
    return ResolvedField.of("ImplantStock", nullable(connection), _DESCRIPTION, _stock, arguments)


def _fields(types: FhirTypes) -> Iterator[StrawberryField]:
    fhir = types.classes
    yield ResolvedField.of("device", nullable(fhir["Device"]), "The device.", lambda stocked, _: stocked.device)
    yield ResolvedField.of(
        "location",
        nullable(fhir["Location"]),
        "Where the latest delivery brought it, else Device.location.",
        _referred("Location", lambda stocked: stocked.location),
    )
    yield ResolvedField.of(
        "organization",
        nullable(fhir["Organization"]),
        "The internal organization that the latest delivery names.",
        _referred("Organization", lambda stocked: stocked.organization),
    )
    yield ResolvedField.of(
        "owner",
        nullable(fhir["Organization"]),
        "Device.owner.",
        _referred("Organization", lambda stocked: stocked.owner),
    )
    yield ResolvedField.of(
        "delivery",
        nullable(fhir["SupplyDelivery"]),
        "The latest delivery of the device that was neither abandoned nor entered in error.",
        lambda stocked, _: stocked.delivery,
    )
    yield ResolvedField.of(
        "since", nullable(scalar_for("dateTime")), "When that delivery was made.", lambda stocked, _: stocked.since
    )


async def _stock(_source: None, info: Info[Context, None], /, **arguments: Any) -> dict[str, Json]:
    context = info.context
    store, base = context.repository, context.search_base
    names = {each.name for each in ARGUMENTS}
    asked = criteria_of({name: value for name, value in arguments.items() if name in names}, OF_STOCK)
    sort = _SORTS.get(arguments.get("_sort"))
    if sort is None:
        raise unsortable("ImplantStock", ("expiration_date",))
    filter_ = in_stock(await named(store, asked, base), base)
    # Cursors are bound to what is asked for: the identifiers that are found for it may change from page to page.
    listing = Listing(
        "Device",
        in_stock(asked, base),
        sort,
        page=partial(store.search, "Device"),
        count=partial(store.count, "Device", filter_),
    )
    page = await store.search("Device", replace(listing.search(arguments, context.max_rows), filter=filter_))
    stocked = await placed(store, [row.resource for row in page.rows], base)
    edges = [
        {"cursor": encode(row.position, listing.mark), "node": _entered(each, context)}
        for row, each in zip(page.rows, stocked, strict=True)
    ]
    return {
        "listing": listing,
        "edges": edges,
        "pageInfo": {
            "hasNextPage": page.has_next,
            "hasPreviousPage": page.has_previous,
            "startCursor": edges[0]["cursor"] if edges else None,
            "endCursor": edges[-1]["cursor"] if edges else None,
        },
    }


def _entered(stocked: Stocked, context: Context) -> Stocked:
    for resource in (stocked.device, stocked.delivery):
        if resource is not None:
            context.containers.enter(resource)
    return stocked


def _count(connection: dict[str, Any], _info: object) -> Awaitable[int]:
    listing: Listing = connection["listing"]
    return listing.count()


def _referred(expected: str, reference: Callable[[Stocked], Json]) -> Any:
    def resolve(stocked: Stocked, info: Info[Context, None]) -> Awaitable[Resource | None] | None:
        return resolve_reference(reference(stocked), info, Wanted(expected, optional=True))

    return resolve
