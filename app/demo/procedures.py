"""One operation as FHIR documents: the stay, the diagnosis, and a Procedure for each implant it moves.

The guide allows one focal device per Procedure, so an operation with three implants is three Procedures.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final, Literal

from app.demo.acts import SPECIALTIES, Act, Term
from app.demo.datatypes import CCAM, DISCRIMINATOR, ICD_10, SNOMED, concept, identifier, profiled, reference
from app.demo.dates import LAST_DAY

if TYPE_CHECKING:
    from app.demo.reference_data import Hospital
    from app.fhir.resource import Resource

Action = Literal["implantation", "explantation"]

_ACTIONS: Final = {
    "implantation": concept(SNOMED, "129336009", "Implantation"),
    "explantation": concept(SNOMED, "129303008", "Explantation"),
}
_SURGERY: Final = concept(SNOMED, "387713003", "Acte chirurgical")
_ENCOUNTER_CLASS: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
_CONDITION: Final = "http://terminology.hl7.org/CodeSystem"


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation as it was planned and what became of it. `key` is the end of every id that belongs to it."""

    prefix: str
    key: str
    patient: str
    hospital: Hospital
    act: Act
    ccam: Term
    site: Term
    day: date
    start: str
    status: str
    surgeon: str
    room: str
    stay: bool
    diagnosis: bool
    removal: bool
    implants: tuple[str, ...]

    @property
    def done(self) -> bool:
        """Whether the patient bears the implants afterwards."""
        return self.status in ("completed", "in-progress")

    @property
    def stay_number(self) -> str:
        """The number of the stay, unique in the hospital."""
        return f"S{self.key.replace('-', '')}"


def encounter(operation: Operation) -> Resource:
    """The stay of an operation."""
    hospital, act = operation.hospital, operation.act
    end = operation.day + timedelta(days=act.nights)
    ended = end <= LAST_DAY and operation.status != "in-progress"
    period = {"start": operation.day.isoformat(), **({"end": end.isoformat()} if ended else {})}
    kind = ("IMP", "inpatient encounter") if act.nights else ("AMB", "ambulatory")
    return {
        "resourceType": "Encounter",
        "id": f"{operation.prefix}-encounter-{operation.key}",
        "identifier": [
            {"system": f"https://{hospital.entry.host}/sejour", "value": operation.stay_number},
        ],
        "status": "finished" if ended else "in-progress",
        "class": {"system": _ENCOUNTER_CLASS, "code": kind[0], "display": kind[1]},
        "subject": reference("Patient", operation.patient),
        "period": period,
        "serviceProvider": reference("Organization", hospital.services[act.specialty]),
    }


def condition(operation: Operation) -> Resource:
    """The diagnosis that led to an operation."""
    found: Resource = {
        "resourceType": "Condition",
        "id": f"{operation.prefix}-condition-{operation.key}",
        "clinicalStatus": {"coding": [{"system": f"{_CONDITION}/condition-clinical", "code": "active"}]},
        "verificationStatus": {"coding": [{"system": f"{_CONDITION}/condition-ver-status", "code": "confirmed"}]},
        "code": concept(ICD_10, *operation.act.reason),
        "subject": reference("Patient", operation.patient),
        "recordedDate": operation.day.isoformat(),
    }
    if operation.stay:
        found["encounter"] = reference("Encounter", f"{operation.prefix}-encounter-{operation.key}")
    return found


def procedure(operation: Operation, rank: int, device_id: str, action: Action) -> Resource:
    """What an operation did with one implant (profile dmi-procedure); `rank` counts its implants from 1."""
    host, prefix = operation.hospital.entry.host, operation.prefix
    specialty = SPECIALTIES[operation.act.specialty]
    number = f"{operation.day.year}-{operation.key}-{rank}"
    found: Resource = {
        **profiled("Procedure", f"{prefix}-procedure-{operation.key}-{rank}", "dmi-procedure"),
        "identifier": [
            identifier(DISCRIMINATOR, "idIntervention", f"https://{host}/intervention", number),
        ],
        "status": operation.status,
        "category": _SURGERY,
        "code": concept(CCAM, *operation.ccam),
        "subject": reference("Patient", operation.patient),
        "performedDateTime": operation.start,
        "performer": [
            {
                "function": concept(SNOMED, *specialty.function),
                "actor": reference("Practitioner", operation.surgeon),
                "onBehalfOf": reference("Organization", operation.hospital.id),
            }
        ],
        "location": reference("Location", operation.room),
        "bodySite": [concept(SNOMED, *operation.site)],
        "focalDevice": [{"action": _ACTIONS[action], "manipulated": reference("Device", device_id)}],
    }
    if operation.stay:
        found["identifier"].append(
            identifier(DISCRIMINATOR, "numSejour", f"https://{host}/sejour", operation.stay_number)
        )
        found["encounter"] = reference("Encounter", f"{prefix}-encounter-{operation.key}")
    if operation.diagnosis:
        found["reasonReference"] = [reference("Condition", f"{prefix}-condition-{operation.key}")]
    if operation.status == "not-done":
        found["statusReason"] = {"text": "Intervention reportée"}
    return found
