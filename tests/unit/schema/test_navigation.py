from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from app.fhir.elements import type_definition
from app.fhir.fhirpath import FhirPaths
from app.schema.types import navigation
from app.schema.types.navigation import Arguments, navigated
from tests.builders import patient, procedure

if TYPE_CHECKING:
    from tests.conftest import Start

OFFICIAL = {"use": "official", "family": "Martin", "given": ["Zoé", "Ann", "Lou"]}
USUAL = {"use": "usual", "family": "Martin"}
MAIDEN = {"use": "maiden", "family": "Durand", "given": ["Zoé"]}
NAMES = [OFFICIAL, USUAL, MAIDEN]


def chosen(items: Any, path: str = "HumanName", **arguments: Any) -> Any:
    return navigated(items, arguments, path, FhirPaths(), 1_000)


def test_an_argument_chooses_the_items_that_have_its_value() -> None:
    assert chosen(NAMES, family="Martin") == [OFFICIAL, USUAL]


def test_several_arguments_are_joined_by_and() -> None:
    assert chosen(NAMES, family="Martin", use="usual", fhirpath="given.empty()") == [USUAL]


def test_an_argument_finds_one_of_several_values() -> None:
    assert chosen(NAMES, given="Ann") == [OFFICIAL]


def test_offset_and_count_page_through_the_items_that_are_left() -> None:
    assert chosen(NAMES, family="Martin", _offset=1, _count=5) == [USUAL]
    assert chosen(NAMES, _count=1) == [OFFICIAL]
    assert chosen(NAMES, _offset=3) == []


def test_an_argument_that_is_null_is_absent() -> None:
    assert chosen(NAMES, use=None, _count=None, _offset=None, fhirpath=None) == NAMES


def test_an_item_is_answered_itself() -> None:
    assert chosen(NAMES, use="usual")[0] is USUAL


@pytest.mark.parametrize(
    ("stored", "wanted"),
    [
        (True, True),
        (3, 3),
        (Decimal("1.50"), "1.50"),
        (5, "5"),
        (True, "true"),
        (["a", "b"], "b"),
    ],
)
def test_a_value_is_compared_by_its_text_or_as_boolean_or_number(stored: Any, wanted: Any) -> None:
    assert chosen([{"x": stored}], x=wanted)


@pytest.mark.parametrize(
    ("stored", "wanted"),
    [
        (1, True),
        (True, 1),
        ("true", True),
        (Decimal(3), 3),
        (Decimal("1.5"), "1.50"),
        (None, "None"),
        ({"a": 1}, "a"),
        ([["a"]], "a"),
    ],
)
def test_a_value_of_another_kind_or_text_is_not_equal(stored: Any, wanted: Any) -> None:
    assert chosen([{"x": stored}], x=wanted) == []


@pytest.mark.parametrize("items", [None, {"use": "official"}, "official", 1])
def test_what_is_no_list_is_answered_as_it_is(items: Any) -> None:
    assert chosen(items, use="official", _count=1, fhirpath="use.exists()") is items


def test_items_of_another_kind_are_passed_over() -> None:
    odd = [None, "official", ["official"], {"use": ["official"]}, OFFICIAL]
    assert chosen(odd, use="official") == odd[3:]
    assert chosen(odd, fhirpath="use = 'official'") == odd[3:]


def test_an_argument_with_the_name_of_a_fhir_element_fails_the_build(monkeypatch: pytest.MonkeyPatch) -> None:
    human_name = type_definition("HumanName")
    named = replace(human_name.elements["use"], name="fhirpath")
    clashing = replace(human_name, elements={**human_name.elements, "fhirpath": named})
    monkeypatch.setattr(navigation, "type_definition", lambda _: clashing)
    with pytest.raises(ValueError, match="fhirpath"):
        Arguments().of(type_definition("Patient").elements["name"])


async def names(start: Start, field: str, **changes: Any) -> Any:
    product = await start(patient(name=NAMES, **changes))
    return (await product.data(f'{{ Patient(id: "p1") {{ {field} }} }}'))["Patient"]


async def test_a_list_is_chosen_by_a_primitive_child(start: Start) -> None:
    assert await names(start, 'name(use: "official") { family }') == {"name": [{"family": "Martin"}]}


async def test_a_list_is_chosen_by_fhirpath(start: Start) -> None:
    assert await names(start, "name(fhirpath: \"given.count() = 1 and use = 'maiden'\") { use }") == {
        "name": [{"use": "maiden"}]
    }


async def test_one_list_is_asked_for_in_several_ways_at_once(start: Start) -> None:
    both = await names(start, 'all: name { use } one: name(_offset: 1, _count: 1) { use } none: name(use: "x") { use }')
    assert both == {
        "all": [{"use": use} for use in ("official", "usual", "maiden")],
        "one": [{"use": "usual"}],
        "none": [],
    }


async def test_a_list_of_primitives_is_paged_and_chosen_by_fhirpath(start: Start) -> None:
    field = "name(_count: 1) { given(_offset: 1, fhirpath: \"startsWith('Z').not()\") }"
    assert await names(start, field) == {"name": [{"given": ["Lou"]}]}


async def test_arguments_come_from_variables(start: Start) -> None:
    product = await start(patient(name=NAMES))
    query = 'query($u: String, $n: Int) { Patient(id: "p1") { name(use: $u, _count: $n) { family } } }'
    assert (await product.data(query, {"u": "maiden"}))["Patient"]["name"] == [{"family": "Durand"}]
    assert len((await product.data(query, {"u": None, "n": 2}))["Patient"]["name"]) == 2
    assert len((await product.data(query, {}))["Patient"]["name"]) == 3


async def test_booleans_and_integers_are_arguments_of_their_own_type(start: Start) -> None:
    telecom = [{"system": "phone", "rank": 1, "value": "a"}, {"system": "phone", "rank": 2, "value": "b"}]
    field = "telecom(rank: 2) { value }"
    assert await names(start, field, telecom=telecom) == {"telecom": [{"value": "b"}]}
    coding = [{"code": "a", "userSelected": False}, {"code": "b", "userSelected": True}]
    field = "maritalStatus { coding(userSelected: true) { code } }"
    assert await names(start, field, maritalStatus={"coding": coding}) == {"maritalStatus": {"coding": [{"code": "b"}]}}


async def test_an_extension_is_found_by_its_url_wherever_it_is(start: Start) -> None:
    one, two = {"url": "urn:one", "valueString": "1"}, {"url": "urn:two", "valueString": "2"}
    document = patient(
        extension=[one, two],
        _birthDate={"extension": [one, two]},
        name=[{"family": "M", "extension": [{"url": "urn:out", "extension": [one, two]}]}],
    )
    asked = 'extension(url: "urn:two") { valueString }'
    query = f'{{ Patient(id: "p1") {{ {asked} _birthDate {{ {asked} }} name {{ extension {{ {asked} }} }} }} }}'
    found = {"extension": [{"valueString": "2"}]}
    data = await (await start(document)).data(query)
    assert data["Patient"] == {**found, "_birthDate": found, "name": [{"extension": [found]}]}


async def test_references_in_a_list_are_chosen_by_what_they_hold(start: Start) -> None:
    document = procedure(id="x", basedOn=[{"reference": "ServiceRequest/1"}, {"reference": "ServiceRequest/2"}])
    product = await start(document)
    data = await product.data('{ Procedure(id: "x") { basedOn(reference: "ServiceRequest/2") { reference } } }')
    assert data["Procedure"]["basedOn"] == [{"reference": "ServiceRequest/2"}]


async def test_a_chosen_reference_still_leads_into_its_container(start: Start) -> None:
    inside = [{"resourceType": "Device", "id": "a"}, {"resourceType": "Device", "id": "b", "lotNumber": "L"}]
    document = procedure(id="x", contained=inside, usedReference=[{"reference": "#a"}, {"reference": "#b"}])
    product = await start(document)
    field = 'usedReference(reference: "#b") { resource { ... on Device { lotNumber } } }'
    data = await product.data(f'{{ Procedure(id: "x") {{ {field} }} }}')
    assert data["Procedure"]["usedReference"] == [{"resource": {"lotNumber": "L"}}]


async def test_contained_resources_are_chosen_by_fhirpath(start: Start) -> None:
    inside = [{"resourceType": "Device", "id": "a"}, {"resourceType": "Patient", "id": "b"}]
    product = await start(procedure(id="x", contained=inside))
    data = await product.data('{ Procedure(id: "x") { contained(fhirpath: "$this is Patient") { id } } }')
    assert data["Procedure"]["contained"] == [{"id": "b"}]


@pytest.mark.parametrize(
    "arguments", ["_count: 0", "_count: -1", "_count: 1001", "_offset: -1", "_offset: 2000000", 'fhirpath: "repeat(x)"']
)
async def test_a_wrong_argument_is_an_error_at_its_path_in_both_languages(start: Start, arguments: str) -> None:
    product = await start(patient())
    query = f'{{ Patient(id: "p1") {{ id name({arguments}) {{ family }} }} }}'
    english, french = await product.ask(query), await product.ask(query, accept_language="fr")
    assert english["data"]["Patient"] == {"id": "p1", "name": None}
    assert english["errors"][0]["path"] == ["Patient", "name"]
    assert english["errors"][0]["extensions"]["code"] == "invalid"
    assert english["errors"][0]["message"] != french["errors"][0]["message"]


async def test_stored_values_that_do_not_fit_are_the_errors_they_are_without_arguments(start: Start) -> None:
    product = await start(patient(name={"use": "official"}), patient(id="p2", name=["official", None, OFFICIAL]))
    whole = '{{ Patient(id: "p1") {{ name{} {{ family }} }} }}'
    for arguments in ("", '(use: "official", _count: 1)'):
        answer = await product.ask(whole.format(arguments))
        assert answer["errors"][0]["extensions"]["code"] == "structure"
    data = await product.data('{ Patient(id: "p2") { name(use: "official") { family } } }')
    assert data["Patient"]["name"] == [{"family": "Martin"}]


async def test_the_work_of_fhirpath_is_bounded_for_a_whole_request(start: Start) -> None:
    product = await start(patient(name=NAMES * 300))
    fields = " ".join(f"n{at}: name(fhirpath: \"given.where($this = '{at}').exists()\") {{ use }}" for at in range(20))
    answer = await product.ask(f'{{ Patient(id: "p1") {{ {fields} }} }}')
    assert answer["errors"][0]["extensions"]["code"] == "too-costly"
    assert "Martin" not in json.dumps(answer["errors"])
