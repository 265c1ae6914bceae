"""The least valid resource of every served type, as raw material for the tests that change them at random."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.builders import device, organization, patient, practitioner, procedure

if TYPE_CHECKING:
    from tests.builders import Document

_PATIENT: Final = {"reference": "Patient/p1"}

_LEAST: Final[tuple[Document, ...]] = (
    procedure(),
    patient(),
    practitioner(),
    {"resourceType": "PractitionerRole", "practitioner": {"reference": "Practitioner/s1"}},
    organization(),
    device(udiCarrier=[{"deviceIdentifier": "03770004400010"}], expirationDate="2030"),
    {"resourceType": "DeviceDefinition", "deviceName": [{"name": "x", "type": "model-name"}]},
    {"resourceType": "Encounter", "status": "finished", "class": {"code": "IMP"}, "subject": _PATIENT},
    {"resourceType": "Location", "name": "Bloc 4", "position": {"longitude": 2, "latitude": 48}},
    {"resourceType": "Condition", "subject": _PATIENT, "onsetString": "x"},
    {"resourceType": "Observation", "status": "final", "code": {"text": "x"}, "valueInteger": 3},
    {"resourceType": "DiagnosticReport", "status": "final", "code": {"text": "x"}},
    {
        "resourceType": "DocumentReference",
        "status": "current",
        "content": [{"attachment": {"contentType": "text/plain", "data": "QUJD"}}],
    },
    {"resourceType": "ServiceRequest", "status": "active", "intent": "order", "subject": _PATIENT},
    {"resourceType": "CarePlan", "status": "active", "intent": "plan", "subject": _PATIENT},
    {"resourceType": "Group", "type": "device", "actual": True, "quantity": 3},
    {"resourceType": "RelatedPerson", "patient": _PATIENT},
    {
        "resourceType": "MedicationAdministration",
        "status": "completed",
        "medicationCodeableConcept": {"text": "x"},
        "subject": _PATIENT,
        "effectivePeriod": {"start": "2024-01-01T00:00:00Z", "end": "2024-01-02"},
    },
    {"resourceType": "SupplyRequest", "itemCodeableConcept": {"text": "x"}, "quantity": {"value": 1}},
    {"resourceType": "SupplyDelivery", "suppliedItem": {"itemReference": {"reference": "Device/d1"}}},
    {"resourceType": "DeviceRequest", "intent": "order", "codeCodeableConcept": {"text": "x"}, "subject": _PATIENT},
    {"resourceType": "Invoice", "status": "draft", "totalNet": {"value": 12, "currency": "EUR"}},
    {
        "resourceType": "AuditEvent",
        "type": {"code": "POS"},
        "recorded": "2024-01-01T00:00:00Z",
        "agent": [{"requestor": True}],
        "source": {"observer": {"display": "x"}},
    },
    {
        "resourceType": "Provenance",
        "target": [{"reference": "Procedure/1"}],
        "recorded": "2024-01-01T00:00:00Z",
        "agent": [{"who": {"reference": "Practitioner/s1"}}],
    },
    {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {
                "fullUrl": "urn:uuid:c757873d-ec9a-4326-a141-556f43239520",
                "resource": procedure(contained=[patient(id="p")], subject={"reference": "#p"}),
                "request": {"method": "POST", "url": "Procedure"},
            }
        ],
    },
)

LEAST: Final = {str(document["resourceType"]): document for document in _LEAST}

_TERMINOLOGY: Final = "http://terminology.hl7.org/CodeSystem/"
LOOKED_UP: Final[dict[str, Document]] = {
    "Condition": {
        **LEAST["Condition"],
        "clinicalStatus": {"coding": [{"system": f"{_TERMINOLOGY}condition-clinical", "code": "active"}]},
        "verificationStatus": {"coding": [{"system": f"{_TERMINOLOGY}condition-ver-status", "code": "confirmed"}]},
    },
    "SupplyDelivery": {
        **LEAST["SupplyDelivery"],
        "type": {"coding": [{"system": f"{_TERMINOLOGY}supply-item-type", "code": "device"}]},
    },
    "Timing": {
        **LEAST["Patient"],
        "extension": [{"url": "http://e.org/e", "valueTiming": {"repeat": {"offset": 5, "when": ["ACM"]}}}],
    },
}
"""Elements that neither the least resources nor the guide's examples have: their codes are looked up in a list."""
