"""The patient compartment: HL7's table for the served types, and what differs from it."""

from __future__ import annotations

import pytest

from app.access.compartment import (
    EVERYTHING,
    NOTHING,
    OUTSIDE,
    PARAMETERS,
    SHARED,
    read_by,
    told_by,
    written_by,
)
from app.fhir.served import SERVED
from app.search.index import search_index

HL7 = {
    "AuditEvent": {"patient"},
    "CarePlan": {"patient", "performer"},
    "Condition": {"patient", "asserter"},
    "DeviceRequest": {"subject", "performer"},
    "DiagnosticReport": {"subject"},
    "DocumentReference": {"subject", "author"},
    "Encounter": {"patient"},
    "Group": {"member"},
    "Invoice": {"subject", "patient", "recipient"},
    "MedicationAdministration": {"patient", "performer", "subject"},
    "Observation": {"subject", "performer"},
    "Patient": {"link"},
    "Procedure": {"patient", "performer"},
    "Provenance": {"patient"},
    "RelatedPerson": {"patient"},
    "ServiceRequest": {"subject", "performer"},
    "SupplyDelivery": {"patient"},
    "SupplyRequest": {"subject"},
}
"""The served types of https://hl7.org/fhir/R4/compartmentdefinition-patient.html; all others are in no compartment."""


def test_the_table_is_that_of_hl7_but_for_types_that_tell_of_many_patients() -> None:
    ours = {name: set(parameters) for name, parameters in PARAMETERS.items()}
    several = {"Group", "AuditEvent", "Provenance"}
    assert {**ours, "Patient": {"link"}} == {name: each for name, each in HL7.items() if name not in several}
    assert several < set(OUTSIDE)


def test_every_served_type_stands_in_one_place() -> None:
    assert sorted((*PARAMETERS, *SHARED, *OUTSIDE, "Patient", "Device")) == sorted(SERVED)


def test_every_parameter_is_one_that_stores_know() -> None:
    known = search_index().parameters
    assert all(parameter in known[name] for name, parameters in PARAMETERS.items() for parameter in parameters)
    assert {"patient", "patient:identifier"} <= known["Device"].keys()
    assert "link" in known["Patient"]


@pytest.mark.parametrize("name", SHARED)
def test_what_tells_of_no_patient_is_read_and_not_written(name: str) -> None:
    assert read_by("a", name, "", procedures=True) == EVERYTHING
    assert written_by("a", name, "") == NOTHING


@pytest.mark.parametrize("name", OUTSIDE)
def test_what_may_tell_of_many_patients_is_not_reached(name: str) -> None:
    found = (read_by("a", name, "", procedures=True), written_by("a", name, ""), told_by("a", name, ""))
    assert found == (NOTHING, NOTHING, NOTHING)
