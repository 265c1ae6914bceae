from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.builders import device, patient, procedure

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.profiles import Validator
    from tests.builders import Document

    Errors = Callable[[Any], list[tuple[str, str]]]

CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"


def test_a_code_outside_a_required_binding_is_refused(errors: Errors) -> None:
    assert errors(procedure(status="done")) == [("Procedure.status", "R4#Procedure.status.binding")]


@pytest.mark.parametrize("status", ["preparation", "entered-in-error", "unknown"])
def test_every_code_of_a_required_binding_is_accepted(errors: Errors, status: str) -> None:
    assert errors(procedure(status=status)) == []


def test_the_allowed_codes_are_said_and_not_the_one_received(validator: Validator) -> None:
    (issue,) = validator.validate(patient(gender="secret"))
    assert "female, male, other, unknown" in issue.en
    assert "female, male, other, unknown" in issue.fr
    assert "secret" not in issue.en + issue.fr


def test_codes_that_the_models_cut_short_are_known_in_full(errors: Errors) -> None:
    assert errors(device(udiCarrier=[{"entryType": "self-reported"}])) == []
    found = errors(device(udiCarrier=[{"entryType": "+"}]))
    assert found == [("Device.udiCarrier[0].entryType", "R4#Device.udiCarrier.entryType.binding")]


def test_codes_are_compared_with_their_case(errors: Errors) -> None:
    assert errors(patient(gender="Male")) == [("Patient.gender", "R4#Patient.gender.binding")]


def test_a_concept_of_a_required_binding_needs_one_of_its_codings(errors: Errors) -> None:
    condition = {"resourceType": "Condition", "subject": {"reference": "Patient/p1"}}
    listed = {"coding": [{"system": "http://local", "code": "x"}, {"system": CLINICAL, "code": "active"}]}
    assert errors(condition | {"clinicalStatus": listed}) == []
    for elsewhere in ({"text": "active"}, {"coding": [{"system": CLINICAL, "code": "x"}, {"code": "active"}]}):
        assert errors(condition | {"clinicalStatus": elsewhere}) == [
            ("Condition.clinicalStatus", "R4#Condition.clinicalStatus.binding")
        ]


@pytest.mark.parametrize(
    ("document", "element", "system", "codes"),
    [
        (
            {"resourceType": "Condition", "subject": {"reference": "Patient/p1"}},
            "verificationStatus",
            "http://terminology.hl7.org/CodeSystem/condition-ver-status",
            ("unconfirmed", "provisional", "differential", "confirmed", "refuted", "entered-in-error"),
        ),
        (
            {"resourceType": "SupplyDelivery"},
            "type",
            "http://terminology.hl7.org/CodeSystem/supply-item-type",
            ("medication", "device"),
        ),
    ],
)
def test_a_concept_takes_every_code_of_its_required_binding_and_no_other(
    errors: Errors, document: Document, element: str, system: str, codes: tuple[str, ...]
) -> None:
    for code in codes:
        assert errors(document | {element: {"coding": [{"system": system, "code": code}]}}) == []
    refused = [(f"{document['resourceType']}.{element}", f"R4#{document['resourceType']}.{element}.binding")]
    for coding in ({"system": system, "code": "x"}, {"system": "http://local", "code": codes[0]}, {"code": codes[0]}):
        assert errors(document | {element: {"coding": [coding]}}) == refused


@pytest.mark.parametrize("code", [{"a": 1}, [{"a": 1}], [], {}, 1, None])
def test_a_malformed_code_of_a_concept_is_refused_without_an_exception(errors: Errors, code: Any) -> None:
    condition = {"resourceType": "Condition", "subject": {"reference": "Patient/p1"}}
    found = errors(condition | {"clinicalStatus": {"coding": [{"system": CLINICAL, "code": code}]}})
    assert ("Condition.clinicalStatus", "R4#Condition.clinicalStatus.binding") in found


def test_a_currency_is_one_of_iso_4217(errors: Errors) -> None:
    invoice = {"resourceType": "Invoice", "status": "draft"}
    assert errors(invoice | {"totalNet": {"value": 1, "currency": "EUR"}}) == []
    found = errors(invoice | {"totalNet": {"value": 1, "currency": "eur"}})
    assert found == [("Invoice.totalNet.currency", "R4#Invoice.totalNet.currency.binding")]


def test_a_content_type_is_a_mime_type(errors: Errors) -> None:
    assert errors(patient(photo=[{"contentType": "image/svg+xml; charset=utf-8"}])) == []
    found = errors(patient(photo=[{"contentType": "picture"}]))
    assert found == [("Patient.photo[0].contentType", "R4#Patient.photo.contentType.binding")]
