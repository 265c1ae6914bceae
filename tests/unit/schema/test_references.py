from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.builders import device, patient, procedure

if TYPE_CHECKING:
    from tests.conftest import Start

SUBJECT = '{ Procedure(id: "x") { subject { resource { __typename id ... on Patient { birthDate } } } } }'
DEVICE = '{ Procedure(id: "x") { focalDevice { manipulated { resource { lotNumber } } } } }'


async def test_a_relative_reference_leads_to_the_resource(start: Start) -> None:
    product = await start(procedure(id="x"), patient())
    data = await product.data(SUBJECT)
    assert data["Procedure"]["subject"]["resource"] == {"__typename": "Patient", "id": "p1", "birthDate": "1980-07-01"}


async def test_a_single_target_needs_no_inline_fragment(start: Start) -> None:
    product = await start(procedure(id="x"), device())
    data = await product.data(DEVICE)
    assert data["Procedure"]["focalDevice"][0]["manipulated"]["resource"] == {"lotNumber": "LOT-1"}


async def test_an_absolute_reference_to_this_server_leads_to_the_resource(start: Start) -> None:
    product = await start(procedure(id="x", subject={"reference": "http://localhost/fhir/Patient/p1"}), patient())
    data = await product.data(SUBJECT)
    assert data["Procedure"]["subject"]["resource"]["id"] == "p1"


async def test_a_contained_resource_is_found_in_its_container(start: Start) -> None:
    inside = {"resourceType": "Patient", "id": "in", "birthDate": "1950"}
    product = await start(procedure(id="x", contained=[inside], subject={"reference": "#in"}))
    data = await product.data(SUBJECT)
    assert data["Procedure"]["subject"]["resource"] == {"__typename": "Patient", "id": "in", "birthDate": "1950"}


async def test_a_contained_resource_of_a_type_that_is_not_served_is_other(start: Start) -> None:
    inside = {"resourceType": "Medication", "id": "m", "code": {"text": "x"}}
    product = await start(procedure(id="x", contained=[inside], usedReference=[{"reference": "#m"}]))
    data = await product.data('{ Procedure(id: "x") { usedReference { resource { ... on OtherResource { raw } } } } }')
    assert data["Procedure"]["usedReference"][0]["resource"]["raw"] == inside


async def test_a_reference_to_the_current_version_leads_to_the_resource(start: Start) -> None:
    product = await start(procedure(id="x", subject={"reference": "Patient/p1/_history/1"}), patient())
    data = await product.data(SUBJECT)
    assert data["Procedure"]["subject"]["resource"]["id"] == "p1"


async def test_a_logical_reference_is_resolved_by_identifier(start: Start) -> None:
    ins = {"system": "urn:oid:1.2.250.1.213.1.4.8", "value": "280079912345678"}
    product = await start(procedure(id="x", subject={"type": "Patient", "identifier": ins}), patient())
    data = await product.data(SUBJECT)
    assert data["Procedure"]["subject"]["resource"]["id"] == "p1"


async def test_a_logical_reference_with_several_hits_is_null_with_multiple_matches(start: Start) -> None:
    ins = {"system": "urn:oid:1.2.250.1.213.1.4.8", "value": "280079912345678"}
    product = await start(
        procedure(id="x", subject={"type": "Patient", "identifier": ins}), patient(), patient(id="p2")
    )
    answer = await product.ask(SUBJECT)
    assert answer["data"]["Procedure"]["subject"]["resource"] is None
    assert answer["errors"][0]["extensions"]["code"] == "multiple-matches"


@pytest.mark.parametrize(
    "reference", ["Patient/gone", "Patient/p1/_history/9", "http://elsewhere/Patient/p1", "#gone", "urn:uuid:1-2", "?"]
)
async def test_what_cannot_be_resolved_is_null_with_not_found_at_its_path(start: Start, reference: str) -> None:
    product = await start(procedure(id="x", subject={"reference": reference}), patient())
    answer = await product.ask(SUBJECT)
    assert answer["data"]["Procedure"]["subject"]["resource"] is None
    (error,) = answer["errors"]
    assert (error["path"], error["extensions"]["code"]) == (["Procedure", "subject", "resource"], "not-found")


async def test_optional_gives_null_without_an_error(start: Start) -> None:
    product = await start(procedure(id="x"))
    data = await product.data('{ Procedure(id: "x") { subject { resource(optional: true) { id } } } }')
    assert data["Procedure"]["subject"]["resource"] is None


async def test_another_type_than_asked_for_is_null_without_an_error(start: Start) -> None:
    product = await start(procedure(id="x"), patient())
    data = await product.data('{ Procedure(id: "x") { subject { resource(type: "Group") { id } } } }')
    assert data["Procedure"]["subject"]["resource"] is None


async def test_a_stored_reference_to_a_type_that_is_not_allowed_there_is_not_found(start: Start) -> None:
    product = await start(procedure(id="x", focalDevice=[{"manipulated": {"reference": "Patient/p1"}}]), patient())
    answer = await product.ask(DEVICE)
    assert answer["errors"][0]["extensions"]["code"] == "not-found"
    assert "Martin" not in str(answer)


async def test_a_contained_resource_is_found_in_the_entry_of_a_bundle(start: Start) -> None:
    inside = {"resourceType": "Patient", "id": "in", "birthDate": "1950"}
    entry = procedure(id="x", contained=[inside], subject={"reference": "#in"})
    product = await start({"resourceType": "Bundle", "id": "b", "type": "collection", "entry": [{"resource": entry}]})
    data = await product.data(
        '{ Bundle(id: "b") { entry { resource { ... on Procedure { subject { resource { id } } } } } } }'
    )
    assert data["Bundle"]["entry"][0]["resource"]["subject"]["resource"] == {"id": "in"}


async def test_an_identifier_that_many_carry_does_not_hide_another(start: Start) -> None:
    crowd = [patient(id=f"a{n}", identifier=[{"system": "urn:s", "value": "A"}]) for n in range(20)]
    twins = [patient(id=f"z{n}", identifier=[{"system": "urn:s", "value": "B"}]) for n in range(2)]
    single = patient(id="zz", identifier=[{"system": "urn:s", "value": "C"}])
    rows = [
        procedure(id=value, subject={"type": "Patient", "identifier": {"system": "urn:s", "value": value}})
        for value in "ABC"
    ]
    product = await start(*crowd, *twins, single, *rows)
    answer = await product.ask('{ ProcedureList(_sort: "_id") { subject { resource { id } } } }')
    assert [row["subject"]["resource"] for row in answer["data"]["ProcedureList"]] == [None, None, {"id": "zz"}]
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["multiple-matches"] * 2


async def test_another_type_than_asked_for_is_not_even_read(start: Start) -> None:
    product = await start(procedure(id="x", subject={"reference": "Patient/gone"}))
    data = await product.data('{ Procedure(id: "x") { subject { resource(type: "Group") { id } } } }')
    assert data["Procedure"]["subject"]["resource"] is None


async def test_what_one_mutation_stores_is_seen_by_the_next_in_the_same_request(start: Start) -> None:
    product = await start()
    query = """
    mutation($first: FHIR!, $person: FHIR!, $second: FHIR!) {
      a: EncounterCreate(resource: $first) { resource { serviceProvider { resource(optional: true) { id } } } }
      b: OrganizationCreate(resource: $person) { resource { id } }
      c: EncounterCreate(resource: $second) { resource { serviceProvider { resource(optional: true) { name } } } }
    }"""
    ins = {"system": "urn:s", "value": "CHU-1"}
    encounter = {
        "resourceType": "Encounter",
        "status": "finished",
        "class": {"code": "AMB"},
        "serviceProvider": {"identifier": ins},
    }
    data = await product.data(
        query.replace(
            "subject { resource(optional: true) { id } }", "serviceProvider { resource(optional: true) { id } }"
        ),
        {
            "first": encounter,
            "person": {"resourceType": "Organization", "name": "CHU", "identifier": [ins]},
            "second": encounter,
        },
    )
    assert data["a"]["resource"]["serviceProvider"]["resource"] is None
    assert data["c"]["resource"]["serviceProvider"]["resource"] == {"name": "CHU"}
