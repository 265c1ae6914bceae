from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.recall.implants import Devices, contained_devices, device_references, explants, implants, performed_date
from tests.builders import device, procedure

DEVICE = device()
SNOMED = "http://snomed.info/sct"


def found(document: dict[str, Any], *devices: dict[str, Any]) -> list[tuple[str, str, bool]]:
    """(id of the device, who names the patient, whether it was taken out)"""
    stored = {each["id"]: each for each in devices or (DEVICE,)}
    told = implants(document, Devices(stored, contained_devices(document)), "")
    return [(each.device["id"], each.named_by, each.explanted) for each in told]


def action(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def test_a_device_that_is_focal_and_used_counts_once() -> None:
    assert found(procedure(usedReference=[{"reference": "Device/d1"}])) == [("d1", "procedure", False)]


def test_a_device_that_was_taken_out_and_put_in_again_counts_for_both() -> None:
    moved = [
        {"manipulated": {"reference": "Device/d1"}, "action": action(SNOMED, code)}
        for code in ("129303008", "129336009")
    ]
    assert [explanted for *_, explanted in found(procedure(focalDevice=moved))] == [True, False]


def test_a_contained_device_without_an_id_counts() -> None:
    inside = {"resourceType": "Device", "lotNumber": "1"}
    document = procedure(contained=[inside], focalDevice=None)
    (told,) = implants(document, Devices({}, contained_devices(document)), "")
    assert told.device is inside


def test_a_device_that_was_taken_out_of_one_patient_may_be_in_the_other_whom_it_names() -> None:
    other = device(patient={"reference": "Patient/p2"})
    out = [{"manipulated": {"reference": "Device/d1"}, "action": action(SNOMED, "129303008")}]
    assert found(procedure(focalDevice=out), other) == [("d1", "procedure", True), ("d1", "device", False)]


def test_the_same_device_named_twice_for_the_same_action_counts_once() -> None:
    twice = [{"manipulated": {"reference": reference}} for reference in ("Device/d1", "Device/d1/_history/1")]
    assert found(procedure(focalDevice=twice)) == [("d1", "procedure", False)]


@pytest.mark.parametrize("literal", [{}, {"reference": "Device/unknown"}])
def test_a_device_is_found_by_the_identifier_where_no_id_leads_to_it(literal: dict[str, str]) -> None:
    named = {**literal, "identifier": {"system": "urn:serials", "value": "1"}}
    document = procedure(focalDevice=[{"manipulated": named}])
    (told,) = implants(document, Devices({}, {}, {"urn:serials|1": DEVICE}), "")
    assert told.device is DEVICE


def test_the_same_patient_named_by_both_is_named_once() -> None:
    assert found(procedure(), device(patient={"reference": "Patient/p1/_history/2"})) == [("d1", "procedure", False)]


def test_a_device_on_another_server_is_none_of_ours() -> None:
    away = [{"manipulated": {"reference": "https://elsewhere.example/fhir/Device/d1"}}]
    assert found(procedure(focalDevice=away)) == []


@pytest.mark.parametrize(
    ("system", "code", "expected"),
    [
        ("http://hl7.org/fhir/device-action", "explanted", True),
        ("http://hl7.org/fhir/device-action", "implanted", False),
        (SNOMED, "129303008", True),
        ("urn:other", "explanted", False),
    ],
)
def test_an_action_is_known_by_system_and_code(system: str, code: str, expected: bool) -> None:
    assert explants(action(system, code)) is expected


def test_the_practitioner_goes_ahead_of_an_organization_among_the_performers() -> None:
    performers = [{"actor": {"reference": "Organization/o1"}}, {"actor": {"reference": "Practitioner/s1"}}]
    document = procedure(performer=performers)
    (told,) = implants(document, Devices({"d1": DEVICE}, {}), "")
    assert told.practitioner == {"reference": "Practitioner/s1"}


@pytest.mark.parametrize(
    ("period", "expected"),
    [({"start": "2024", "end": "2025"}, "2024"), ({"end": "2025"}, "2025"), ("2024", None), (None, None)],
)
def test_a_period_has_the_date_of_its_start(period: Any, expected: str | None) -> None:
    assert performed_date(procedure(performedDateTime=None, performedPeriod=period)) == expected


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["manipulated", "reference", "action", "coding", "actor", "resourceType", "id", "onBehalfOf"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["focalDevice", "usedReference", "contained", "performer", "subject"]), JSON))
def test_broken_documents_never_raise(elements: dict[str, Any]) -> None:
    document = {"resourceType": "Procedure", **elements}
    list(device_references(document))
    implants(document, Devices({"d1": device(patient=elements.get("subject"))}, contained_devices(document)), "")
