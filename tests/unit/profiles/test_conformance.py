from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import app.profiles
from app.profiles import DEFAULTS, Validator, load_profiles
from tests.builders import DISCRIMINATOR, DMI_PROCEDURE, procedure

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.builders import Document

    Errors = Callable[[Any], list[tuple[str, str]]]

NUM_SEJOUR = "dmi-procedure#Procedure.identifier:numSejour"
ID_INTERVENTION = "dmi-procedure#Procedure.identifier:idIntervention"


def identifier(*codes: str, value: str | None = "1", **extra: Any) -> Document:
    document = {"type": {"coding": [{"system": DISCRIMINATOR, "code": code} for code in codes]}, **extra}
    return document if value is None else document | {"value": value}


def test_the_least_dmi_procedure_is_valid(errors: Errors) -> None:
    assert errors(procedure()) == []


@pytest.mark.parametrize("name", ["performer", "bodySite", "focalDevice"])
def test_an_element_the_profile_requires_is_named_by_its_path(errors: Errors, name: str) -> None:
    assert errors(procedure(**{name: None})) == [(f"Procedure.{name}", f"dmi-procedure#Procedure.{name}.min")]


@pytest.mark.parametrize("name", ["performer", "bodySite", "focalDevice"])
def test_an_element_the_profile_allows_once_is_refused_twice(errors: Errors, name: str) -> None:
    twice = procedure()[name] * 2
    assert errors(procedure(**{name: twice})) == [(f"Procedure.{name}", f"dmi-procedure#Procedure.{name}.max")]


def test_an_element_missing_in_an_item_is_named_below_that_item(errors: Errors) -> None:
    found = errors(procedure(performer=[{"actor": {"reference": "Practitioner/s1"}}]))
    assert found == [("Procedure.performer[0].onBehalfOf", "dmi-procedure#Procedure.performer.onBehalfOf.min")]


def test_a_missing_choice_is_named_without_a_type(errors: Errors) -> None:
    found = errors(procedure(performedDateTime=None))
    assert found == [("Procedure.performed", "dmi-procedure#Procedure.performed[x].min")]


def test_a_type_the_profile_does_not_allow_is_refused(errors: Errors) -> None:
    found = errors(procedure(performedDateTime=None, performedPeriod={"start": "2024"}))
    assert found == [("Procedure.performedPeriod", "dmi-procedure#Procedure.performed[x].type")]


def test_a_required_choice_may_be_there_by_its_extensions_alone(errors: Errors) -> None:
    unknown = {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}
    assert errors(procedure(performedDateTime=None, _performedDateTime={"extension": [unknown]})) == []


def test_a_missing_slice_is_named_by_its_element_with_the_slice_in_the_rule(errors: Errors) -> None:
    found = errors(procedure(identifier=[identifier("numSejour")]))
    assert found == [("Procedure.identifier", f"{ID_INTERVENTION}.min")]


def test_without_any_identifier_both_the_element_and_the_slice_are_missing(errors: Errors) -> None:
    assert errors(procedure(identifier=None)) == [
        ("Procedure.identifier", "dmi-procedure#Procedure.identifier.min"),
        ("Procedure.identifier", f"{ID_INTERVENTION}.min"),
    ]


def test_a_slice_allowed_once_is_refused_twice(errors: Errors) -> None:
    found = errors(procedure(identifier=[identifier("idIntervention"), identifier("idIntervention")]))
    assert found == [("Procedure.identifier", f"{ID_INTERVENTION}.max")]


def test_constraints_apply_inside_a_slice(errors: Errors) -> None:
    items = [identifier("idIntervention"), identifier("numSejour", value=None)]
    assert errors(procedure(identifier=items)) == [("Procedure.identifier[1].value", f"{NUM_SEJOUR}.value.min")]


def test_a_coding_matches_at_any_position_with_anything_beside_it(errors: Errors) -> None:
    mixed = identifier("idIntervention", use="official", system="urn:oid:1.2.3")
    mixed["type"]["coding"].insert(0, {"system": "http://local", "code": "x"})
    mixed["type"]["coding"][1] |= {"display": "identifiant", "version": "3.0.0", "userSelected": True}
    mixed["type"]["text"] = "Identifiant"
    assert errors(procedure(identifier=[mixed])) == []


def test_a_pattern_is_not_met_by_two_codings_together(errors: Errors) -> None:
    halves = {
        "coding": [{"system": DISCRIMINATOR, "code": "refFacture"}, {"system": "http://x", "code": "idIntervention"}]
    }
    found = errors(procedure(identifier=[{"type": halves, "value": "1"}]))
    assert found == [("Procedure.identifier", f"{ID_INTERVENTION}.min")]


def test_a_code_of_the_right_name_in_another_case_is_another_code(errors: Errors) -> None:
    found = errors(procedure(identifier=[identifier("IdIntervention")]))
    assert found == [
        ("Procedure.identifier[0].type.coding[0].code", "R4#Procedure.identifier.type.coding.code.code-system"),
        ("Procedure.identifier", f"{ID_INTERVENTION}.min"),
    ]


def test_an_item_that_matches_no_slice_is_free_in_an_open_slicing(errors: Errors) -> None:
    assert errors(procedure(identifier=[{"system": "http://local"}, identifier("idIntervention")])) == []


def test_an_item_that_matches_two_slices_is_an_error(errors: Errors) -> None:
    found = errors(procedure(identifier=[identifier("numSejour", "idIntervention")]))
    assert found == [("Procedure.identifier[0]", "dmi-procedure#Procedure.identifier.slicing")]


def test_everything_wrong_is_said_at_once(errors: Errors) -> None:
    least = {"resourceType": "Procedure", "status": "x", "identifier": [identifier("numSejour", value=None)]}
    assert errors(least) == [
        ("Procedure.status", "R4#Procedure.status.binding"),
        ("Procedure.subject", "R4#Procedure.subject.min"),
        ("Procedure.identifier", f"{ID_INTERVENTION}.min"),
        ("Procedure.identifier[0].value", f"{NUM_SEJOUR}.value.min"),
        ("Procedure.performed", "dmi-procedure#Procedure.performed[x].min"),
        ("Procedure.performer", "dmi-procedure#Procedure.performer.min"),
        ("Procedure.bodySite", "dmi-procedure#Procedure.bodySite.min"),
        ("Procedure.focalDevice", "dmi-procedure#Procedure.focalDevice.min"),
    ]


@pytest.mark.parametrize("malformed", ["x", 1, {}, [], [None], ["x"], [[]], {"type": "x"}, [{"type": [None]}]])
def test_malformed_sliced_elements_are_findings_and_no_exceptions(errors: Errors, malformed: Any) -> None:
    assert ("Procedure.identifier", f"{ID_INTERVENTION}.min") in errors(procedure(identifier=malformed))


def test_every_constraint_of_the_seed_differential_is_compiled() -> None:
    file = Path(app.profiles.__file__).parent / "definitions" / "dmi-procedure.json"
    written = {element["id"] for element in json.loads(file.read_text("utf-8"))["differential"]["element"]}
    compiled: set[str] = set()
    waiting = [load_profiles()[DMI_PROCEDURE].root]
    while waiting:
        node = waiting.pop()
        compiled.add(node.id)
        waiting += [*node.children, *(part.constraint for part in (node.slicing.slices if node.slicing else ()))]
    assert compiled == written | {"Procedure"}


def test_a_profile_that_is_named_applies_without_being_a_default() -> None:
    validator = Validator(load_profiles(), {})
    named = procedure(bodySite=None, meta={"profile": [DMI_PROCEDURE]})
    assert validator.validate(procedure(bodySite=None)) == ()
    assert [issue.rule for issue in validator.validate(named)] == ["dmi-procedure#Procedure.bodySite.min"]


def test_a_profile_that_is_named_and_default_applies_once() -> None:
    validator = Validator(load_profiles(), DEFAULTS)
    assert len(validator.validate(procedure(bodySite=None, meta={"profile": [DMI_PROCEDURE]}))) == 1
