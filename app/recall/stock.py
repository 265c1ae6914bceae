"""Implants that are not implanted yet, each with its last known place: what a recall has to put in quarantine.

Source: https://hl7.org/fhir/R4/supplydelivery.html; the internal organization is an extension of the guide.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from app.recall.filters import COUNTED, VALID, bearing, devices, used_in
from app.recall.implants import items
from app.recall.reading import forms
from app.search.algebra import And, In, Linked, Missing, Not, Or, Search, SortKey
from app.search.chains import prefixes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.fhir.resource import Json, Resource
    from app.recall.criteria import Criteria
    from app.recall.reading import Reader
    from app.search.algebra import Filter

INTERNAL_ORGANIZATION: Final = (
    "https://interop.esante.gouv.fr/ig/fhir/tdmi/StructureDefinition/dmi-reference-organisation-interne"
)
_VALID_DELIVERY: Final = Not(In("status", ("abandoned", "entered-in-error")))


@dataclass(frozen=True, slots=True)
class Stocked:
    """A device in stock and what is known of its place: `location`, `organization`, `owner` are References or None.

    `since` is when the latest delivery, if there is one, was made."""

    device: Resource
    delivery: Resource | None
    location: Json
    organization: Json
    owner: Json
    since: Json


def in_stock(criteria: Criteria, base: str) -> Filter:
    """Devices of the recall that nobody bears and no procedure which counts refers to."""
    unnamed = tuple(Not(named) for named in bearing(criteria.identifiers))
    return And((devices(criteria, base), unused(criteria.organization, base), *unnamed))


def unused(organizations: tuple[str, ...], base: str) -> Filter:
    """Devices that name no patient and that no procedure which counts refers to. With organizations: those whose owner
    or place belongs to one of them, or that have neither owner nor place."""
    nobody = (Missing("patient"), Missing("patient:identifier"))
    found: list[Filter] = [*nobody, VALID, Not(used_in(COUNTED, base))]
    if organizations:
        texts = tuple(form for id_ in organizations for form in forms("Organization", id_, base))
        placed = Linked("location", "Location", In("organization", texts), prefixes("Location", base))
        unknown = And((Missing("organization"), Missing("location")))
        found.append(Or((In("organization", texts), placed, unknown)))
    return And(tuple(found))


async def placed(reader: Reader, devices: Sequence[Resource], base: str) -> list[Stocked]:
    """The devices with their latest valid delivery, which is one store command for all of them."""
    if not devices:
        return []
    targets = [forms("Device", device["id"], base) for device in devices]
    latest = Search(_VALID_DELIVERY, (SortKey("occurrence", descending=True),), count=1)
    pages = await reader.related("SupplyDelivery", "supplied_item", targets, latest)
    return [
        _placed(device, page.rows[0].resource if page.rows else None)
        for device, page in zip(devices, pages, strict=True)
    ]


def _placed(device: Resource, delivery: Resource | None) -> Stocked:
    told = delivery or {}
    extensions = [each for each in items(told, "extension") if each.get("url") == INTERNAL_ORGANIZATION]
    period = told.get("occurrencePeriod")
    period = period if isinstance(period, dict) else {}
    return Stocked(
        device=device,
        delivery=delivery,
        location=told.get("destination") or device.get("location"),
        organization=next((each["valueReference"] for each in extensions if each.get("valueReference")), None),
        owner=device.get("owner"),
        since=told.get("occurrenceDateTime") or period.get("start") or period.get("end"),
    )
