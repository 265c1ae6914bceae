"""The resource types this server stores and serves. Adding a type is one entry here."""

from __future__ import annotations

from typing import Final

SERVED: Final[tuple[str, ...]] = (
    "Procedure",
    "Patient",
    "Practitioner",
    "PractitionerRole",
    "Organization",
    "Device",
    "DeviceDefinition",
    "Encounter",
    "Location",
    "Condition",
    "Observation",
    "DiagnosticReport",
    "DocumentReference",
    "ServiceRequest",
    "CarePlan",
    "Group",
    "RelatedPerson",
    "MedicationAdministration",
    "SupplyRequest",
    "SupplyDelivery",
    "DeviceRequest",
    "Invoice",
    "AuditEvent",
    "Provenance",
    "Bundle",
)
