"""`Patient.implants`, `Organization.implants` and `Device.implantedIn`: which lots a patient carries, and the like.
Law: French public health code, R. 5212-36 to R. 5212-42.

First pages below all resources of a level come by one store command for procedures and one for devices.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from app.errors import TooCostly
from app.recall.filters import COUNTED, FOCAL, USED, VALID, borne
from app.recall.finding import device_identifiers, device_ids
from app.recall.implants import Devices, contained_devices, implants
from app.recall.implants import borne as alone
from app.recall.listing import NEWEST, Listing
from app.recall.merging import LINKS, links
from app.recall.reading import forms, local_id
from app.recall.resolving import identified
from app.schema.implants import AFTER, FIRST, ImplantList, entered
from app.schema.rows import ALONE
from app.schema.types.fields import ResolvedField, list_of, nullable
from app.search.algebra import And, In, Or, Search

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from strawberry.types import Info

    from app.fhir.resource import Resource
    from app.recall.implants import Implant
    from app.schema.context import Context
    from app.schema.implants import ImplantTypes
    from app.schema.types.derive import FhirTypes
    from app.store.repository import Page, Row

PARAMETERS: Final[Mapping[str, Mapping[str, str]]] = {
    "Patient": {"Procedure": "patient", "Device": "patient"},
    "Organization": {"Procedure": "on_behalf_of", "Device": "organization"},
}
"""Type → the search parameters by which procedures and devices name a resource of it."""

_AT_ONCE: Final = 20
_FEW: Final = 3


def add_implant_lists(types: FhirTypes, implant_types: ImplantTypes) -> None:
    """Put the fields on top of the FHIR types."""
    described = {
        "Patient": "Every device implanted or taken out, also under records merged with this one; the newest first.",
        "Organization": "Every device implanted or taken out on its behalf, and its own ones that only name a patient.",
    }
    for name, description in described.items():
        shown = nullable(implant_types.connection)
        types.add(name, [ResolvedField.of("implants", shown, description, _lister_of(name), [FIRST, AFTER])])
    description = "The procedures that implanted, moved or took out this device, the newest first."
    types.add("Device", [ResolvedField.of("implantedIn", list_of(implant_types.implant), description, _implanted_in)])


def _lister_of(name: str) -> Any:
    devices = {"Patient": lambda base: VALID, "Organization": borne}[name]

    async def resolve(source: Resource, info: Info[Context, None], /, **arguments: Any) -> ImplantList | None:
        context = info.context
        if not _is_stored(source, context):
            return None
        records = await _records(source, context) if name == "Patient" else {source["id"]}
        listing = Listing.of(f"{name}.implants/{source['id']}", COUNTED, devices(context.search_base))
        return ImplantList.of(listing, Below(name, sorted(records), context), arguments, context.max_rows)

    return resolve


@dataclass(frozen=True, slots=True)
class Below:
    """The implants of one patient, who may have several records, or of one organization: a `Source` of listings."""

    type: str
    ids: Sequence[str]
    context: Context

    async def walk(self, type: str, search: Search) -> Page:  # noqa: A002 - FHIR's word
        """The resources that refer to one of the records; first pages are batched with those of other parents."""
        parameter, target = PARAMETERS[self.type][type], self._target()
        if search.after is None and len(self.ids) == 1:
            return await self.context.loaders.related(type, parameter, target, search)
        return await self.context.loaders.page(
            type, replace(search, filter=And((In(parameter, target), search.filter)))
        )

    async def of_procedures(self, procedures: Sequence[Resource]) -> Sequence[Sequence[Implant]]:
        """Those of all devices; where a device names another patient, it stands in the list of that one."""
        base, load = self.context.search_base, self.context.loaders.load
        ids = device_ids(procedures, base)
        found = dict(zip(ids, await asyncio.gather(*(load("Device", id_) for id_ in ids)), strict=True))
        stored = {id_: device for id_, device in found.items() if device}
        named = await identified(self.context.repository, "Device", sorted(device_identifiers(procedures)))
        every = [implants(each, Devices(stored, contained_devices(each), named), base) for each in procedures]
        return [[implant for implant in own if implant.named_by == "procedure"] for own in every]

    async def of_devices(self, devices: Sequence[Resource]) -> Sequence[Sequence[Implant]]:
        """A patient's device tells where no procedure on that patient does."""
        told = await asyncio.gather(*(self._told(device) for device in devices)) if self.type == "Patient" else ()
        return [[] if any(told[number : number + 1]) else [alone(device)] for number, device in enumerate(devices)]

    async def _told(self, device: Resource) -> bool:
        """Whether a procedure on the patient refers to the device."""
        target = forms("Device", device["id"], self.context.search_base)
        first = Search(COUNTED, count=_FEW)
        related = self.context.loaders.related
        pages = await asyncio.gather(*(related("Procedure", parameter, target, first) for parameter in (FOCAL, USED)))
        base = self.context.search_base
        subjects = [row.resource.get("subject") for page in pages for row in page.rows]
        if any(local_id("Patient", subject, base) in self.ids for subject in subjects):
            return True
        if not any(page.has_next for page in pages):
            return False
        uses = Or((In(FOCAL, target), In(USED, target)))
        own = And((COUNTED, uses, In("patient", self._target())))
        return bool((await self.context.repository.search("Procedure", Search(own, count=1))).rows)

    def _target(self) -> tuple[str, ...]:
        base = self.context.search_base
        return tuple(form for id_ in self.ids for form in forms(self.type, id_, base))


async def _implanted_in(source: Resource, info: Info[Context, None]) -> list[Implant] | None:
    context = info.context
    if not _is_stored(source, context):
        return None
    target = forms("Device", source["id"], context.search_base)
    found = await asyncio.gather(*(_every(parameter, target, context) for parameter in (FOCAL, USED)))
    rows = {row.position.id: row for rows in found for row in rows}
    devices = Devices({source["id"]: source}, {})
    newest = sorted(rows.values(), key=lambda row: row.position.keys[0] or "", reverse=True)
    told = [each for row in newest for each in implants(row.resource, devices, context.search_base)]
    if not told and (source.get("patient") and source.get("status") != "entered-in-error"):
        told = [alone(source)]
    return [entered(each, context) for each in told]


async def _every(parameter: str, target: tuple[str, ...], context: Context) -> list[Row]:
    """All procedures that refer to a device; the first ones are batched with those of other devices. Raises TooCostly
    where they are more than a page may have."""
    search = Search(COUNTED, NEWEST, _AT_ONCE)
    page = await context.loaders.related("Procedure", parameter, target, search)
    rows = list(page.rows)
    rest = Search(And((In(parameter, target), COUNTED)), NEWEST, ALONE)
    while page.has_next:
        # A page of these counts among the rows of the request, whatever this one has already read of them.
        page = await context.loaders.page("Procedure", replace(rest, after=rows[-1].position))
        rows.extend(page.rows)
        if len(rows) > context.max_rows:
            raise TooCostly(
                f"More than {context.max_rows} procedures refer to the device. Ask for them by pages: "
                'ProcedureConnection(_reference: "focal_device").',
                f"Plus de {context.max_rows} interventions se réfèrent au dispositif. Demandez-les page par page : "
                'ProcedureConnection(_reference: "focal_device").',
                rule="implantedIn",
            )
    return rows


async def _records(patient: Resource, context: Context) -> set[str]:
    """The ids of a patient's record and of those merged with it, over any number of merges; each step is a batch."""
    base, load = context.search_base, context.loaders.load
    seen: set[str] = set()
    waiting = {patient["id"]: patient}
    while waiting:
        seen |= waiting.keys()
        merged = await asyncio.gather(*(_merged_with(each, context) for each in waiting.values()))
        near = {id_ for ids in merged for id_ in ids}
        near |= {id_ for each in waiting.values() for id_ in links(each, base)}
        ids = sorted(near - seen)
        found = zip(ids, await asyncio.gather(*(load("Patient", id_) for id_ in ids)), strict=True)
        waiting = {id_: record for id_, record in found if record}
        seen |= set(ids)
    return seen


async def _merged_with(patient: Resource, context: Context) -> set[str]:
    """The ids of the records that say they were merged with this one."""
    target, first = forms("Patient", patient["id"], context.search_base), Search(count=_FEW)
    related = context.loaders.related
    pages = await asyncio.gather(*(related("Patient", parameter, target, first) for parameter in LINKS))
    rows = [row for page in pages for row in page.rows]
    if any(page.has_next for page in pages):
        every = Search(Or(tuple(In(parameter, target) for parameter in LINKS)), count=ALONE)
        page = await context.loaders.page("Patient", every)
        rows = list(page.rows)
        while page.has_next:
            page = await context.loaders.page("Patient", replace(every, after=rows[-1].position))
            rows.extend(page.rows)
    return {row.position.id for row in rows}


def _is_stored(resource: Resource, context: Context) -> bool:
    return isinstance(resource.get("id"), str) and context.containers.place(resource) == "stored"
