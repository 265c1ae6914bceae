"""How long resources are kept: since when, how long, and what a legal hold covers.

French law has the traces of an implant kept for 10 years, for 40 where it has a blood-derived substance (public health
code, R. 5212-36 to R. 5212-42). Nothing in FHIR R4 says that a device has one, so a tag does, on the device, on its
definition or on the procedure. https://hl7.org/fhir/R4/resource.html#simple-tags
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from app.errors import RequestError
from app.fhir.dates import InvalidDate, date_bounds
from app.store.version import instant

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from app.fhir.resource import Json, Resource

HOLD: Final = ("urn:dmi-graph:retention", "legal-hold")
"""The tag (system, code) of what must not be erased, whatever its age."""

FORTY_YEARS: Final = ("urn:dmi-graph:retention", "40y")
"""The tag of what is kept for forty years, with the procedures and devices that refer to it."""

LONG: Final = 40
LEAST: Final = 10
_MOST: Final = 200

_YEARS: Final = re.compile(r"(?:P(?P<iso>[0-9]{1,3})Y|(?P<short>[0-9]{1,3})y)")

_DATED: Final[dict[str, tuple[str, ...]]] = {
    "Procedure": ("performedDateTime", "performedPeriod"),
    "Encounter": ("period",),
    "Condition": ("recordedDate",),
    "Observation": ("effectiveDateTime", "effectivePeriod", "effectiveInstant"),
    "DiagnosticReport": ("effectiveDateTime", "effectivePeriod"),
    "DocumentReference": ("date",),
    "ServiceRequest": ("authoredOn",),
    "CarePlan": ("period",),
    "MedicationAdministration": ("effectiveDateTime", "effectivePeriod"),
    "SupplyRequest": ("authoredOn",),
    "SupplyDelivery": ("occurrenceDateTime", "occurrencePeriod"),
    "DeviceRequest": ("authoredOn",),
    "Invoice": ("date",),
    "Provenance": ("recorded",),
    "Bundle": ("timestamp",),
}
"""The elements that tell when something happened; whatever has none counts from its last change."""


def years_of(text: str) -> int:
    """The years of "10y" or "P10Y". Raises RequestError, also for less than the law has kept."""
    found = _YEARS.fullmatch(text.strip())
    years = int(found["iso"] or found["short"]) if found else 0
    if not LEAST <= years <= _MOST:
        raise RequestError(
            f"--older-than must be a number of years from {LEAST} to {_MOST}, as in 10y or P10Y: the law has traces "
            "kept for 10 years, or 40.",
            f"--older-than doit être un nombre d’années de {LEAST} à {_MOST}, comme 10y ou P10Y : la loi fait "
            "conserver les traces 10 ans, ou 40.",
        )
    return years


def ago(now: datetime, years: int) -> str:
    """The instant so many years before; that of a 29 February is a 28 February where there is none."""
    year = max(now.year - years, 1)
    try:
        return instant(now.replace(year=year))
    except ValueError:
        return instant(now.replace(year=year, day=28))


def counted_from(resource: Resource) -> str:
    """The instant from which a resource is kept: the end of what it tells of, else its last change."""
    named = (resource.get(name) for name in _DATED.get(resource["resourceType"], ()))
    for value in named:
        text = value.get("end") or value.get("start") if isinstance(value, dict) else value
        if isinstance(text, str):
            try:
                return instant(date_bounds(text)[1])
            except (InvalidDate, OverflowError):
                continue
    changed: str = resource["meta"]["lastUpdated"]
    return changed


def has_tag(resource: Resource, tag: tuple[str, str]) -> bool:
    """Whether a resource, or one inside it, has a tag."""
    return any(_tagged(each, tag) for each in (resource, *inside(resource)))


def inside(resource: Resource) -> Iterator[Resource]:
    """The resources in the entries of a Bundle, and those in theirs."""
    waiting: list[Json] = [resource]
    while waiting:
        value = waiting.pop()
        entries = value.get("entry") if isinstance(value, dict) and value.get("resourceType") == "Bundle" else None
        for entry in entries if isinstance(entries, list) else ():
            inner = entry.get("resource") if isinstance(entry, dict) else None
            if isinstance(inner, dict):
                yield inner
                waiting.append(inner)


def _tagged(resource: Resource, tag: tuple[str, str]) -> bool:
    meta = resource.get("meta")
    tags = meta.get("tag") if isinstance(meta, dict) else None
    return any(
        isinstance(each, dict) and (each.get("system"), each.get("code")) == tag
        for each in (tags if isinstance(tags, list) else ())
    )
