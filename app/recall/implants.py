"""What happened to a device and to whom: one `Implant` for each device that a procedure moved, used or contains, and
one for each patient that a device names by itself.

Source: https://hl7.org/fhir/R4/procedure.html, https://hl7.org/fhir/R4/device.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from app.fhir.json import encode
from app.fhir.reference import Contained, logical, parse
from app.recall.reading import local_id
from app.search.normal import token

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from app.fhir.resource import Json, Resource

_SNOMED: Final = "http://snomed.info/sct"
EXPLANTING: Final = frozenset(
    {
        ("http://hl7.org/fhir/device-action", "explanted"),
        (_SNOMED, "129303008"),  # Removal - action
        (_SNOMED, "129306000"),  # Surgical removal - action
        (_SNOMED, "68526006"),  # Explantation
    }
)
"""(system, code) of the actions that take a device out: https://hl7.org/fhir/R4/valueset-device-action.html"""


@dataclass(frozen=True, slots=True)
class Implant:
    """A device and a patient. `named_by` tells who says so: the procedure, or the device itself by its `patient`.

    `patient`, `practitioner` and `organization` are References as documents have them, or None."""

    device: Resource
    named_by: Literal["procedure", "device"]
    patient: Json
    procedure: Resource | None = None
    action: Json = None
    explanted: bool = False
    date: Json = None
    practitioner: Json = None
    organization: Json = None


@dataclass(frozen=True, slots=True)
class Devices:
    """The devices of one procedure that are looked for: stored ones by id, contained ones by the id inside it, and
    stored ones by an identifier ("system|value")."""

    stored: Mapping[str, Resource]
    contained: Mapping[str, Resource]
    identified: Mapping[str, Resource] = field(default_factory=dict)


def device_references(procedure: Resource) -> Iterator[Json]:
    """The references to devices, those of focalDevice first."""
    for entry in items(procedure, "focalDevice"):
        yield entry.get("manipulated")
    yield from items(procedure, "usedReference")


def identifier_of(reference: Json) -> str | None:
    """The identifier in a Reference as "system|value"; None where there is none."""
    found = logical(reference)
    return token(found.system, found.value) if found else None


def contained_devices(procedure: Resource) -> dict[str, Resource]:
    """The contained devices by id; one without an id is found by its number, "#0" and so on, which is no FHIR id."""
    found = (each for each in items(procedure, "contained") if each.get("resourceType") == "Device")
    return {
        device["id"] if isinstance(device.get("id"), str) else f"#{number}": device
        for number, device in enumerate(found)
    }


def implants(procedure: Resource, devices: Devices, base: str) -> list[Implant]:
    """What a procedure did with the devices, each once for each action; then the patients that the devices name where
    that is another one than the procedure's."""
    focal: dict[tuple[str, bytes], tuple[str, Resource, Json]] = {}
    for entry in items(procedure, "focalDevice"):
        if found := _found(entry.get("manipulated"), devices, base):
            action = entry.get("action")
            focal.setdefault((found[0], encode(action)), (*found, action))
    moved = list(focal.values())
    seen = {key for key, _, _ in moved}
    others = [found for each in items(procedure, "usedReference") if (found := _found(each, devices, base))]
    others += [(f"#{id_}", device) for id_, device in devices.contained.items()]
    for key, device in others:
        if key not in seen:
            seen.add(key)
            moved.append((key, device, None))
    done = [_done(procedure, device, action) for _, device, action in moved]
    distinct = {id(each.device): each for each in done}
    return done + [other for each in distinct.values() if (other := _named_otherwise(each, base))]


def borne(device: Resource) -> Implant:
    """What a device says by itself, without a procedure."""
    return Implant(device, "device", device.get("patient"), organization=device.get("owner"))


def items(resource: Resource, name: str) -> list[Resource]:
    """The objects in a list of a document; what has another shape is passed over."""
    value = resource.get(name)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def performed_date(procedure: Resource) -> Json:
    """performedDateTime, or the start of performedPeriod, or its end where it has no start."""
    period = procedure.get("performedPeriod")
    period = period if isinstance(period, dict) else {}
    return procedure.get("performedDateTime") or period.get("start") or period.get("end")


def behalf(procedure: Resource) -> Json:
    """The first organization that a performer acted for."""
    return next((each["onBehalfOf"] for each in items(procedure, "performer") if each.get("onBehalfOf")), None)


def explants(action: Json) -> bool:
    """Whether an action, a CodeableConcept, takes a device out."""
    codings = items(action, "coding") if isinstance(action, dict) else []
    return any((coding.get("system"), coding.get("code")) in EXPLANTING for coding in codings)


def _found(reference: Json, devices: Devices, base: str) -> tuple[str, Resource] | None:
    parsed = parse(reference)
    if isinstance(parsed, Contained):
        inner = devices.contained.get(parsed.id)
        return (f"#{parsed.id}", inner) if inner else None
    device = devices.stored.get(local_id("Device", reference, base) or "")
    if device is None and (identifier := identifier_of(reference)):
        device = devices.identified.get(identifier)
    return (device["id"], device) if device else None


def _done(procedure: Resource, device: Resource, action: Json) -> Implant:
    actors = [each["actor"] for each in items(procedure, "performer") if isinstance(each.get("actor"), dict)]
    people = [actor for actor in actors if str(actor.get("reference")).rpartition("/")[0].endswith(_PEOPLE)]
    return Implant(
        device=device,
        named_by="procedure",
        patient=procedure.get("subject"),
        procedure=procedure,
        action=action,
        explanted=explants(action),
        date=performed_date(procedure),
        practitioner=next(iter(people or actors), None),
        organization=behalf(procedure),
    )


_PEOPLE: Final = ("Practitioner", "PractitionerRole")


def _named_otherwise(implant: Implant, base: str) -> Implant | None:
    named = implant.device.get("patient")
    if parse(named) is None or _same(named, implant.patient, base):
        return None
    return Implant(
        implant.device,
        "device",
        named,
        procedure=implant.procedure,
        date=implant.date,
        organization=implant.device.get("owner") or implant.organization,
    )


def _same(one: Json, other: Json, base: str) -> bool:
    ids = local_id("Patient", one, base), local_id("Patient", other, base)
    return ids[0] == ids[1] if any(ids) else parse(one) == parse(other)
