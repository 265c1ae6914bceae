from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InvalidSearch, TooCostly
from app.search.algebra import And, Contains, Eq, Filter, In, Linked, Missing, Not, Or, Prefix, Range
from app.search.filter_expression import filter_of_expression
from app.search.filter_syntax import MAX_DEPTH

NEW_YEAR_2024, NEW_YEAR_2025 = "2024-01-01T00:00:00.000000Z", "2025-01-01T00:00:00.000000Z"
YEAR_2024 = ("2024-01-01T00:00:00.000Z", "2025-01-01T00:00:00.000Z")
HOME = "https://h.fr/fhir"
A, B, C = Eq("code", "a"), Eq("code", "b"), Eq("code", "c")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("code eq a", A),
        ("  code   eq\ta ", A),
        ("code eq a and code eq b", And((A, B))),
        ("code eq a or code eq b and code eq c", Or((A, And((B, C))))),
        ("(code eq a or code eq b) and code eq c", And((Or((A, B)), C))),
        ("not (code eq a) and code eq b", And((Not(A), B))),
        ("not(not(code eq a))", Not(Not(A))),
        ("code ne a", And((Missing("code", missing=False), Not(A)))),
        ("code pr true", Missing("code", missing=False)),
        ("code pr false", Missing("code")),
        ("code eq ccam|a", Eq("code", "ccam|a")),
        ('code eq "two words"', Eq("code", "two words")),
        ('code eq "("', Eq("code", "(")),
        ('code eq "and"', Eq("code", "and")),
        ('code eq "say \\"x\\""', Eq("code", 'say "x"')),
        ("code eq a,b", Eq("code", "a,b")),
        ("date lt 2025-01-01", Range("date", lo_before="2025-01-01T00:00:00.000000Z")),
        ("body-site eq a", Eq("body_site", "a")),
        ("patient eq Patient/1", Eq("patient", "Patient/1")),
        ("patient eq http://x/Patient/1", Eq("patient", "http://x/Patient/1")),
        ("_id eq p1", Eq("_id", "p1")),
        ("_lastUpdated ge 2024", Range("_lastUpdated", lo_from="2024-01-01T00:00:00.000Z")),
        ("_profile eq http://p|1", Eq("_profile", "http://p|1")),
        ("_tag eq urn:s|t", Eq("_tag", "urn:s|t")),
        ("_security ne R", And((Missing("_security", missing=False), Not(Eq("_security", "R"))))),
        ("_id pr true", And()),
        ("_lastUpdated pr false", Or()),
        ("_id ne p1", And((And(), Not(Eq("_id", "p1"))))),
        ("patient re Patient/1", Eq("patient", "Patient/1")),
        ("date po 2024", Range("date", lo_before=NEW_YEAR_2025, hi_after=NEW_YEAR_2024)),
        ("_lastUpdated po 2024", Range("_lastUpdated", lo_from=YEAR_2024[0], lo_before=YEAR_2024[1])),
        ("patient:identifier eq urn:x|1", Eq("patient:identifier", "urn:x|1")),
        ("patient:identifier pr false", Missing("patient:identifier")),
        ('code eq "a[b]"', Eq("code", "a[b]")),
        ('code eq "C:\\\\dir"', Eq("code", "C:\\\\dir")),
        ('code eq "a\\\\|b"', Eq("code", "a\\|b")),
        ('code eq "a\\\\,b$"', Eq("code", "a,b$")),
    ],
)
def test_an_expression_becomes_a_filter(text: str, expected: Filter) -> None:
    assert filter_of_expression("Procedure", text) == expected


def test_the_deepest_brackets_are_read() -> None:
    assert filter_of_expression("Procedure", "(" * MAX_DEPTH + "code eq a" + ")" * MAX_DEPTH) == A


def test_a_reference_to_this_server_is_found_however_a_document_writes_it() -> None:
    found = filter_of_expression("Procedure", "patient eq Patient/1", "https://h.fr/fhir")
    assert found == In("patient", ("Patient/1", "https://h.fr/fhir/Patient/1"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("lotNumber eq LÔT-1", Eq("lotNumber", "lot-1")),
        ('lotNumber sw "LÔT "', Prefix("lotNumber", "lot")),
        ("lotNumber co ÔT", Contains("lotNumber", "ot")),
        ("lotNumber ew T-1", Contains("lotNumber", "t-1", at_end=True)),
        ("lotNumber co %_*", Contains("lotNumber", "%_*")),
        ("traced_di eq 3760012345670", Eq("traced_di", "03760012345670")),
    ],
)
def test_a_string_is_compared_whole_or_by_a_part(text: str, expected: Filter) -> None:
    assert filter_of_expression("Device", text) == expected


def patient_that(filter: Filter, *addresses: str) -> Linked:  # noqa: A002 - the algebra's word
    return Linked("patient", "Patient", filter, ("Patient/", *addresses))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("patient.identifier eq urn:x|1", patient_that(Eq("identifier", "urn:x|1"))),
        ('patient.identifier eq "urn:x|1\\\\|2,3$"', patient_that(Eq("identifier", "urn:x|1\\|2,3$"))),
        ("patient:Patient.name sw Zoé", patient_that(Prefix("name", "zoe"))),
        ("patient.name pr false", patient_that(Missing("name"))),
        ("patient._id eq p1", patient_that(Eq("_id", "p1"))),
        (
            "patient.organization.name co chu",
            patient_that(Linked("organization", "Organization", Contains("name", "chu"), ("Organization/",))),
        ),
        (
            "patient.general-practitioner:Practitioner.name eq x",
            patient_that(Linked("general_practitioner", "Practitioner", Eq("name", "x"), ("Practitioner/",))),
        ),
        (
            "patient[gender eq male or name eq x].name ew y",
            patient_that(And((Or((Eq("gender", "male"), Eq("name", "x"))), Contains("name", "y", at_end=True)))),
        ),
        (
            "not (patient.name eq x) and patient:Patient[ name eq y ].name eq z",
            And((Not(patient_that(Eq("name", "x"))), patient_that(And((Eq("name", "y"), Eq("name", "z")))))),
        ),
    ],
)
def test_a_chain_asks_for_what_a_resource_refers_to(text: str, expected: Filter) -> None:
    assert filter_of_expression("Procedure", text) == expected


def test_a_chain_follows_references_that_are_written_with_the_address_of_this_server() -> None:
    found = filter_of_expression("Procedure", "patient.name eq x", HOME)

    assert found == patient_that(Eq("name", "x"), f"{HOME}/Patient/")


def test_a_chain_leads_to_each_type_that_has_the_parameter() -> None:
    asked = Eq("identifier", "1")

    assert filter_of_expression("Procedure", "subject.identifier eq 1") == Or(
        (Linked("subject", "Patient", asked, ("Patient/",)), Linked("subject", "Group", asked, ("Group/",)))
    )
    assert filter_of_expression("Procedure", "subject.birthdate pr true") == Linked(
        "subject", "Patient", Missing("birthdate", missing=False), ("Patient/",)
    )


def test_a_chain_leads_only_to_types_that_can_be_asked_for_the_value() -> None:
    found = filter_of_expression("Provenance", "target.status eq entered-in-error")

    assert isinstance(found, Or)
    types = {each.type for each in found.filters if isinstance(each, Linked)}
    assert {"Procedure", "Device"} <= types
    assert not {"SupplyDelivery"} - types
    assert "DeviceDefinition" not in types


@pytest.mark.parametrize(
    "text",
    [
        " or ".join(["target.identifier eq 1"] * 9),
        f"target[{' or '.join(['identifier eq 1'] * 300)}].identifier eq 1",
    ],
)
def test_chains_to_very_many_types_are_too_costly(text: str) -> None:
    with pytest.raises(TooCostly) as caught:
        filter_of_expression("Provenance", text)

    (issue,) = caught.value.issues
    assert (issue.expression, issue.rule) == ("_filter", "search-filter-links")


def test_a_named_type_makes_a_chain_cheaper() -> None:
    filter_of_expression("Provenance", " or ".join(["target:Patient.identifier eq 1"] * 9))


@pytest.mark.parametrize(
    ("text", "rule", "column"),
    [
        ("", "search-filter-parameter", 1),
        ("   ", "search-filter-parameter", 4),
        ("code", "search-filter-operator", 5),
        ("code eq", "search-filter-value", 8),
        ("code eq a b", "search-filter-end", 11),
        ("code eq a)", "search-filter-end", 10),
        ("(code eq a", "search-filter-bracket", 11),
        ("not code eq a", "search-filter-bracket", 5),
        ("code eq a and", "search-filter-parameter", 14),
        ("nope eq a", "search-filter-parameter", 1),
        ('"code" eq a', "search-filter-parameter", 1),
        ("code co a", "search-filter-operator", 6),
        ("status gt a", "search-filter-operator", 8),
        ("date sw 2024", "search-filter-operator", 6),
        ("code pr maybe", "search-filter-presence", 9),
        ("patient.organization.partof.partof.name eq a", "search-filter-chain", 29),
        ("patient[organization.partof.name eq a].organization.partof.partof.name eq a", "search-filter-chain", 60),
        ("patient[organization[partof[partof.name eq a].name eq a].name eq a].name eq a", "search-filter-chain", 29),
        ("patient.nope eq a", "search-filter-parameter", 9),
        ("patient. eq a", "search-filter-parameter", 9),
        (".name eq a", "search-filter-parameter", 1),
        ("subject.nope eq a", "search-filter-parameter", 9),
        ("code.name eq a", "search-filter-reference", 1),
        ("instantiates-canonical.name eq a", "search-filter-reference", 1),
        ("patient:Device.name eq a", "search-filter-target", 1),
        ("patient:Nope.name eq a", "search-filter-target", 1),
        ("patient:.name eq a", "search-filter-parameter", 9),
        ("code:exact eq a", "search-filter-qualifier", 1),
        ("patient:Patient eq a", "search-filter-qualifier", 1),
        ("code:identifier eq a", "search-filter-qualifier", 1),
        ("patient[name eq a] eq a", "search-filter-path", 20),
        ("patient[name eq a.name eq a", "search-filter-bracket", 24),
        ("patient[].name eq a", "search-filter-parameter", 9),
        ("patient[name eq a)].name eq a", "search-filter-bracket", 18),
        ("code eq a]", "search-filter-end", 10),
        ("code in http://codes", "search-filter-set", 6),
        ("code sb a", "search-filter-operator", 6),
        ("_lastUpdated co 2024", "search-filter-operator", 14),
        ("patient.name gt a", "search-filter-operator", 14),
        ('code eq "a', "search-filter-quote", 9),
        ('code eq "\\q"', "search-filter-quote", 9),
        ("code eq a " * 2_000, "search-filter-length", 1),
        ("(" * (MAX_DEPTH + 1) + "code eq a" + ")" * (MAX_DEPTH + 1), "search-filter-depth", MAX_DEPTH + 1),
    ],
)
def test_an_expression_that_cannot_be_read_is_refused_at_its_place(text: str, rule: str, column: int) -> None:
    with pytest.raises(InvalidSearch) as caught:
        filter_of_expression("Procedure", text)

    (issue,) = caught.value.issues
    assert issue.rule == rule
    assert f"column {column}." in issue.en
    assert f"colonne {column}." in issue.fr


@pytest.mark.parametrize(
    ("text", "rule", "column"),
    [
        ("date eq soon", "search-malformed-date", 9),
        ("status eq complete", "search-value-not-allowed", 11),
        ('code eq ""', "search-empty-value", 9),
        ("patient eq Device/1", "search-value-not-allowed", 12),
        ("patient.birthdate ge soon", "search-malformed-date", 22),
        ('patient.name co "\u0301"', "search-malformed-string", 17),
        (f"patient.name co {'x' * 500}", "search-malformed-part", 17),
        ("_id eq a/b", "search-malformed-id", 8),
    ],
)
def test_a_value_is_checked_like_that_of_an_argument(text: str, rule: str, column: int) -> None:
    with pytest.raises(InvalidSearch) as caught:
        filter_of_expression("Procedure", text)

    (issue,) = caught.value.issues
    assert (issue.rule, issue.expression) == (rule, "_filter")
    assert f"column {column}:" in issue.en
    assert f"colonne {column} :" in issue.fr


def test_half_a_character_is_refused() -> None:
    with pytest.raises(InvalidSearch) as caught:
        filter_of_expression("Procedure", "code eq \ud800")

    assert caught.value.issues[0].rule == "search-malformed-text"


@pytest.mark.parametrize("text", ["patient.birthdate ge Dupont", "status eq Dupont", "patient.gender eq Dupont"])
def test_an_error_never_tells_the_value(text: str) -> None:
    with pytest.raises(InvalidSearch) as caught:
        filter_of_expression("Procedure", text)

    assert "Dupont" not in repr(caught.value.issues) + str(caught.value)


@given(
    st.text()
    | st.lists(st.sampled_from(["code", "eq", "a", "(", ")", "not", "and", "or", '"']), max_size=9).map(" ".join)
    | st.lists(
        st.sampled_from(["patient", "subject", ":Patient", ".", "[", "]", "name", " eq ", " co ", "x", "(", ")", '"']),
        max_size=12,
    ).map("".join)
)
def test_no_text_breaks_it(text: str) -> None:
    try:
        filter_of_expression("Procedure", text)
    except InvalidSearch as problem:
        assert problem.issues  # noqa: PT017 - either outcome is right, nothing else may come out
