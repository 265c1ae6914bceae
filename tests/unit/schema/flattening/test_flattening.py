"""The directives in the product: what only the whole of it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.schema.flattening.directives import SHAPING
from app.schema.flattening.hidden import slice_text
from tests.builders import device, patient, procedure

if TYPE_CHECKING:
    from tests.conftest import Start

IDENTIFIERS = [
    {"type": {"coding": [{"code": "INS"}, {"code": "NIR"}]}, "value": "1"},
    {"type": {"coding": [{"code": "IPP"}]}, "value": "2"},
    {"value": "3"},
]
LINKS = [
    {"actor": {"reference": "Practitioner/absent"}, "onBehalfOf": {"reference": "Organization/o1"}},
    {"actor": {"reference": "Practitioner/absent-too"}, "onBehalfOf": {"reference": "Organization/o1"}},
]


async def of_patient(start: Start, selection: str, **changes: Any) -> Any:
    data = await (await start(patient(**changes))).data(f'{{ Patient(id: "p1") {{ {selection} }} }}')
    return data["Patient"]


async def test_a_slice_is_named_by_an_element_that_was_not_selected(start: Start) -> None:
    names = [{"use": "official", "family": "Martin"}, {"use": "maiden", "family": "Petit"}]
    selection = 'name @flatten @slice(path: "use") { family @singleton }'
    assert await of_patient(start, selection, name=names) == {"family.official": "Martin", "family.maiden": "Petit"}


async def test_a_slice_is_named_by_a_path_of_elements(start: Start) -> None:
    selection = 'identifier @slice(path: "type.coding.code") @singleton { value }'
    expected = {"identifier.INS,NIR": {"value": "1"}, "identifier.IPP": {"value": "2"}, "identifier.": {"value": "3"}}
    assert await of_patient(start, selection, identifier=IDENTIFIERS) == expected


async def test_contained_resources_are_sliced_by_what_all_have(start: Start) -> None:
    contained = [device(id="c1"), {"resourceType": "Substance", "id": "c2"}]
    product = await start(procedure(id="x", contained=contained))
    query = """{ Procedure(id: "x") {
      contained @slice(path: "id") @singleton { ... on Device { lotNumber } ... on OtherResource { id } } } }"""
    assert await product.data(query) == {
        "Procedure": {"contained.c1": {"lotNumber": "LOT-1"}, "contained.c2": {"id": "c2"}}
    }


@pytest.mark.parametrize(
    "selection",
    [
        'name @slice(path: "usage") { family }',
        'name @slice(path: "period") { family }',
        'name @slice(path: "use.value") { family }',
        "name @slice(path: \"where(use = 'official').use\") { family }",
        'name @slice(path: "given[0]") { family }',
        'name @slice(path: "period..start") { family }',
        'name @slice(path: "__typename") { family }',
        'generalPractitioner @slice(path: "resource.id") { reference }',
        'birthDate @slice(path: "value")',
    ],
)
async def test_a_path_that_is_not_one_of_elements_is_refused(start: Start, selection: str) -> None:
    answer = await (await start()).ask(f'{{ Patient(id: "p1") {{ {selection} }} }}')
    (error,) = answer["errors"]
    (issue,) = error["extensions"]["resource"]["issue"]
    assert "data" not in answer
    assert error["extensions"]["code"] == "invalid"
    assert error["message"].startswith("The path of @slice leads to")
    assert "Le chemin de @slice mène à" in str(issue)


async def test_a_refusal_is_told_in_french_at_its_place(start: Start) -> None:
    answer = await (await start()).ask('{ Patient(id: "p1") { birthDate @flatten } }', accept_language="fr")
    (error,) = answer["errors"]
    assert error["message"].startswith("@flatten remonte ce qui est sélectionné")
    assert error["locations"] == [{"line": 1, "column": 23}]


async def test_nothing_is_executed_where_the_directives_are_refused(start: Start) -> None:
    product = await start()
    query = """mutation { OrganizationCreate(resource: {resourceType: "Organization", name: "x"}) {
      location @flatten resource { id } } }"""
    assert "errors" in await product.ask(query)
    assert await product.data("{ OrganizationConnection { count } }") == {"OrganizationConnection": {"count": 0}}


async def test_the_answer_to_a_mutation_is_shaped(start: Start) -> None:
    query = """mutation { OrganizationCreate(resource: {resourceType: "Organization", name: "x"}) @flatten {
      resource @flatten { name } } }"""
    assert await (await start()).data(query) == {"name": "x"}


@pytest.mark.parametrize(
    "directive", ["@first @first", "@flat", '@slice(path: "use", more: 1)', "@slice", "@flatten(if: true)"]
)
async def test_graphql_s_own_rules_hold(start: Start, directive: str) -> None:
    answer = await (await start()).ask(f'{{ Patient(id: "p1") {{ name {directive} {{ use }} }} }}')
    assert "data" not in answer


async def test_a_directive_stands_at_fields_alone(start: Start) -> None:
    assert "data" not in await (await start()).ask("query Q @flatten { PatientList { id } }")


async def test_errors_below_a_flattened_field_keep_their_path(start: Start) -> None:
    product = await start(procedure(id="x", performer=LINKS))
    query = '{ Procedure(id: "x") { performer @flatten { actor @flatten { reference resource { id } } } } }'
    answer = await product.ask(query)
    assert answer["data"] == {"Procedure": {"reference": ["Practitioner/absent", "Practitioner/absent-too"]}}
    assert [(error["path"], error["extensions"]["code"]) for error in answer["errors"]] == [
        (["Procedure", "performer", 0, "actor", "resource"], "not-found"),
        (["Procedure", "performer", 1, "actor", "resource"], "not-found"),
    ]


async def test_errors_of_items_that_are_left_out_are_not_told(start: Start) -> None:
    product = await start(procedure(id="x", performer=LINKS))
    query = '{ Procedure(id: "x") { performer @first { actor { resource { id } } } } }'
    answer = await product.ask(query)
    assert answer["data"] == {"Procedure": {"performer": {"actor": {"resource": None}}}}
    assert [error["path"] for error in answer["errors"]] == [["Procedure", "performer", 0, "actor", "resource"]]


async def test_an_unfit_value_at_the_path_of_a_slice_is_an_error_of_the_item(start: Start) -> None:
    product = await start(patient(name=[{"period": "1980", "family": "Martin"}]))
    query = '{ Patient(id: "p1") { name @slice(path: "period.start") { family } } }'
    answer = await product.ask(query)
    assert answer["data"] == {"Patient": {"name.": [{"family": "Martin"}]}}
    assert [error["path"] for error in answer["errors"]] == [["Patient", "name", 0]]


async def test_several_values_of_a_singleton_are_told_in_both_languages(start: Start) -> None:
    product = await start(patient(name=[{"family": "Martin"}, {"family": "Petit"}]))
    answer = await product.ask('{ Patient(id: "p1") { id name @flatten { family @singleton } } }')
    assert answer["data"] == {"Patient": {"id": "p1", "family": None}}
    (error,) = answer["errors"]
    assert error["path"] == ["Patient", "name", 1, "family"]
    assert error["extensions"]["code"] == "invalid"
    assert "Plusieurs valeurs arrivent à un champ" in str(error["extensions"]["resource"])
    assert "Petit" not in str(error)


async def test_a_connection_becomes_columns(start: Start) -> None:
    product = await start(patient(), patient(id="p2", birthDate="1990"))
    query = (
        """{ PatientConnection(_sort: "_id") @flatten { count edges @flatten { node @flatten { id birthDate } } } }"""
    )
    assert await product.data(query) == {"count": 2, "id": ["p1", "p2"], "birthDate": ["1980-07-01", "1990"]}


async def test_introspection_beside_directives_is_answered_as_ever(start: Start) -> None:
    product = await start(patient())
    query = '{ __type(name: "Period") { name fields { name } } Patient(id: "p1") { name @flatten { family } } }'
    data = await product.data(query)
    assert data["__type"]["name"] == "Period"
    assert data["Patient"] == {"family": ["Martin"]}


async def test_the_directives_are_told_to_clients_with_a_warning(start: Start) -> None:
    query = "{ __schema { directives { name description isRepeatable args { name type { kind ofType { name } } } } } }"
    data = await (await start()).data(query)
    told = {each["name"]: each for each in data["__schema"]["directives"]}
    assert {directive.name for directive in SHAPING} <= told.keys()
    assert all("typed clients must not use it" in told[directive.name]["description"] for directive in SHAPING)
    assert told["slice"]["args"] == [{"name": "path", "type": {"kind": "NON_NULL", "ofType": {"name": "String"}}}]


async def test_decimals_keep_their_digits(start: Start) -> None:
    product = await start(procedure(id="x"))
    await product.data(
        """mutation($r: FHIR!) { ObservationCreate(resource: $r) { location } }""",
        {"r": '{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.50}}'},
    )
    answer = await product.http.post(
        "/graphql", json={"query": "{ ObservationList @flatten { valueQuantity @flatten { value } } }"}
    )
    assert answer.text == '{"data":{"value":[1.50]}}'


@pytest.mark.parametrize(
    ("item", "text"),
    [("a", "a"), (True, "true"), (None, ""), (12, "12"), ({"shape__slice": ["a", None, "b"]}, "a,b")],
)
def test_the_text_of_a_slice(item: Any, text: str) -> None:
    assert slice_text(item) == text
