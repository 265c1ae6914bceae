"""Which devices of the procedures that a recall found are meant, and what was done with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from app.fhir.reference import Contained, parse
from app.recall.filters import devices
from app.recall.implants import Devices, borne, contained_devices, device_references, implants, items
from app.recall.matching import matches
from app.recall.reading import local_id
from app.search.algebra import ID, And, In, Search

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.fhir.resource import Resource
    from app.recall.criteria import Criteria
    from app.recall.implants import Implant
    from app.recall.reading import Reader
    from app.store.repository import Page

_AT_ONCE: Final = 500  # ids in one command


@dataclass(frozen=True, slots=True)
class RecallSource:
    """The implants of a recall: a `Source` of listings."""

    reader: Reader
    criteria: Criteria
    base: str

    async def walk(self, type: str, search: Search) -> Page:  # noqa: A002 - FHIR's word
        """As `Repository.search`."""
        return await self.reader.search(type, search)

    async def of_procedures(self, procedures: Sequence[Resource]) -> Sequence[Sequence[Implant]]:
        """Those of the devices that meet the criteria: of stored ones the store says so, by the very filter that found
        the procedures."""
        wanted, ids = devices(self.criteria, self.base), device_ids(procedures, self.base)
        stored: dict[str, Resource] = {}
        for start in range(0, len(ids), _AT_ONCE):
            some = tuple(ids[start : start + _AT_ONCE])
            page = await self.reader.search("Device", Search(And((In(ID, some), wanted)), count=len(some)))
            stored.update((row.position.id, row.resource) for row in page.rows)
        contained = await contained_of(self.reader, self.criteria, procedures, self.base)
        return [
            implants(procedure, Devices(stored, inside), self.base)
            for procedure, inside in zip(procedures, contained, strict=True)
        ]

    async def of_devices(self, devices: Sequence[Resource]) -> Sequence[Sequence[Implant]]:
        """Each device tells."""
        return [[borne(device)] for device in devices]


def device_ids(procedures: Sequence[Resource], base: str) -> list[str]:
    """The ids of the stored devices that procedures refer to."""
    named = (local_id("Device", each, base) for procedure in procedures for each in device_references(procedure))
    return sorted({id_ for id_ in named if id_})


async def contained_of(
    reader: Reader, criteria: Criteria, procedures: Sequence[Resource], base: str
) -> list[Mapping[str, Resource]]:
    """For each procedure its contained devices, each of which meets all criteria by itself."""
    wanted = devices(criteria, base)
    definitions = await _definitions(reader, procedures, base)
    return [
        {
            key: device
            for key, device in contained_devices(procedure).items()
            if matches(wanted, device, _definition(procedure, device, definitions, base))
        }
        for procedure in procedures
    ]


async def _definitions(reader: Reader, procedures: Sequence[Resource], base: str) -> Mapping[str, Resource]:
    """The stored definitions of contained devices, by id."""
    named = {
        local_id("DeviceDefinition", device.get("definition"), base)
        for procedure in procedures
        for device in contained_devices(procedure).values()
    }
    ids = sorted(id_ for id_ in named if id_)
    return await reader.read("DeviceDefinition", ids) if ids else {}


def _definition(procedure: Resource, device: Resource, stored: Mapping[str, Resource], base: str) -> Resource | None:
    reference = device.get("definition")
    parsed = parse(reference)
    if isinstance(parsed, Contained):
        inside = [each for each in items(procedure, "contained") if each.get("resourceType") == "DeviceDefinition"]
        return next((each for each in inside if each.get("id") == parsed.id), None)
    return stored.get(local_id("DeviceDefinition", reference, base) or "")
