from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from app.profiles import DEFAULTS, Validator, load_profiles
from tests.builders import DISCRIMINATOR, DMI_PROCEDURE, device, patient, procedure

if TYPE_CHECKING:
    from collections.abc import Callable

    Found = Callable[[Any], list[tuple[str, str]]]


def test_a_valid_resource_has_no_finding(validator: Validator) -> None:
    assert validator.validate(procedure()) == ()


def test_the_resource_is_of_the_expected_type(validator: Validator) -> None:
    assert validator.validate(procedure(), "Procedure") == ()
    (issue,) = validator.validate(patient(), "Procedure")
    assert (issue.expression, issue.rule) == ("Patient", "R4#Patient.resourceType")


def test_a_resource_without_type_is_named_after_the_expected_one(validator: Validator) -> None:
    (issue,) = validator.validate({"status": "unknown"}, "Procedure")
    assert (issue.expression, issue.rule) == ("Procedure", "R4#Procedure.resourceType")


def test_unknown_profile_is_reported_as_a_warning(errors: Found, warnings: Found) -> None:
    document = patient(meta={"profile": ["http://example.org/p", "http://hl7.org/fhir/StructureDefinition/Patient"]})
    assert errors(document) == []
    assert warnings(document) == [("Patient.meta.profile[0]", "R4#Patient.meta.profile.unknown")]


def test_a_profile_for_another_type_is_refused(errors: Found) -> None:
    found = errors(device(meta={"profile": [DMI_PROCEDURE]}))
    assert found == [("Device.meta.profile[0]", "R4#Device.meta.profile.type")]
    found = errors(device(meta={"profile": ["http://hl7.org/fhir/StructureDefinition/Patient"]}))
    assert found == [("Device.meta.profile[0]", "R4#Device.meta.profile.type")]


def test_a_profile_may_be_named_with_its_version(errors: Found, warnings: Found) -> None:
    document = procedure(meta={"profile": [f"{DMI_PROCEDURE}|3.0.0"]})
    assert errors(document) == warnings(document) == []


def test_another_version_of_a_profile_is_a_warning_and_the_known_one_is_checked(errors: Found, warnings: Found) -> None:
    document = procedure(bodySite=None, meta={"profile": [f"{DMI_PROCEDURE}|1.0.0"]})
    assert warnings(document) == [("Procedure.meta.profile[0]", "R4#Procedure.meta.profile.version")]
    assert errors(document) == [("Procedure.bodySite", "dmi-procedure#Procedure.bodySite.min")]


def test_default_profiles_apply_to_the_entries_of_a_bundle(errors: Found) -> None:
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": procedure(bodySite=None)}],
    }
    assert errors(bundle) == [("Bundle.entry[0].resource.bodySite", "dmi-procedure#Procedure.bodySite.min")]


def test_an_issue_says_place_rule_and_remedy_in_two_languages(validator: Validator) -> None:
    (issue,) = validator.validate(procedure(bodySite=None))
    assert (issue.severity, issue.code) == ("error", "required")
    rule = "[dmi-procedure#Procedure.bodySite.min]"
    assert issue.en == f"Procedure.bodySite is missing and the profile requires it. Add it. {rule}"
    assert issue.fr == f"Procedure.bodySite est absent alors que le profil l’exige. Ajoutez-le. {rule}"


def test_a_missing_slice_is_said_with_what_makes_it_one(validator: Validator) -> None:
    (issue,) = validator.validate(procedure(identifier=[{"value": "1"}]))
    wanted = f'type = {{"coding":[{{"system":"{DISCRIMINATOR}","code":"idIntervention"}}]}}'
    assert "slice idIntervention" in issue.en
    assert wanted in issue.en
    assert wanted in issue.fr


def test_beyond_the_cap_one_finding_counts_the_others(validator: Validator) -> None:
    issues = validator.validate(patient(name=[{"x": 1} for _ in range(1_203)]))
    assert len(issues) == 501
    assert issues[-1].severity == "error"
    assert issues[-1].en.startswith("703 more findings are not shown, 703 of them errors.")


def test_an_error_is_not_hidden_behind_warnings_beyond_the_cap(validator: Validator) -> None:
    bare = [{"resource": {"resourceType": "Device", "status": "active"}} for _ in range(300)]
    wrong = [{"resource": {"resourceType": "Device", "status": "lost"}} for _ in range(2)]
    issues = validator.validate({"resourceType": "Bundle", "type": "collection", "entry": [*bare, *wrong]})
    errors = [issue.expression for issue in issues if issue.severity == "error"]
    assert errors == ["Bundle.entry[300].resource.status", "Bundle.entry[301].resource.status"]
    assert (len(issues), issues[-1].rule, issues[-1].severity) == (501, "cap", "warning")


def test_validation_is_deterministic_and_leaves_the_document_alone(validator: Validator) -> None:
    document = procedure(status="x", bodySite=None, unknown={"a": [None]}, identifier="x")
    before = copy.deepcopy(document)
    assert validator.validate(document) == validator.validate(document)
    assert document == before


def test_nothing_applies_beyond_r4_where_there_is_no_default() -> None:
    least = {"resourceType": "Procedure", "status": "unknown", "subject": {"reference": "Patient/p1"}}
    assert Validator(load_profiles(), {}).validate(least) == ()
    assert len(Validator(load_profiles(), DEFAULTS).validate(least)) == 6
