from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.profiles import coherence
from tests.builders import device, organization, patient, procedure

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.builders import Document

    Found = Callable[[Any], list[tuple[str, str]]]

GTIN = {"deviceIdentifier": "03770004400010", "issuer": "http://hl7.org/fhir/NamingSystem/gs1-di"}


def implant(**changes: Any) -> Document:
    return device(udiCarrier=[GTIN], expirationDate="2030-01-01", **changes)


def test_a_complete_implant_has_no_warning(warnings: Found) -> None:
    assert warnings(implant()) == []


def test_a_serial_number_is_as_good_as_a_lot(warnings: Found) -> None:
    assert warnings(implant(lotNumber=None, serialNumber="S-1")) == []


def test_every_gap_of_an_implant_is_a_warning_of_its_own(errors: Found, warnings: Found) -> None:
    bare = device(lotNumber=None)
    assert errors(bare) == []
    assert warnings(bare) == [
        ("Device.udiCarrier.deviceIdentifier", "device-udi-di"),
        ("Device", "device-lot-or-serial"),
        ("Device.expirationDate", "device-expiry"),
    ]


def test_a_device_entered_in_error_need_not_be_complete(warnings: Found) -> None:
    assert warnings(device(lotNumber=None, status="entered-in-error")) == []


def test_a_gtin_with_a_wrong_check_digit_is_a_warning(warnings: Found) -> None:
    wrong = {**GTIN, "deviceIdentifier": "03770004400015"}
    assert warnings(implant() | {"udiCarrier": [GTIN, wrong]}) == [
        ("Device.udiCarrier[1].deviceIdentifier", "gtin-check-digit")
    ]


def test_an_identifier_of_another_agency_is_no_gtin(warnings: Found) -> None:
    other = {"deviceIdentifier": "03770004400015", "issuer": "http://hl7.org/fhir/NamingSystem/hibcc"}
    assert warnings(implant() | {"udiCarrier": [other]}) == []


@pytest.mark.parametrize(
    ("system", "value"),
    [
        ("https://sirene.fr", "552100554"),
        ("https://sirene.fr", "35600000000048"),
        ("https://sirene.fr", "not a number"),
        ("https://finess.esante.gouv.fr", "750712184"),
        ("http://example.org", "552100555"),
    ],
)
def test_numbers_that_are_right_or_of_another_kind_are_no_warning(warnings: Found, system: str, value: str) -> None:
    assert warnings(organization(identifier=[{"system": system, "value": value}])) == []


@pytest.mark.parametrize(
    ("system", "value", "rule"),
    [
        ("https://sirene.fr", "552100555", "siren-check-digit"),
        ("https://sirene.fr", "55210055400014", "siren-check-digit"),
        ("https://finess.esante.gouv.fr", "750712185", "finess-check-digit"),
    ],
)
def test_a_wrong_check_digit_is_a_warning(warnings: Found, system: str, value: str, rule: str) -> None:
    found = warnings(organization(identifier=[{"system": "http://x"}, {"system": system, "value": value}]))
    assert found == [("Organization.identifier[1].value", rule)]


def judged(known: dict[str, Document], **changes: Any) -> list[tuple[str, str, str]]:
    return [(issue.severity, issue.expression, issue.rule) for issue in coherence(procedure(**changes), known)]


def test_what_is_not_known_is_not_judged() -> None:
    assert judged({}) == []
    assert judged({"Patient/p1": {}, "Device/d1": {}}) == []


def test_a_procedure_on_the_day_of_birth_and_of_death_is_accepted() -> None:
    known = {"Patient/p1": patient(birthDate="2024-02-29", deceasedDateTime="2024-02")}
    assert judged(known) == []


def test_a_procedure_before_birth_is_a_warning() -> None:
    assert judged({"Patient/p1": patient(birthDate="2024-03-01")}) == [
        ("warning", "Procedure.performedDateTime", "procedure-before-birth")
    ]


def test_a_procedure_after_death_is_a_warning() -> None:
    period = {"start": "2025-01-01"}
    known = {"Patient/p1": patient(deceasedDateTime="2024-12")}
    assert judged(known, performedDateTime=None, performedPeriod=period) == [
        ("warning", "Procedure.performedPeriod.start", "procedure-after-death")
    ]


def test_a_device_that_had_expired_is_a_warning() -> None:
    assert judged({"Device/d1": implant() | {"expirationDate": "2024-02-28"}}) == [
        ("warning", "Procedure.focalDevice[0].manipulated", "device-expired")
    ]
    assert judged({"Device/d1": implant() | {"expirationDate": "2024-02"}}) == []


def test_a_device_of_another_patient_is_a_warning() -> None:
    other = implant(patient={"reference": "Patient/p2"})
    assert judged({"Device/d1": other}) == [
        ("warning", "Procedure.focalDevice[0].manipulated", "device-of-another-patient")
    ]
    assert judged({"Device/d1": implant(patient={"reference": "Patient/p1/_history/2"})}) == []


@pytest.mark.parametrize("malformed", [None, [], "x", 1, [None], {"reference": 1}, [{"manipulated": []}]])
def test_malformed_parts_are_not_judged(malformed: Any) -> None:
    document = {
        "resourceType": "Procedure",
        "subject": malformed,
        "focalDevice": malformed,
        "performedPeriod": malformed,
    }
    assert coherence(document, {"Patient/p1": {"birthDate": malformed}}) == ()
