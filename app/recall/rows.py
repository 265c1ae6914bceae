"""A recall as a table: one row for each implant, with the names and numbers that people call and check by."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from app.fhir.reference import Target, parse
from app.recall.filters import involving, listed_without_procedure
from app.recall.finding import RecallSource
from app.recall.implants import items
from app.recall.listing import NEWEST, Listing, edges_of
from app.recall.merging import is_deceased, survivors
from app.recall.naming import named
from app.recall.resolving import resolved
from app.search.tracing import udi_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from app.fhir.resource import Json, Resource
    from app.recall.criteria import Criteria
    from app.recall.implants import Implant
    from app.recall.reading import Reader
    from app.search.algebra import SortKey

COLUMNS: Final = {
    "date": "date",
    "action": "geste",
    "explanted": "explanté",
    "status": "statut",
    "udiDi": "IUD-ID",
    "lot": "lot",
    "serial": "numéro de série",
    "expiry": "péremption",
    "manufacturer": "fabricant",
    "device": "dispositif",
    "patient": "patient",
    "identifier": "identifiant",
    "name": "nom",
    "birthDate": "date de naissance",
    "deceased": "décédé",
    "mergedInto": "fusionné dans",
    "practitioner": "praticien",
    "organization": "établissement",
    "procedure": "intervention",
    "namedBy": "patient désigné par",
}
"""The columns, in order, and what they are called in French."""

AT_ONCE: Final = 200
_INS: Final = "urn:oid:1.2.250.1.213.1.4."
"""How the systems of the national identity (INS) begin: https://interop.esante.gouv.fr/terminologies/"""


async def recall_rows(reader: Reader, criteria: Criteria, base: str) -> AsyncIterator[list[Mapping[str, str]]]:
    """The rows of a recall, newest first, AT_ONCE at a time: memory does not grow with them."""
    criteria = await named(reader, criteria, base)
    listing = recall_listing(criteria, base)
    source = RecallSource(reader, criteria, base)
    waiting: list[Implant] = []
    async with aclosing(edges_of(listing, source, AT_ONCE)) as edges:
        async for edge in edges:
            waiting.append(edge.implant)
            if len(waiting) == AT_ONCE:
                yield await _rows(reader, waiting, base)
                waiting = []
    if waiting:
        yield await _rows(reader, waiting, base)


def recall_listing(criteria: Criteria, base: str, sort: tuple[SortKey, ...] = NEWEST) -> Listing:
    """All implants of a recall. Its cursors hold, whichever identifiers `app.recall.naming` finds from page to page."""
    asked = replace(criteria, identifiers=(), identifiers_within=())
    mark = Listing.of("ImplantRecall", involving(asked, base), listed_without_procedure(asked, base), sort).mark
    return Listing(involving(criteria, base), listed_without_procedure(criteria, base), sort, mark)


async def _rows(reader: Reader, implants: Sequence[Implant], base: str) -> list[Mapping[str, str]]:
    """One command for each type of what the implants refer to."""
    patients = await _resolved(reader, "Patient", implants, [each.patient for each in implants], base)
    ids = {patient["id"] for patient in patients if patient and "id" in patient}
    merged = await survivors(reader, sorted(ids), base)
    practitioners = await _practitioners(reader, implants, base)
    owners = [each.organization for each in implants]
    organizations = await _resolved(reader, "Organization", implants, owners, base)
    return [
        {
            **_device(each.device),
            **_procedure(each),
            **_patient(each.patient, patient or {}, merged),
            "practitioner": _name(practitioner or {}) or _display(each.practitioner),
            "organization": _text((organization or {}).get("name")) or _display(each.organization),
        }
        for each, patient, practitioner, organization in zip(
            implants, patients, practitioners, organizations, strict=True
        )
    ]


async def _resolved(
    reader: Reader, type_name: str, implants: Sequence[Implant], references: Sequence[Json], base: str
) -> list[Resource | None]:
    containers = [each.procedure if each.named_by == "procedure" else each.device for each in implants]
    return await resolved(reader, type_name, list(zip(references, containers, strict=True)), base)


async def _practitioners(reader: Reader, implants: Sequence[Implant], base: str) -> list[Resource | None]:
    """The practitioners, also those behind a PractitionerRole."""
    actors = [each.practitioner for each in implants]
    roles = await _resolved(reader, "PractitionerRole", implants, actors, base)
    people = [role.get("practitioner") if role else actor for role, actor in zip(roles, actors, strict=True)]
    return await _resolved(reader, "Practitioner", implants, people, base)


def _device(device: Resource) -> dict[str, str]:
    """What identifies a device: its own elements, else what its UDI string says."""
    carriers = items(device, "udiCarrier")
    udis = [udi_of(carrier) for carrier in carriers]
    return {
        "udiDi": _first([carrier.get("deviceIdentifier") for carrier in carriers] + [udi.di for udi in udis]),
        "lot": _first([device.get("lotNumber"), *(udi.lot for udi in udis)]),
        "serial": _first([device.get("serialNumber"), *(udi.serial for udi in udis)]),
        "expiry": _first([device.get("expirationDate"), *(udi.expiry for udi in udis)]),
        "manufacturer": _text(device.get("manufacturer")),
        "device": _text(device.get("id")),
    }


def _procedure(implant: Implant) -> dict[str, str]:
    procedure = implant.procedure or {}
    return {
        "date": _text(implant.date),
        "action": _concept(implant.action),
        "explanted": str(implant.explanted).lower(),
        "status": _text(procedure.get("status")),
        "procedure": _text(procedure.get("id")),
        "namedBy": implant.named_by,
    }


def _patient(reference: Json, patient: Resource, merged: Mapping[str, str]) -> dict[str, str]:
    id_ = _text(patient.get("id"))
    target = parse(reference)
    return {
        "patient": id_ or (target.id if isinstance(target, Target) else ""),
        "identifier": _identifier(patient) or _identifier({"identifier": [_member(reference, "identifier")]}),
        "name": _name(patient) or _display(reference),
        "birthDate": _text(patient.get("birthDate")),
        "deceased": _text(patient.get("deceasedDateTime")) or str(is_deceased(patient)).lower(),
        "mergedInto": merged.get(id_, ""),
    }


def _identifier(patient: Resource) -> str:
    """The national identity where the record has it, else the first identifier."""
    known = items(patient, "identifier")
    national = [each for each in known if _text(each.get("system")).startswith(_INS)]
    return _first([each.get("value") for each in (*national, *known)])


def _name(person: Resource) -> str:
    """The official name, else the first one: "MARTIN Zoé" as it is written."""
    names = items(person, "name")
    name = next((each for each in names if each.get("use") == "official"), names[0] if names else {})
    given = name.get("given")
    parts = [name.get("family"), *(given if isinstance(given, list) else [])]
    return " ".join(filter(None, map(_text, parts))) or _text(name.get("text"))


def _concept(concept: Json) -> str:
    codings = items(concept, "coding") if isinstance(concept, dict) else []
    return _first([_member(concept, "text"), *(each.get(key) for key in ("display", "code") for each in codings)])


def _display(reference: Json) -> str:
    return _text(_member(reference, "display")) or _text(_member(reference, "reference"))


def _first(values: Sequence[Json]) -> str:
    return next(filter(None, map(_text, values)), "")


def _member(value: Json, name: str) -> Json:
    return value.get(name) if isinstance(value, dict) else None


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""
