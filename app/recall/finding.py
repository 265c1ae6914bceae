"""Which devices of the procedures that a recall found are meant, and what was done with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from app.fhir.reference import Contained, parse
from app.recall.filters import devices
from app.recall.implants import (
    Devices,
    borne,
    contained_devices,
    device_references,
    identifier_of,
    implants,
    items,
)
from app.recall.matching import matches
from app.recall.merging import persons_of
from app.recall.reading import every_row, local_id
from app.search.algebra import ID, And, In, Search
from app.search.values import search_values

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.fhir.resource import Json, Resource
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
        ids = device_ids(procedures, self.base)
        stored = {device["id"]: device for device in await self._meant(ID, ids)}
        used = device_identifiers(procedures)
        identified = {
            text: device
            for device in await self._meant("identifier", sorted(used.intersection(self.criteria.identifiers)))
            for text in search_values(device).values["identifier"]
        }
        contained = await contained_of(self.reader, self.criteria, procedures, self.base)
        told = [
            implants(procedure, Devices(stored, inside, identified), self.base)
            for procedure, inside in zip(procedures, contained, strict=True)
        ]
        return await self._once_a_person(told)

    async def of_devices(self, devices: Sequence[Resource]) -> Sequence[Sequence[Implant]]:
        """Each device tells."""
        return [[borne(device)] for device in devices]

    async def _meant(self, parameter: str, texts: Sequence[str]) -> list[Resource]:
        """The stored devices that meet the criteria, of those with one of the texts."""
        wanted = devices(self.criteria, self.base)
        return [
            row.resource
            for start in range(0, len(texts), _AT_ONCE)
            async for row in every_row(
                self.reader,
                "Device",
                Search(And((In(parameter, tuple(texts[start : start + _AT_ONCE])), wanted)), count=_AT_ONCE),
            )
        ]

    async def _once_a_person(self, told: Sequence[Sequence[Implant]]) -> Sequence[Sequence[Implant]]:
        """Without the patients that a device names beside a procedure, where both records were merged into one."""
        beside = [each for own in told for each in own if each.named_by == "device"]
        if not beside:
            return told
        pairs = {id(each): [local_id("Patient", one, self.base) for one in _patients(each)] for each in beside}
        persons = await persons_of(self.reader, {one for pair in pairs.values() for one in pair if one}, self.base)
        same = {key for key, (one, other) in pairs.items() if one and other and persons.of(one) == persons.of(other)}
        return [[each for each in own if id(each) not in same] for own in told]


def device_ids(procedures: Sequence[Resource], base: str) -> list[str]:
    """The ids of the stored devices that procedures refer to."""
    named = (local_id("Device", each, base) for procedure in procedures for each in device_references(procedure))
    return sorted({id_ for id_ in named if id_})


def device_identifiers(procedures: Sequence[Resource]) -> set[str]:
    """The identifiers by which procedures name devices."""
    named = (identifier_of(each) for procedure in procedures for each in device_references(procedure))
    return {text for text in named if text}


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


def _patients(implant: Implant) -> tuple[Json, Json]:
    """Whom the implant names, and whom its procedure does."""
    return implant.patient, (implant.procedure or {}).get("subject")


def _definition(procedure: Resource, device: Resource, stored: Mapping[str, Resource], base: str) -> Resource | None:
    reference = device.get("definition")
    parsed = parse(reference)
    if isinstance(parsed, Contained):
        inside = [each for each in items(procedure, "contained") if each.get("resourceType") == "DeviceDefinition"]
        return next((each for each in inside if each.get("id") == parsed.id), None)
    return stored.get(local_id("DeviceDefinition", reference, base) or "")
