from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.builders import patient, procedure

if TYPE_CHECKING:
    from collections.abc import Callable

    Errors = Callable[[Any], list[tuple[str, str]]]

EXTENSION = [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]


@pytest.mark.parametrize("value", [None, [], "Procedure", 3, True, [procedure()]])
def test_what_is_no_object_is_no_resource(errors: Errors, value: Any) -> None:
    assert [rule for _, rule in errors(value)] in (["R4#Resource.resource"], ["R4#Resource.null"])


def test_a_resource_without_a_type_is_refused(errors: Errors) -> None:
    assert errors({"id": "a"}) == [("Resource", "R4#Resource.resourceType")]


@pytest.mark.parametrize("name", ["Procedur", "procedure", "Period", "Resource", "DomainResource", 1, None, {}, []])
def test_a_type_that_is_no_r4_resource_is_refused(errors: Errors, name: Any) -> None:
    assert errors(procedure() | {"resourceType": name}) == [("Resource", "R4#Resource.resourceType")]


def test_a_contained_resource_of_unknown_type_is_a_finding(errors: Errors) -> None:
    found = errors(patient(contained=[{"resourceType": "Nothing", "id": "x"}]))
    assert found == [("Patient.contained[0]", "R4#Patient.contained.resourceType")]


def test_a_bundle_entry_of_unknown_type_is_a_finding(errors: Errors) -> None:
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": {"resourceType": "Nothing"}}]}
    assert errors(bundle) == [("Bundle.entry[0].resource", "R4#Bundle.entry.resource.resourceType")]


def test_a_resource_of_unknown_type_is_named_after_the_resource_that_it_stands_in(errors: Errors) -> None:
    entry = {"resource": patient(contained=[{"resourceType": "Nothing", "id": "x"}])}
    found = errors({"resourceType": "Bundle", "type": "collection", "entry": [entry]})
    assert found == [("Bundle.entry[0].resource.contained[0]", "R4#Patient.contained.resourceType")]


@pytest.mark.parametrize("name", ["fhir_comments", "birth_date", "multipleBirth", "_name", "birthdate"])
def test_an_unknown_property_is_refused_by_its_name(errors: Errors, name: str) -> None:
    assert errors(patient(**{name: "x"})) == [(f"Patient.{name}", f"R4#Patient.{name}.unknown")]


@pytest.mark.parametrize("name", ["Martin, Zoé", "", "a b", "280079912345678", "x" * 65, "\n"])
def test_an_unknown_property_that_may_be_data_is_not_repeated(errors: Errors, name: str) -> None:
    assert errors(patient(**{name: "x"})) == [("Patient", "R4#Patient.unknown")]


def test_an_unknown_property_deep_below_is_named_with_its_index(errors: Errors) -> None:
    found = errors(patient(name=[{"family": "A"}, {"family": "B", "surname": "C"}]))
    assert found == [("Patient.name[1].surname", "R4#Patient.name.surname.unknown")]


def test_resource_type_is_unknown_inside_a_data_type(errors: Errors) -> None:
    found = errors(patient(maritalStatus={"resourceType": "CodeableConcept", "text": "x"}))
    assert found == [("Patient.maritalStatus.resourceType", "R4#Patient.maritalStatus.resourceType.unknown")]


def test_what_repeats_is_an_array_even_once(errors: Errors) -> None:
    assert errors(patient(name={"family": "A"})) == [("Patient.name", "R4#Patient.name.array")]


def test_what_does_not_repeat_is_no_array(errors: Errors) -> None:
    assert errors(patient(gender=["male"])) == [("Patient.gender", "R4#Patient.gender.array")]
    assert errors(patient(maritalStatus=[{"text": "x"}])) == [
        ("Patient.maritalStatus", "R4#Patient.maritalStatus.array")
    ]


def test_array_ness_comes_from_r4_and_not_from_the_maximum_of_a_profile(errors: Errors) -> None:
    assert ("Procedure.bodySite", "R4#Procedure.bodySite.array") in errors(procedure(bodySite={"text": "x"}))


@pytest.mark.parametrize(
    ("changes", "place", "rule"),
    [
        ({"name": []}, "Patient.name", "R4#Patient.name.empty"),
        ({"name": [{}]}, "Patient.name[0]", "R4#Patient.name.empty"),
        ({"maritalStatus": {}}, "Patient.maritalStatus", "R4#Patient.maritalStatus.empty"),
        ({"birthDate": ""}, "Patient.birthDate", "R4#Patient.birthDate.format"),
        ({"name": [None]}, "Patient.name[0]", "R4#Patient.name.null"),
        ({"name": [{"family": None}]}, "Patient.name[0].family", "R4#Patient.name.family.null"),
        ({"name": [{"given": [None]}]}, "Patient.name[0].given[0]", "R4#Patient.name.given.null"),
        ({"name": [{"given": []}]}, "Patient.name[0].given", "R4#Patient.name.given.empty"),
        ({"_birthDate": {}}, "Patient.birthDate", "R4#Patient.birthDate.empty"),
        ({"birthDate": None}, "Patient.birthDate", "R4#Patient.birthDate.null"),
        ({"_birthDate": None}, "Patient.birthDate", "R4#Patient.birthDate.null"),
        ({"name": [{"given": None}]}, "Patient.name[0].given", "R4#Patient.name.given.null"),
        ({"name": [{"given": "Zoé"}]}, "Patient.name[0].given", "R4#Patient.name.given.array"),
        ({"name": [{"given": [["Zoé"]]}]}, "Patient.name[0].given[0]", "R4#Patient.name.given.json-type"),
        ({"name": [{"given": ["A"], "_given": {}}]}, "Patient.name[0].given", "R4#Patient.name.given.array"),
        ({"name": [{"given": ["A"], "_given": []}]}, "Patient.name[0].given", "R4#Patient.name.given.empty"),
        ({"name": [{"given": ["A"], "_given": [[]]}]}, "Patient.name[0].given[0]", "R4#Patient.name.given.json-type"),
        ({"name": [[{"text": "A"}]]}, "Patient.name[0]", "R4#Patient.name.array"),
    ],
)
def test_nothing_is_empty_or_null(errors: Errors, changes: dict[str, Any], place: str, rule: str) -> None:
    assert errors(patient() | changes) == [(place, rule)]


def test_null_keeps_a_primitive_array_in_step_with_its_extensions(errors: Errors) -> None:
    name = {"given": ["Zoé", None, "Léa"], "_given": [None, {"extension": EXTENSION}, {"id": "g"}]}
    assert errors(patient(name=[name])) == []


def test_extensions_alone_may_stand_for_an_array_of_values(errors: Errors) -> None:
    assert errors(patient(name=[{"_given": [{"extension": EXTENSION}]}])) == []


def test_null_on_both_sides_is_refused(errors: Errors) -> None:
    found = errors(patient(name=[{"given": ["A", None], "_given": [{"extension": EXTENSION}, None]}]))
    assert found == [("Patient.name[0].given[1]", "R4#Patient.name.given.null")]


def test_arrays_of_values_and_extensions_have_one_length(errors: Errors) -> None:
    found = errors(patient(name=[{"given": ["A", "B"], "_given": [{"extension": EXTENSION}]}]))
    assert found == [("Patient.name[0].given", "R4#Patient.name.given.alignment")]


def test_a_sibling_has_only_id_and_extensions(errors: Errors) -> None:
    found = errors(patient(_birthDate={"extension": EXTENSION, "value": "1980"}))
    assert found == [("Patient.birthDate.value", "R4#Patient.birthDate.value.unknown")]


@pytest.mark.parametrize("sibling", ["x", [{"id": "a"}], 1])
def test_a_sibling_is_an_object(errors: Errors, sibling: Any) -> None:
    assert [place for place, _ in errors(patient(_birthDate=sibling))] == ["Patient.birthDate"]


def test_a_bare_id_is_no_content(errors: Errors) -> None:
    assert errors(patient(maritalStatus={"id": "m"})) == [("Patient.maritalStatus", "ele-1")]
    assert errors(patient(birthDate=None, _birthDate={"id": "b"})) == [("Patient.birthDate", "ele-1")]


def test_an_id_beside_a_value_is_content(errors: Errors) -> None:
    assert errors(patient(_birthDate={"id": "b"})) == []


def test_a_missing_required_element_is_named_by_its_own_path(errors: Errors) -> None:
    assert errors(procedure(subject=None)) == [("Procedure.subject", "R4#Procedure.subject.min")]


def test_a_required_primitive_may_be_there_by_its_extensions_alone(errors: Errors) -> None:
    assert errors(procedure(status=None, _status={"extension": EXTENSION})) == []


def test_a_required_primitive_is_not_there_by_a_bare_id(errors: Errors) -> None:
    found = errors(procedure(status=None, _status={"id": "s"}))
    assert found == [("Procedure.status", "ele-1"), ("Procedure.status", "R4#Procedure.status.min")]


def test_a_required_element_below_is_named_with_its_index(errors: Errors) -> None:
    performer = [{"onBehalfOf": {"reference": "Organization/o1"}}]
    assert errors(procedure(performer=performer)) == [
        ("Procedure.performer[0].actor", "R4#Procedure.performer.actor.min")
    ]


def test_rules_of_a_resource_in_a_bundle_are_named_after_its_own_type(errors: Errors) -> None:
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": patient()}, {"resource": patient(gender="x")}],
    }
    assert errors(bundle) == [("Bundle.entry[1].resource.gender", "R4#Patient.gender.binding")]


def test_json_nested_beyond_the_limit_is_a_finding_and_no_exception(errors: Errors) -> None:
    extension: dict[str, Any] = {"url": "http://example.org/e", "valueString": "x"}
    for _ in range(5_000):
        extension = {"url": "http://example.org/e", "extension": [extension]}
    rules = [rule for _, rule in errors(patient(extension=[extension]))]
    assert len(rules) == 1
    assert rules[0].endswith(".depth")


def test_extensions_nested_within_the_limit_are_accepted(errors: Errors) -> None:
    extension: dict[str, Any] = {"url": "http://example.org/e", "valueString": "x"}
    for _ in range(40):
        extension = {"url": "http://example.org/e", "extension": [extension]}
    assert errors(patient(extension=[extension])) == []
