"""Slicing by every discriminator R4 has, with profiles written for the test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.profiles import Validator
from app.profiles.differential import UnsupportedDefinition
from app.profiles.structure_definition import compile_profiles
from tests.builders import patient, practitioner

if TYPE_CHECKING:
    from tests.builders import Document

CORE = "http://hl7.org/fhir/StructureDefinition/"
URL = "http://example.org/StructureDefinition/"


def definition(type_name: str, *elements: Document, name: str = "test", base: str = "") -> Document:
    return {
        "resourceType": "StructureDefinition",
        "id": name,
        "url": URL + name,
        "name": name,
        "type": type_name,
        "baseDefinition": base or CORE + type_name,
        "differential": {"element": [{"path": element["id"], **element} for element in elements]},
    }


def sliced(element: str, kind: str, path: str, **more: Any) -> Document:
    return {"id": element, "slicing": {"discriminator": [{"type": kind, "path": path}], "rules": "open", **more}}


def found(resource: Document, *definitions: Document) -> list[tuple[str, str]]:
    """The errors of a resource under the first of the definitions."""
    validator = Validator(compile_profiles(definitions), {definitions[0]["type"]: (definitions[0]["url"],)})
    return [(issue.expression, issue.rule) for issue in validator.validate(resource) if issue.severity == "error"]


NAMES = (
    sliced("Patient.name", "value", "use"),
    {"id": "Patient.name:official", "sliceName": "official", "min": 1, "max": "1"},
    {"id": "Patient.name:official.use", "patternCode": "official"},
    {"id": "Patient.name:official.family", "min": 1},
    {"id": "Patient.name:usual", "sliceName": "usual"},
    {"id": "Patient.name:usual.use", "fixedCode": "usual"},
)


def test_slices_by_value_count_their_own_items() -> None:
    names = [{"use": "usual", "text": "Z"}, {"use": "official", "family": "A"}, {"use": "old", "text": "B"}]
    assert found(patient(name=names), definition("Patient", *NAMES)) == []
    assert found(patient(name=names[:1]), definition("Patient", *NAMES)) == [
        ("Patient.name", "test#Patient.name:official.min")
    ]
    assert found(patient(name=[*names, {"use": "official"}]), definition("Patient", *NAMES)) == [
        ("Patient.name", "test#Patient.name:official.max"),
        ("Patient.name[3].family", "test#Patient.name:official.family.min"),
    ]


def test_a_closed_slicing_refuses_what_matches_no_slice() -> None:
    closed = sliced("Patient.name", "value", "use", rules="closed")
    names = [{"use": "official", "family": "A"}, {"use": "old", "text": "B"}]
    assert found(patient(name=names[:1]), definition("Patient", closed, *NAMES[1:])) == []
    assert found(patient(name=names), definition("Patient", closed, *NAMES[1:])) == [
        ("Patient.name[1]", "test#Patient.name.closed")
    ]


def test_a_slicing_open_at_end_wants_the_others_last() -> None:
    open_at_end = sliced("Patient.name", "value", "use", rules="openAtEnd")
    names = [{"use": "official", "family": "A"}, {"use": "old", "text": "B"}]
    assert found(patient(name=names), definition("Patient", open_at_end, *NAMES[1:])) == []
    assert found(patient(name=names[::-1]), definition("Patient", open_at_end, *NAMES[1:])) == [
        ("Patient.name[1]", "test#Patient.name.order")
    ]


def test_an_ordered_slicing_wants_the_order_of_the_slices() -> None:
    ordered = sliced("Patient.name", "value", "use", ordered=True)
    names = [{"use": "official", "family": "A"}, {"use": "old", "text": "B"}, {"use": "usual", "text": "Z"}]
    assert found(patient(name=names), definition("Patient", ordered, *NAMES[1:])) == []
    assert found(patient(name=names[::-1]), definition("Patient", ordered, *NAMES[1:])) == [
        ("Patient.name[2]", "test#Patient.name.order")
    ]


def test_slices_by_pattern_of_the_element_itself() -> None:
    profile = definition(
        "Patient",
        sliced("Patient.maritalStatus.coding", "pattern", "$this"),
        {
            "id": "Patient.maritalStatus.coding:local",
            "sliceName": "local",
            "min": 1,
            "patternCoding": {"system": "http://local"},
        },
    )
    assert found(patient(maritalStatus={"coding": [{"system": "http://local", "code": "m"}]}), profile) == []
    assert found(patient(maritalStatus={"coding": [{"code": "m"}]}), profile) == [
        ("Patient.maritalStatus.coding", "test#Patient.maritalStatus.coding:local.min")
    ]


def test_slices_by_two_discriminators_need_both() -> None:
    profile = definition(
        "Patient",
        {
            "id": "Patient.telecom",
            "slicing": {
                "discriminator": [{"type": "value", "path": "system"}, {"type": "value", "path": "use"}],
                "rules": "open",
            },
        },
        {"id": "Patient.telecom:home", "sliceName": "home", "max": "1"},
        {"id": "Patient.telecom:home.system", "patternCode": "phone"},
        {"id": "Patient.telecom:home.use", "patternCode": "home"},
    )
    both, one = {"system": "phone", "use": "home", "value": "1"}, {"system": "phone", "use": "work", "value": "1"}
    assert found(patient(telecom=[both, one, one]), profile) == []
    assert found(patient(telecom=[both, both]), profile) == [("Patient.telecom", "test#Patient.telecom:home.max")]


def test_slices_by_existence() -> None:
    profile = definition(
        "Patient",
        sliced("Patient.name", "exists", "period"),
        {"id": "Patient.name:past", "sliceName": "past", "max": "1"},
        {"id": "Patient.name:past.period", "min": 1},
        {"id": "Patient.name:present", "sliceName": "present", "max": "1"},
        {"id": "Patient.name:present.period", "max": "0"},
    )
    past, present = {"text": "A", "period": {"end": "2000"}}, {"text": "B"}
    assert found(patient(name=[past, present]), profile) == []
    assert found(patient(name=[past, past]), profile) == [("Patient.name", "test#Patient.name:past.max")]
    assert found(patient(name=[present, present]), profile) == [("Patient.name", "test#Patient.name:present.max")]


def test_slices_of_a_choice_by_type() -> None:
    profile = definition(
        "Patient",
        sliced("Patient.deceased[x]", "type", "$this"),
        {"id": "Patient.deceased[x]:deceasedDateTime", "sliceName": "deceasedDateTime", "type": [{"code": "dateTime"}]},
        {"id": "Patient.deceased[x]:deceasedDateTime.extension", "min": 1},
    )
    assert found(patient(deceasedBoolean=True), profile) == []
    assert found(patient(deceasedDateTime="2020"), profile) == [
        ("Patient.deceasedDateTime.extension", "test#Patient.deceased[x]:deceasedDateTime.extension.min")
    ]
    extension = {"extension": [{"url": "http://example.org/e", "valueString": "x"}]}
    assert found(patient(deceasedDateTime="2020", _deceasedDateTime=extension), profile) == []


def test_slices_of_a_choice_by_value_and_by_a_type_in_the_path() -> None:
    by_value = definition(
        "Patient",
        sliced("Patient.deceased[x]", "value", "$this"),
        {"id": "Patient.deceased[x]:alive", "sliceName": "alive", "min": 1, "fixedBoolean": False},
    )
    assert found(patient(deceasedBoolean=False), by_value) == []
    assert found(patient(deceasedBoolean=True), by_value) == [
        ("Patient.deceased", "test#Patient.deceased[x]:alive.min")
    ]
    by_cast = definition(
        "Observation",
        sliced("Observation.component", "value", "value.ofType(CodeableConcept)"),
        {"id": "Observation.component:yes", "sliceName": "yes", "max": "1"},
        {"id": "Observation.component:yes.value[x]", "patternCodeableConcept": {"text": "yes"}},
    )
    yes = {"code": {"text": "x"}, "valueCodeableConcept": {"text": "yes"}}
    other = {"code": {"text": "x"}, "valueString": "yes"}
    observation = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}
    assert found({**observation, "component": [yes, other, other]}, by_cast) == []
    assert found({**observation, "component": [yes, yes]}, by_cast) == [
        ("Observation.component", "test#Observation.component:yes.max")
    ]


def test_slices_by_the_type_a_reference_points_at() -> None:
    profile = definition(
        "Patient",
        sliced("Patient.generalPractitioner", "type", "resolve()"),
        {
            "id": "Patient.generalPractitioner:doctor",
            "sliceName": "doctor",
            "max": "1",
            "type": [{"code": "Reference", "targetProfile": [CORE + "Practitioner"]}],
        },
    )
    doctor, practice = {"reference": "Practitioner/1"}, {"reference": "Organization/1"}
    assert found(patient(generalPractitioner=[practice, doctor, practice]), profile) == []
    assert found(patient(generalPractitioner=[doctor, doctor]), profile) == [
        ("Patient.generalPractitioner", "test#Patient.generalPractitioner:doctor.max")
    ]


def test_slices_by_an_extension_below() -> None:
    profile = definition(
        "Patient",
        sliced("Patient.name", "value", "extension('http://example.org/e').value"),
        {"id": "Patient.name:marked", "sliceName": "marked", "min": 1},
        {
            "id": "Patient.name:marked.extension:e",
            "sliceName": "e",
            "type": [{"code": "Extension", "profile": ["http://example.org/e"]}],
        },
        {"id": "Patient.name:marked.extension:e.value[x]", "patternCode": "yes"},
    )
    marked = {"text": "A", "extension": [{"url": "http://example.org/e", "valueCode": "yes"}]}
    assert found(patient(name=[marked]), profile) == []
    other = {"text": "A", "extension": [{"url": "http://example.org/e", "valueCode": "no"}]}
    assert found(patient(name=[other]), profile) == [("Patient.name", "test#Patient.name:marked.min")]


BUNDLE = (
    definition(
        "Bundle",
        sliced("Bundle.entry", "profile", "resource"),
        {"id": "Bundle.entry:named", "sliceName": "named", "min": 1, "max": "1"},
        {
            "id": "Bundle.entry:named.resource",
            "min": 1,
            "type": [{"code": "Patient", "profile": [URL + "named"]}],
        },
    ),
    definition("Patient", {"id": "Patient.name", "min": 1}, name="named"),
)


def bundle(*resources: Document) -> Document:
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in resources]}


def test_slices_by_profile_take_what_conforms_and_not_what_claims_to() -> None:
    claiming = patient(name=None, meta={"profile": [URL + "named"]})
    assert found(bundle(patient(), practitioner(), patient(name=None)), *BUNDLE) == []
    assert found(bundle(patient(name=None)), *BUNDLE) == [("Bundle.entry", "test#Bundle.entry:named.min")]
    assert found(bundle(claiming, patient()), *BUNDLE) == [("Bundle.entry[0].resource.name", "named#Patient.name.min")]
    assert found(bundle(patient(), patient()), *BUNDLE) == [("Bundle.entry", "test#Bundle.entry:named.max")]


def test_slices_that_cannot_be_told_apart_are_left_alone_even_in_a_closed_slicing() -> None:
    profile = definition(
        "Patient",
        sliced("Patient.name", "value", "use", rules="closed"),
        {"id": "Patient.name:bound", "sliceName": "bound", "min": 1},
    )
    assert found(patient(), profile) == []


def test_slices_fixed_only_below_the_discriminator_give_warnings() -> None:
    profile = definition(
        "Patient",
        sliced("Patient.communication", "pattern", "language"),
        {"id": "Patient.communication:french", "sliceName": "french", "min": 1},
        {"id": "Patient.communication:french.language.coding.code", "patternCode": "fr"},
    )
    validator = Validator(compile_profiles([profile]), {"Patient": (profile["url"],)})
    french = {"language": {"coding": [{"code": "fr"}]}}
    assert validator.validate(patient(communication=[french])) == ()
    (issue,) = validator.validate(patient())
    assert (issue.severity, issue.rule) == ("warning", "test#Patient.communication:french.min")


def test_a_child_profile_is_laid_over_its_parent() -> None:
    parent = definition("Patient", *NAMES, name="parent")
    child = definition("Patient", {"id": "Patient.name:usual", "min": 1}, base=URL + "parent")
    assert found(patient(name=[{"use": "official", "family": "A"}]), child, parent) == [
        ("Patient.name", "test#Patient.name:usual.min")
    ]


def test_fixed_values_are_exact_and_patterns_allow_more() -> None:
    fixed = definition("Patient", {"id": "Patient.maritalStatus", "fixedCodeableConcept": {"text": "m"}})
    pattern = definition("Patient", {"id": "Patient.maritalStatus", "patternCodeableConcept": {"text": "m"}})
    more = patient(maritalStatus={"text": "m", "id": "x"})
    assert found(patient(maritalStatus={"text": "m"}), fixed) == []
    assert found(more, fixed) == [("Patient.maritalStatus", "test#Patient.maritalStatus.fixed")]
    assert found(more, pattern) == []
    codings = {"fixedCodeableConcept": {"coding": [{"code": "a"}]}}
    listed = definition("Patient", {"id": "Patient.maritalStatus", **codings})
    assert found(patient(maritalStatus={"coding": [{"code": "a"}]}), listed) == []
    assert found(patient(maritalStatus={"coding": [{"code": "a"}, {"code": "b"}]}), listed) == [
        ("Patient.maritalStatus", "test#Patient.maritalStatus.fixed")
    ]
    assert found(patient(maritalStatus={"text": "M"}), pattern) == [
        ("Patient.maritalStatus", "test#Patient.maritalStatus.pattern")
    ]


def test_a_fixed_boolean_is_not_met_by_a_number() -> None:
    fixed = definition("Patient", {"id": "Patient.active", "fixedBoolean": True})
    assert ("Patient.active", "test#Patient.active.fixed") in found(patient(active=1), fixed)


def test_target_profiles_restrict_what_a_reference_points_at() -> None:
    only = {"id": "Patient.managingOrganization", "type": [{"code": "Reference", "targetProfile": [URL + "org"]}]}
    profiles = (
        definition("Patient", only),
        definition("Organization", {"id": "Organization.name", "min": 1}, name="org"),
    )
    assert found(patient(managingOrganization={"reference": "Organization/1"}), *profiles) == []
    only["id"] = "Patient.generalPractitioner"
    profile = definition("Patient", only)
    assert found(patient(generalPractitioner=[{"reference": "Practitioner/1"}]), profile, profiles[1]) == [
        ("Patient.generalPractitioner[0]", "test#Patient.generalPractitioner.target")
    ]


def test_a_modifier_extension_is_accepted_where_its_definition_makes_it_one() -> None:
    modifier = definition("Extension", {"id": "Extension", "isModifier": True}, name="negated")
    modifier["context"] = [{"type": "element", "expression": "Patient"}]
    document = patient(modifierExtension=[{"url": URL + "negated", "valueBoolean": True}])
    assert found(document, modifier) == []
    modifier["differential"]["element"][0]["isModifier"] = False
    assert found(document, modifier) == [("Patient.modifierExtension[0]", "R4#Patient.modifierExtension.modifier")]


@pytest.mark.parametrize(
    "profile",
    [
        definition("Patient", {"id": "Patient.nothing", "min": 1}),
        definition("Patient", {"id": "Patient.name", "min": 1}, base="http://example.org/unknown"),
        definition("Patient", sliced("Patient.name", "magic", "use"), {"id": "Patient.name:a", "min": 1}),
        definition("Patient", sliced("Patient.name", "value", "use"), {"id": "Patient.name:a/b", "min": 1}),
        definition("Patient", {"id": "Patient.deceased[x].extension", "min": 1}),
    ],
)
def test_a_definition_that_cannot_be_applied_in_full_is_refused_when_it_is_read(profile: Document) -> None:
    with pytest.raises(UnsupportedDefinition):
        compile_profiles([profile])
