"""References inside a Bundle. https://hl7.org/fhir/R4/bundle.html#references"""

from __future__ import annotations

from typing import Any

import pytest

from app.fhir.bundle import Entries
from app.fhir.reference import Target, Uri, parse


def person(version: str) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": "p1", "meta": {"versionId": version}}


HISTORY = Entries(
    {
        "resourceType": "Bundle",
        "entry": [
            {"fullUrl": "http://a/fhir/Patient/p1", "resource": person("2")},
            {"fullUrl": "http://a/fhir/Patient/p1", "resource": person("1")},
            {"fullUrl": "urn:uuid:9", "resource": {"resourceType": "Patient", "id": "p9"}},
        ],
    }
)


def found(reference: str, full_url: str) -> dict[str, Any] | None:
    parsed = parse(reference)
    assert isinstance(parsed, Target | Uri)
    return HISTORY.find(parsed, full_url)


@pytest.mark.parametrize(
    ("reference", "version"),
    [
        ("http://a/fhir/Patient/p1", "2"),
        ("http://a/fhir/Patient/p1/_history/1", "1"),
        ("Patient/p1", "2"),
        ("Patient/p1/_history/1", "1"),
    ],
)
def test_of_several_versions_the_first_is_meant_or_the_one_that_is_named(reference: str, version: str) -> None:
    assert found(reference, "http://a/fhir/Procedure/x") == person(version)


@pytest.mark.parametrize(
    ("reference", "full_url"),
    [
        ("Patient/p1/_history/3", "http://a/fhir/Procedure/x"),
        ("Patient/p1", "http://b/fhir/Procedure/x"),
        ("Patient/p9", "http://a/fhir/Procedure/x"),
        ("http://b/fhir/Patient/p1", "http://a/fhir/Procedure/x"),
        ("Group/p1", "urn:uuid:1"),
        ("urn:uuid:8", "urn:uuid:1"),
    ],
)
def test_what_no_entry_is_named_is_not_in_the_bundle(reference: str, full_url: str) -> None:
    assert found(reference, full_url) is None


def test_a_relative_reference_from_no_server_means_type_and_id() -> None:
    assert found("Patient/p9", "urn:uuid:1") == {"resourceType": "Patient", "id": "p9"}


@pytest.mark.parametrize(
    "bundle", [{}, {"entry": None}, {"entry": {}}, {"entry": [None, 1, [], {"fullUrl": 1}, {"resource": []}]}]
)
def test_a_bundle_of_another_shape_has_no_entries(bundle: dict[str, Any]) -> None:
    assert Entries(bundle).find(Uri("urn:uuid:1"), "") is None
