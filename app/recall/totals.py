"""How large a recall is, exactly, whatever its size: the store counts, and only contained devices are read one by one.

| total            | counted from                                                                                |
|------------------|---------------------------------------------------------------------------------------------|
| procedures       | procedures that refer to a device of the recall, and those that contain one                 |
| devices          | stored devices of these, devices that name a patient without a procedure, contained devices |
| patients         | the patients of all of these (`app.recall.patients`)                                        |
| byOrganization   | procedures by the organizations that performers acted for                                   |
| byMonth          | procedures by month, in UTC                                                                 |
| withoutProcedure | devices that name a patient and have no procedure, whatever the period that is asked for    |
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from app.errors import TooCostly
from app.recall.filters import containing, implanted, referring, using, without_procedure
from app.recall.finding import contained_of
from app.recall.naming import named
from app.recall.patients import count_persons, is_named
from app.recall.reading import every_page, local_id
from app.search.algebra import And, Facet, Not, Search
from app.search.values import search_values

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Mapping

    from app.fhir.resource import Resource
    from app.recall.criteria import Criteria
    from app.recall.reading import Reader

MOST_CONTAINED: Final = 20_000
"""So many procedures that contain such devices are read at most."""

_MOST_TEXTS: Final = 100_000  # organizations, months
_PAGE: Final = 500


@dataclass(slots=True)
class Totals:
    """Those that were asked for; the others are empty. `by_organization`: ids (of foreign ones addresses) → procedures;
    `by_month`: "2024-02" → procedures."""

    procedures: int = 0
    patients: int = 0
    devices: int = 0
    without_procedure: int = 0
    by_organization: Counter[str] = field(default_factory=Counter)
    by_month: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class _Contained:
    """The contained devices of the recall, and the procedures that refer to no stored device of it beside them."""

    devices: list[Resource] = field(default_factory=list)
    procedures: list[Resource] = field(default_factory=list)


async def totals(reader: Reader, criteria: Criteria, names: Collection[str], base: str) -> Totals:
    """The totals of these names, as the table above has them; independent ones are counted at the same time.

    Raises TooCostly where more procedures than MOST_CONTAINED contain such devices."""
    criteria = await named(reader, criteria, base)
    inside = await _contained(reader, criteria, base) if set(names) & _OF_PROCEDURES else _Contained()
    counting = _Counting(reader, criteria, base, inside)
    counts: dict[str, Callable[[Totals], Awaitable[None]]] = {
        "procedures": counting.procedures,
        "patients": counting.patients,
        "devices": counting.devices,
        "withoutProcedure": counting.without_procedure,
    }
    found = Totals()
    facets = {name: facet for name, facet in _FACETS.items() if name in names}
    await asyncio.gather(
        *(count(found) for name, count in counts.items() if name in names),
        *([counting.facets(found, facets)] if facets else []),
    )
    return found


_FACETS: Final = {"byOrganization": Facet("on_behalf_of"), "byMonth": Facet("date", length=len("2024-02"))}
_OF_PROCEDURES: Final = {"procedures", "patients", "devices", *_FACETS}


@dataclass(frozen=True, slots=True)
class _Counting:
    """Each method fills in its part of the totals."""

    reader: Reader
    criteria: Criteria
    base: str
    contained: _Contained

    async def procedures(self, found: Totals) -> None:
        stored = await self.reader.count("Procedure", using(self.criteria, self.base))
        found.procedures = stored + len(self.contained.procedures)

    async def patients(self, found: Totals) -> None:
        others = [procedure.get("subject") for procedure in self.contained.procedures]
        others += [device["patient"] for device in self.contained.devices if is_named(device.get("patient"))]
        found.patients = await count_persons(self.reader, self.criteria, others, self.base)

    async def devices(self, found: Totals) -> None:
        parts = implanted(self.criteria, self.base)
        stored = await asyncio.gather(*(self.reader.count("Device", part) for part in parts))
        found.devices = sum(stored) + len(self.contained.devices)

    async def without_procedure(self, found: Totals) -> None:
        found.without_procedure = await self.reader.count("Device", without_procedure(self.criteria, self.base))

    async def facets(self, found: Totals, facets: Mapping[str, Facet]) -> None:
        filter_ = using(self.criteria, self.base)
        tallies = await self.reader.tally("Procedure", filter_, list(facets.values()), _MOST_TEXTS)
        counted = {name: tally.counts for name, tally in zip(facets, tallies, strict=True)}
        organizations: Counter[str] = Counter(counted.get("byOrganization", {}))
        months: Counter[str] = Counter(counted.get("byMonth", {}))
        for values in map(search_values, self.contained.procedures):
            organizations.update(values.values.get("on_behalf_of", ()))
            months.update(text[: len("2024-02")] for text in (values.sort.get("date"),) if text)
        found.by_month = months
        for text, count in organizations.items():
            found.by_organization[local_id("Organization", text, self.base) or text] += count


async def _contained(reader: Reader, criteria: Criteria, base: str) -> _Contained:
    contain = containing(criteria, base)
    count = await reader.count("Procedure", contain)
    if count > MOST_CONTAINED:
        raise TooCostly(
            f"More than {MOST_CONTAINED} procedures contain such devices, which are counted one by one. Ask for a "
            "shorter period or one organization, or leave the totals out.",
            f"Plus de {MOST_CONTAINED} interventions contiennent de tels dispositifs, comptés un à un. Demandez une "
            "période plus courte ou un établissement, ou retirez les totaux.",
            rule="recall-contained",
        )
    found = _Contained()
    refers = referring(criteria, base)
    for filter_, alone in ((And((contain, Not(refers))), True), (And((contain, refers)), False)) if count else ():
        async for rows in every_page(reader, "Procedure", Search(filter_, count=_PAGE)):
            procedures = [row.resource for row in rows]
            inside = await contained_of(reader, criteria, procedures, base)
            found.devices.extend(device for each in inside for device in each.values())
            if alone:
                found.procedures.extend(each for each, own in zip(procedures, inside, strict=True) if own)
    return found
