from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.builders import patient, procedure

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.builders import Document

    Errors = Callable[[Any], list[tuple[str, str]]]


def subject(**reference: Any) -> Document:
    return procedure(subject=reference)


@pytest.mark.parametrize(
    "reference",
    [
        "Patient/p1",
        "Patient/p1/_history/3",
        "http://a.b/fhir/Patient/p1",
        "https://a.b/Patient/p1/_history/1",
        "urn:uuid:c757873d-ec9a-4326-a141-556f43239520",
        "urn:oid:1.2.250.1",
        "https://a.b/another/kind/of/url?x=y",
    ],
)
def test_every_form_of_a_reference_is_accepted(errors: Errors, reference: str) -> None:
    assert errors(subject(reference=reference)) == []


@pytest.mark.parametrize(
    "reference",
    [
        "p1",
        "Patient",
        "Patient/",
        "/Patient/p1",
        "Patient/p 1",
        "Patient/p1/history/1",
        "Patient/p1/_history/",
        "patient/p1",
        "Nothing/p1",
        "Patient?identifier=x",
        "Patient?=x",
        "urn:uuid:123",
        "urn:oid:1.02",
        "urn:isbn:1",
        "Patient/" + "x" * 65,
    ],
)
def test_what_is_no_reference_is_refused(errors: Errors, reference: str) -> None:
    assert errors(subject(reference=reference)) == [
        ("Procedure.subject.reference", "R4#Procedure.subject.reference.syntax")
    ]


def test_a_conditional_reference_is_refused_in_a_collection(errors: Errors) -> None:
    entry = {"resource": subject(reference="Patient?identifier=x")}
    found = errors({"resourceType": "Bundle", "type": "collection", "entry": [entry]})
    assert [expression for expression, *_ in found] == ["Bundle.entry[0].resource.subject.reference"]


def test_a_conditional_reference_is_refused_in_a_collection_that_a_transaction_stores(errors: Errors) -> None:
    entry = {"resource": subject(reference="Patient?identifier=x")}
    document = {"resourceType": "Bundle", "type": "collection", "entry": [entry]}
    outer = {"resource": document, "request": {"method": "POST", "url": "Bundle"}}
    found = errors({"resourceType": "Bundle", "type": "transaction", "entry": [outer]})
    assert [expression for expression, *_ in found] == ["Bundle.entry[0].resource.entry[0].resource.subject.reference"]


def test_a_conditional_reference_is_for_a_transaction_only(errors: Errors) -> None:
    bundle = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {
                "resource": subject(reference="Patient?identifier=x"),
                "request": {"method": "POST", "url": "Procedure"},
            }
        ],
    }
    assert errors(bundle) == []


def test_a_reference_by_identifier_or_by_name_is_enough(errors: Errors) -> None:
    assert errors(subject(identifier={"system": "urn:oid:1.2", "value": "1"}, type="Patient")) == []
    assert errors(subject(display="Zoé")) == []


@pytest.mark.parametrize(
    "reference",
    [
        {"reference": "Device/d1"},
        {"reference": "http://a.b/fhir/Device/d1"},
        {"identifier": {"value": "1"}, "type": "Device"},
    ],
)
def test_a_target_r4_does_not_allow_is_refused(errors: Errors, reference: Document) -> None:
    assert errors(subject(**reference)) == [("Procedure.subject", "R4#Procedure.subject.target")]


def test_an_element_that_may_point_anywhere_takes_every_type(errors: Errors) -> None:
    provenance = {
        "resourceType": "Provenance",
        "target": [{"reference": "ImagingStudy/1"}],
        "recorded": "2024-01-01T00:00:00Z",
        "agent": [{"who": {"reference": "Practitioner/s1"}}],
    }
    assert errors(provenance) == []


def test_the_type_agrees_with_the_reference(errors: Errors) -> None:
    found = errors(subject(reference="Patient/p1", type="Group"))
    assert found == [("Procedure.subject.type", "R4#Procedure.subject.type.agreement")]


def test_the_type_may_be_the_url_of_its_definition(errors: Errors) -> None:
    url = "http://hl7.org/fhir/StructureDefinition/Patient"
    assert errors(subject(reference="Patient/p1", type=url)) == []


def test_a_type_that_is_no_resource_type_is_refused(errors: Errors) -> None:
    found = errors(subject(reference="Patient/p1", type="Person1"))
    assert found == [("Procedure.subject.type", "R4#Procedure.subject.type.type")]


def test_a_contained_target_must_be_there(errors: Errors) -> None:
    assert errors(subject(reference="#p")) == [("Procedure.subject.reference", "ref-1")]


def test_a_contained_target_has_an_allowed_type(errors: Errors) -> None:
    found = errors(subject(reference="#p") | {"contained": [{"resourceType": "Device", "id": "p"}]})
    assert found == [("Procedure.subject", "R4#Procedure.subject.target")]


def test_a_contained_resource_that_is_referred_to_is_accepted(errors: Errors) -> None:
    assert errors(subject(reference="#p") | {"contained": [patient(id="p")]}) == []


def test_urns_are_looked_up_among_the_entries_of_the_bundle(errors: Errors) -> None:
    urn = "urn:uuid:c757873d-ec9a-4326-a141-556f43239520"
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [
            {"resource": subject(reference=urn)},
            {"fullUrl": urn, "resource": {"resourceType": "Device", "id": "d1"}},
        ],
    }
    assert errors(bundle) == [("Bundle.entry[0].resource.subject", "R4#Procedure.subject.target")]
