"""FHIR data types as plain JSON, and the URIs the example data uses.

Where the guide names no code system, the URI is the one of the national terminology server, smt.esante.gouv.fr.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from app.fhir.resource import Json

TDMI: Final = "https://interop.esante.gouv.fr/ig/fhir/tdmi"
TDE: Final = "https://interop.esante.gouv.fr/ig/fhir/tde"
_EVENTS: Final = "https://mos.esante.gouv.fr/NOS/TRE_R254-TypeEvenement/FHIR/TRE-R254-TypeEvenement"
EVENT_TYPES: Final = f"{_EVENTS}/TRE_R254-TypeEvenement-FHIR"
DISCRIMINATOR: Final = f"{TDMI}/CodeSystem/dmi-discriminator"
FR_IDENTIFIER_TYPE: Final = "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203"
HL7_IDENTIFIER_TYPE: Final = "http://terminology.hl7.org/CodeSystem/v2-0203"
SNOMED: Final = "http://snomed.info/sct"
CCAM: Final = "https://smt.esante.gouv.fr/terminologie-ccam"
EMDN: Final = "https://smt.esante.gouv.fr/terminologie-emdn"
ICD_10: Final = "https://smt.esante.gouv.fr/terminologie-cim-10"
GS1: Final = "http://hl7.org/fhir/NamingSystem/gs1"


def profiled(resource_type: str, id: str, profile: str) -> dict[str, Json]:  # noqa: A002 - FHIR's word
    """The start of a resource that claims a profile of the guide, given by its short name ("dmi-device")."""
    return {
        "resourceType": resource_type,
        "id": id,
        "meta": {"profile": [f"{TDMI}/StructureDefinition/{profile}"]},
    }


def extension(name: str, kind: str, value: Json) -> dict[str, Json]:
    """An extension of the guide by its short name ("dmi-code-emdn") and the JSON name of its value ("valueCode")."""
    return {"url": f"{TDMI}/StructureDefinition/{name}", kind: value}


def concept(system: str, code: str, display: str) -> dict[str, Json]:
    """A CodeableConcept with one coding."""
    return {"coding": [{"system": system, "code": code, "display": display}]}


def identifier(type_system: str, type_code: str, system: str, value: str, use: str = "") -> dict[str, Json]:
    """An Identifier whose type has one coding; `use` is left out where it is empty."""
    start: dict[str, Json] = {"use": use} if use else {}
    kind = {"coding": [{"system": type_system, "code": type_code}]}
    return {**start, "type": kind, "system": system, "value": value}


def reference(resource_type: str, id: str) -> dict[str, Json]:  # noqa: A002 - FHIR's word
    """A relative Reference."""
    return {"reference": f"{resource_type}/{id}"}
