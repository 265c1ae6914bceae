"""Figures of all procedures: by month, by kind of device, how completely devices are recorded, what expires in stock,
which traces failed. The store counts; no document is read but one for the name of each kind.

A device counts once for each procedure that has it as focal device. Contained devices are in `procedures` alone.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from app.recall.filters import FOCAL, performed
from app.recall.implants import items
from app.recall.reading import forms
from app.recall.stock import unused
from app.search.algebra import And, Eq, Facet, In, Link, Range, Search
from app.search.chains import prefixes
from app.search.normal import instant_text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date

    from app.recall.reading import Reader
    from app.search.algebra import Filter
    from app.store.repository import Tally

FAILURES: Final = {"4": "minor failure", "8": "serious failure", "12": "major failure"}
"""Outcomes of an AuditEvent that is no success: https://hl7.org/fhir/R4/valueset-audit-event-outcome.html"""

MOST_KINDS: Final = 100
_MONTH: Final = len("2024-02")
_PARTS: Final = len("udi lot-or-serial expiry complete")
"""A device is ordered by all that it has: one text each, where it is found by up to four."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What is counted: procedures that meet [start, end) (both as `app.search.normal` has dates), on behalf of these
    organizations; in stock, what has expired by `today` and what expires in the days after it."""

    start: str | None
    end: str | None
    organizations: tuple[str, ...]
    today: date
    days: int
    base: str

    @property
    def procedures(self) -> Filter:
        """The procedures that count."""
        return performed(self.start, self.end, self.organizations, self.base)

    @property
    def stock(self) -> Filter:
        """The devices in stock now, whatever the period."""
        return unused(self.organizations, self.base)

    @property
    def failures(self) -> Filter:
        """The traces of the period whose outcome is a failure, with one of the organizations as an agent."""
        found: list[Filter] = [In("outcome", tuple(FAILURES))]
        if self.start is not None or self.end is not None:
            found.append(Range("date", hi_after=self.start, lo_before=self.end))
        if self.organizations:
            texts = tuple(form for id_ in self.organizations for form in forms("Organization", id_, self.base))
            found.append(In("agent", texts))
        return And(tuple(found))


@dataclass(frozen=True, slots=True)
class Kind:
    """An EMDN code, its name where a device tells it, and the procedures with such a device."""

    code: str
    display: str | None
    count: int


@dataclass(slots=True)
class Statistics:
    """The figures that were asked for; the others are empty. `devices`: those of the procedures that are stored, once
    for each procedure; `traced`: part of a full UDI → how many of them have it."""

    procedures: int = 0
    by_month: Mapping[str, int] = field(default_factory=dict)
    by_device_type: list[Kind] = field(default_factory=list)
    device_types: int = 0
    devices: int = 0
    traced: Mapping[str, int] = field(default_factory=dict)
    stock: int = 0
    expired: int = 0
    expiring: int = 0
    failures: Mapping[str, int] = field(default_factory=dict)


async def statistics(reader: Reader, scope: Scope, names: Collection[str]) -> Statistics:
    """The figures of these fields of Statistics, counted at the same time; procedures are gone through once."""
    found = Statistics()
    facets = {name: facet for name, facet in _facets(scope.base).items() if name in names}
    await asyncio.gather(
        *(count(found, reader, scope) for name, count in _COUNTING.items() if name in names),
        *([_tally(found, reader, scope, facets)] if facets else []),
    )
    return found


def _facets(base: str) -> Mapping[str, Facet]:
    to_device = Link(FOCAL, "Device", prefixes("Device", base))
    return {
        "by_month": Facet("date", length=_MONTH),
        "by_device_type": Facet("definitionType", via=to_device),
        "traced": Facet("traceability", via=to_device, length=_PARTS),
    }


async def _tally(found: Statistics, reader: Reader, scope: Scope, facets: Mapping[str, Facet]) -> None:
    tallies = await reader.tally("Procedure", scope.procedures, list(facets.values()), _MOST_TEXTS)
    counted: dict[str, Tally] = dict(zip(facets, tallies, strict=True))
    if "by_month" in counted:
        found.by_month = dict(sorted(counted["by_month"].counts.items()))
    if "traced" in counted:
        found.devices = sum(counted["traced"].counts.values())
        found.traced = _parts(counted["traced"].counts)
    if "by_device_type" in counted:
        found.device_types = counted["by_device_type"].distinct
        most = list(counted["by_device_type"].counts.items())[:MOST_KINDS]
        names = await asyncio.gather(*(_name(reader, code) for code, _ in most))
        found.by_device_type = [Kind(code, name, count) for (code, count), name in zip(most, names, strict=True)]


def _parts(combinations: Mapping[str, int]) -> Mapping[str, int]:
    """From what is recorded together, "udi expiry", to each part of it."""
    found: Counter[str] = Counter()
    for combination, count in combinations.items():
        found.update(dict.fromkeys(combination.split(), count))
    return found


async def _name(reader: Reader, code: str) -> str | None:
    """The display or the text that one device of the kind has."""
    page = await reader.search("Device", Search(Eq("definitionType", code), count=1))
    for row in page.rows:
        kind = row.resource.get("type")
        kind = kind if isinstance(kind, dict) else {}
        displays = [each.get("display") for each in items(kind, "coding") if each.get("code") == code]
        return next((text for text in (*displays, kind.get("text")) if isinstance(text, str)), None)
    return None


async def _procedures(found: Statistics, reader: Reader, scope: Scope) -> None:
    found.procedures = await reader.count("Procedure", scope.procedures)


async def _stock(found: Statistics, reader: Reader, scope: Scope) -> None:
    """A device expires when the day it names is over."""
    today = datetime.combine(scope.today, datetime.min.time(), UTC)
    now, soon = instant_text(today), instant_text(today + timedelta(days=scope.days + 1))
    found.stock, found.expired, found.expiring = await asyncio.gather(
        reader.count("Device", scope.stock),
        reader.count("Device", And((scope.stock, Range("expiration_date", hi_upto=now)))),
        reader.count("Device", And((scope.stock, Range("expiration_date", hi_after=now, hi_upto=soon)))),
    )


async def _failures(found: Statistics, reader: Reader, scope: Scope) -> None:
    (tally,) = await reader.tally("AuditEvent", scope.failures, [Facet("outcome")])
    found.failures = tally.counts


_COUNTING: Final = {"procedures": _procedures, "stock": _stock, "failures": _failures}
_MOST_TEXTS: Final = 10_000  # months, kinds of devices
