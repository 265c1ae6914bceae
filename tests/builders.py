"""The least valid documents, plus what a test is about."""

from __future__ import annotations

from typing import Any

DMI_PROCEDURE = "https://interop.esante.gouv.fr/ig/fhir/tdmi/StructureDefinition/dmi-procedure"
DISCRIMINATOR = "https://interop.esante.gouv.fr/ig/fhir/tdmi/CodeSystem/dmi-discriminator"

Document = dict[str, Any]


def procedure(**changes: Any) -> Document:
    """A Procedure that is valid against the DMI profile; a change of None takes an element away."""
    document = {
        "resourceType": "Procedure",
        "identifier": [{"type": {"coding": [{"system": DISCRIMINATOR, "code": "idIntervention"}]}, "value": "I-1"}],
        "status": "completed",
        "subject": {"reference": "Patient/p1"},
        "performedDateTime": "2024-02-29",
        "performer": [
            {"actor": {"reference": "Practitioner/s1"}, "onBehalfOf": {"reference": "Organization/o1"}},
        ],
        "bodySite": [{"text": "cheville"}],
        "focalDevice": [{"manipulated": {"reference": "Device/d1"}}],
    }
    return _changed(document, changes)


def patient(**changes: Any) -> Document:
    """A Patient with a name and a birth date."""
    document = {
        "resourceType": "Patient",
        "id": "p1",
        "identifier": [{"system": "urn:oid:1.2.250.1.213.1.4.8", "value": "280079912345678"}],
        "name": [{"family": "Martin", "given": ["Zoé"]}],
        "birthDate": "1980-07-01",
    }
    return _changed(document, changes)


def practitioner(**changes: Any) -> Document:
    """A Practitioner with a name."""
    return _changed({"resourceType": "Practitioner", "id": "s1", "name": [{"family": "Durand"}]}, changes)


def organization(**changes: Any) -> Document:
    """An Organization with a name."""
    return _changed({"resourceType": "Organization", "id": "o1", "name": "CHU"}, changes)


def device(**changes: Any) -> Document:
    """A Device with a lot."""
    return _changed({"resourceType": "Device", "id": "d1", "lotNumber": "LOT-1"}, changes)


def _changed(document: Document, changes: Document) -> Document:
    return {key: value for key, value in {**document, **changes}.items() if value is not None}
