from __future__ import annotations

import pytest

from app.fhir.reference import Contained, Logical, Parsed, Target, Uri, logical, parse


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Patient/p-1.a", Target("Patient", "p-1.a")),
        ("Patient/p1/_history/3", Target("Patient", "p1", version="3")),
        ("https://h.fr/fhir/Patient/p1", Target("Patient", "p1", base="https://h.fr/fhir")),
        ("http://h.fr/a//Patient/p1/_history/2", Target("Patient", "p1", "2", "http://h.fr/a")),
        ("#dev", Contained("dev")),
        ("#", Contained("")),
        ("urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0", Uri("urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0")),
        ("urn:oid:1.2.3", Uri("urn:oid:1.2.3")),
        ("http://h.fr/not-a-resource", Uri("http://h.fr/not-a-resource")),
    ],
)
def test_each_form_of_a_literal_reference_is_told_apart(text: str, expected: Parsed) -> None:
    assert parse({"reference": text}) == expected
    assert parse(text) == expected


@pytest.mark.parametrize(
    "broken",
    [
        "",
        "Patient",
        "Patient/",
        "patient/1",
        "Patient/a b",
        "Patient/" + "x" * 65,
        "/Patient/1",
        None,
        5,
        [],
        {},
        {"reference": 7},
        {"reference": ""},
        {"display": "Mr"},
        {"identifier": {}},
        {"identifier": "x"},
    ],
)
def test_a_broken_reference_points_nowhere(broken: object) -> None:
    assert parse(broken) is None


def test_an_identifier_alone_is_a_logical_reference() -> None:
    reference = {"type": "Patient", "identifier": {"system": "urn:x", "value": "1"}}

    assert parse(reference) == Logical("urn:x", "1", "Patient")


def test_a_literal_reference_wins_over_the_identifier_beside_it() -> None:
    reference = {"reference": "Patient/1", "identifier": {"value": "9"}}

    assert parse(reference) == Target("Patient", "1")
    assert logical(reference) == Logical("", "9")


@pytest.mark.parametrize("text", ["urn:x:" + "x" * 100_000, "#" + "x" * 100_000, "http://h/" + "x" * 100_000])
def test_a_reference_of_any_length_is_read(text: str) -> None:
    assert parse(text) in (Uri(text), Contained(text[1:]))
