from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.builders import patient, procedure

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.builders import Document

    Errors = Callable[[Any], list[tuple[str, str]]]


def containing(*contained: Document, **changes: Any) -> Document:
    return procedure(contained=list(contained), subject={"reference": "#p"}, **changes)


def test_a_contained_resource_is_validated_in_full(errors: Errors) -> None:
    found = errors(containing(patient(id="p", birthDate="1980-02-30")))
    assert found == [("Procedure.contained[0].birthDate", "R4#Patient.birthDate.format")]


def test_dom_2_contained_resources_are_not_nested(errors: Errors) -> None:
    inner = patient(id="p", contained=[patient(id="q")], link=[{"other": {"reference": "#p"}, "type": "seealso"}])
    assert errors(containing(inner)) == [("Procedure.contained[0].contained", "dom-2")]


def test_dom_3_a_contained_resource_is_referred_to(errors: Errors) -> None:
    assert errors(containing(patient(id="p"), patient(id="q"))) == [("Procedure.contained[1]", "dom-3")]


def test_dom_3_a_contained_resource_may_refer_to_its_container(errors: Errors) -> None:
    provenance = {
        "resourceType": "Provenance",
        "id": "v",
        "target": [{"reference": "#"}],
        "recorded": "2024-01-01T00:00:00Z",
        "agent": [{"who": {"reference": "Practitioner/s1"}}],
    }
    assert errors(containing(patient(id="p"), provenance)) == []


def test_dom_3_a_contained_resource_may_be_used_by_another_one(errors: Errors) -> None:
    inner = patient(id="p", managingOrganization={"reference": "#o"})
    assert errors(containing(inner, {"resourceType": "Organization", "id": "o", "name": "CHU"})) == []


def test_dom_3_a_contained_resource_may_be_used_by_a_canonical(errors: Errors) -> None:
    plan = {"resourceType": "PlanDefinition", "id": "plan", "status": "active"}
    assert errors(containing(patient(id="p"), plan, instantiatesCanonical=["#plan"])) == []


def test_two_contained_resources_have_two_ids(errors: Errors) -> None:
    found = errors(containing(patient(id="p"), {"resourceType": "Group", "id": "p", "type": "person", "actual": True}))
    assert found == [("Procedure.contained[1].id", "R4#Procedure.contained.id.unique")]


def test_contained_resources_of_two_entries_may_have_the_same_id(errors: Errors) -> None:
    entry = {"resource": containing(patient(id="p"))}
    assert errors({"resourceType": "Bundle", "type": "collection", "entry": [entry, entry]}) == []


def test_dom_4_a_contained_resource_has_no_version(errors: Errors) -> None:
    inner = patient(id="p", meta={"versionId": "1", "lastUpdated": "2024-01-01T00:00:00Z"})
    assert errors(containing(inner)) == [
        ("Procedure.contained[0].meta.versionId", "dom-4"),
        ("Procedure.contained[0].meta.lastUpdated", "dom-4"),
    ]


def test_dom_5_a_contained_resource_has_no_security_label(errors: Errors) -> None:
    inner = patient(id="p", meta={"security": [{"code": "R"}]})
    assert errors(containing(inner)) == [("Procedure.contained[0].meta.security", "dom-5")]


def test_a_contained_resource_may_have_a_profile_and_tags(errors: Errors) -> None:
    assert errors(containing(patient(id="p", meta={"tag": [{"code": "x"}]}))) == []


def test_default_profiles_do_not_apply_to_a_contained_procedure(errors: Errors) -> None:
    inner = {"resourceType": "Procedure", "id": "q", "status": "unknown", "subject": {"reference": "#p"}}
    assert errors(containing(patient(id="p"), inner, partOf=[{"reference": "#q"}])) == []
