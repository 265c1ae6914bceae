"""Search parameters as a URL has them. https://hl7.org/fhir/R4/search.html#modifiers"""

from __future__ import annotations

import pytest

from app.errors import InvalidSearch, TooCostly
from app.search.algebra import And, Contains, Eq, Filter, In, Linked, Missing, Not, Or, Prefix, Range, Referenced
from app.search.filter_expression import MAX_LINKS
from app.search.query_string import QueryString
from app.search.value_counts import MOST_RANGES, MOST_VALUES

BASE = "https://dmi.example/fhir"
DAY = Range("birthdate", lo_from="1950-01-01T00:00:00.000000Z", hi_upto="1950-01-02T00:00:00.000000Z")


@pytest.mark.parametrize(
    ("type_name", "name", "value", "expected"),
    [
        ("Procedure", "status", "completed,stopped", In("status", ("completed", "stopped"))),
        ("Procedure", "body-site", "a", Eq("body_site", "a")),
        ("Procedure", "body_site", "a", Eq("body_site", "a")),
        ("Procedure", "_id", "a", Eq("_id", "a")),
        ("Patient", "family", "Martín", Prefix("family", "martin")),
        ("Patient", "family:contains", "RT", Contains("family", "rt")),
        ("Patient", "family:contains", r"a\,b,c", Or((Contains("family", "a,b"), Contains("family", "c")))),
        ("Procedure", "status:not", "completed", Not(Eq("status", "completed"))),
        ("Procedure", "status:not", "stopped,completed", Not(In("status", ("completed", "stopped")))),
        ("Procedure", "code:missing", "true", Missing("code")),
        ("Procedure", "date:missing", "false", Missing("date", missing=False)),
        ("Procedure", "_id:missing", "true", Or()),
        ("Procedure", "_lastUpdated:missing", "false", And()),
        ("Procedure", "patient:identifier", "s|1", Eq("patient:identifier", "s|1")),
        ("Procedure", "subject:Patient", "p1", Eq("subject", "Patient/p1")),
        ("Procedure", "subject:Patient", "Patient/p1", Eq("subject", "Patient/p1")),
        ("Procedure", "patient.birthdate", "1950-01-01", Linked("patient", "Patient", DAY, ("Patient/",))),
        ("Procedure", "subject:Patient.birthdate", "1950-01-01", Linked("subject", "Patient", DAY, ("Patient/",))),
        (
            "Procedure",
            "patient.organization.name:contains",
            "x",
            Linked(
                "patient",
                "Patient",
                Linked("organization", "Organization", Contains("name", "x"), ("Organization/",)),
                ("Patient/",),
            ),
        ),
        (
            "Device",
            "_has:Procedure:focal-device:status:not",
            "completed",
            Referenced("Procedure", "focal_device", Not(Eq("status", "completed")), ("Device/",)),
        ),
    ],
)
def test_a_parameter_is_a_filter(type_name: str, name: str, value: str, expected: Filter) -> None:
    assert QueryString().filter_of(type_name, name, value) == expected


def test_a_chain_without_a_type_asks_each_type_that_has_the_parameter() -> None:
    found = QueryString().filter_of("Procedure", "subject.identifier", "s|1")
    assert isinstance(found, Or)
    assert [each.type for each in found.filters if isinstance(each, Linked)] == ["Patient", "Group"]


def test_references_may_carry_the_address_of_this_server() -> None:
    found = QueryString(BASE).filter_of("Procedure", "patient.active", "true")
    assert isinstance(found, Linked)
    assert found.prefixes == ("Patient/", f"{BASE}/Patient/")


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("nonsense", "x", "search-unknown-parameter"),
        ("", "x", "search-unsupported"),
        ("Martin, Zoé", "x", "search-unsupported"),
        ("a" * 300, "x", "search-unsupported"),
        ("status:in", "x", "search-unsupported"),
        ("status:contains", "x", "search-unsupported"),
        ("code:text", "x", "search-unsupported"),
        ("date:not", "2024", "search-unsupported"),
        ("instantiates-uri:below", "x", "search-unsupported"),
        ("patient:Device", "d1", "search-unsupported"),
        ("status.code", "x", "search-unsupported"),
        ("subject:Device.lotNumber", "x", "search-unsupported"),
        ("patient.organization.partof.partof.name", "x", "search-unsupported"),
        ("patient..name", "x", "search-unknown-parameter"),
        ("_has", "x", "search-unknown-parameter"),
        ("_has:Procedure", "x", "search-unsupported"),
        ("_has:Nothing:patient:status", "x", "search-unsupported"),
        ("_has:Procedure:patient:status", "completed", "search-unsupported"),
        ("_has:Procedure:focal-device:", "x", "search-unsupported"),
        ("status:missing", "maybe", "search-value-not-allowed"),
        ("subject:Patient", "Group/g1", "search-value-not-allowed"),
        ("patient.birthdate", "yesterday", "search-malformed-date"),
        ("status", "", "search-empty-value"),
        ("patient.family:contains", "", "search-empty-value"),
        ("patient:identifier", "||", "search-malformed-token"),
    ],
)
def test_what_is_not_understood_is_refused(name: str, value: str, rule: str) -> None:
    with pytest.raises(InvalidSearch) as refusal:
        QueryString().filter_of("Procedure", name, value)
    (issue,) = refusal.value.issues
    assert issue.rule == rule
    assert "yesterday" not in issue.en + issue.fr


def test_exactness_is_refused_with_what_to_use_instead() -> None:
    with pytest.raises(InvalidSearch, match=r"family:exact is not supported: .* Use _filter with eq"):
        QueryString().filter_of("Patient", "family:exact", "Martin")


def test_a_name_that_is_none_is_not_repeated() -> None:
    with pytest.raises(InvalidSearch) as refusal:
        QueryString().filter_of("Patient", "Martin Zoé", "x")
    assert "Martin" not in refusal.value.en + refusal.value.fr


@pytest.mark.parametrize(("name", "most"), [("patient.identifier", MOST_VALUES), ("patient.family", MOST_RANGES)])
def test_a_parameter_takes_so_many_values_also_at_the_end_of_a_chain(name: str, most: int) -> None:
    QueryString().filter_of("Procedure", name, ",".join("a" * most))
    with pytest.raises(InvalidSearch, match="at most"):
        QueryString().filter_of("Procedure", name, ",".join("a" * (most + 1)))


def test_steps_to_other_resources_are_counted_over_the_whole_search() -> None:
    query = QueryString()
    for _ in range(MAX_LINKS):
        query.filter_of("Procedure", "patient.active", "true")
    with pytest.raises(TooCostly):
        query.filter_of("Procedure", "patient.active", "true")


def test_a_chain_over_references_to_everything_is_too_costly() -> None:
    with pytest.raises(TooCostly):
        QueryString().filter_of("AuditEvent", "entity.entity.entity._id", "x")
