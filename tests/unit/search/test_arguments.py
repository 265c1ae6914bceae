from __future__ import annotations

import pytest

from app.errors import InvalidSearch
from app.fhir.served import SERVED
from app.search.algebra import And, Eq, Filter, In, Linked, Or, Prefix, Range, SortKey
from app.search.arguments import filter_of, sort_of
from app.search.chains import shorthands

HOME = "https://h.fr/fhir"


@pytest.mark.parametrize(
    ("type_name", "name", "values", "expected"),
    [
        ("Procedure", "code", ["ccam|A"], Eq("code", "ccam|A")),
        ("Procedure", "code", ["|A"], Eq("code", "|A")),
        ("Procedure", "code", ["ccam|"], Eq("code", "ccam|")),
        ("Procedure", "code", ["A"], Eq("code", "A")),
        ("Procedure", "code", [r"A\|B"], Eq("code", r"A\|B")),
        ("Procedure", "code", [r"A\,B"], Eq("code", "A,B")),
        ("Procedure", "code", ["B,A", "C", "A"], In("code", ("A", "B", "C"))),
        ("Procedure", "status", ["completed"], Eq("status", "completed")),
        ("Procedure", "status", ["|completed"], Eq("status", "completed")),
        ("Procedure", "patient", ["Patient/1"], Eq("patient", "Patient/1")),
        ("Procedure", "patient", ["1"], Eq("patient", "Patient/1")),
        ("Procedure", "subject", ["1"], In("subject", ("Group/1", "Patient/1"))),
        ("Procedure", "patient", ["http://x/Patient/1"], Eq("patient", "http://x/Patient/1")),
        ("Procedure", "patient", ["urn:uuid:1"], Eq("patient", "urn:uuid:1")),
        ("Procedure", "instantiates_canonical", ["http://x|1"], Eq("instantiates_canonical", "http://x|1")),
        ("Device", "lotNumber", ["LÔT 1"], Prefix("lotNumber", "lot 1")),
        ("Device", "lotNumber", ["a,b"], Or((Prefix("lotNumber", "a"), Prefix("lotNumber", "b")))),
        ("Device", "url", ["http://X"], Eq("url", "http://X")),
        ("Device", "_id", ["b,a"], In("_id", ("a", "b"))),
        ("Device", "_id", ["a"], Eq("_id", "a")),
        ("Device", "_profile", ["http://p"], Eq("_profile", "http://p")),
        ("Device", "_tag", ["s|t"], Eq("_tag", "s|t")),
        ("Patient", "deceased", ["false"], Eq("deceased", "false")),
    ],
)
def test_a_value_is_compiled_by_the_kind_of_its_parameter(
    type_name: str, name: str, values: list[str | None], expected: Filter
) -> None:
    assert filter_of(type_name, {name: values}) == expected


@pytest.mark.parametrize("value", ["1", "Patient/1", f"{HOME}/Patient/1"])
def test_a_reference_to_this_server_is_found_however_a_document_writes_it(value: str) -> None:
    assert filter_of("Procedure", {"patient": [value]}, HOME) == In("patient", ("Patient/1", f"{HOME}/Patient/1"))


def test_a_bare_id_of_any_type_is_looked_for_in_every_served_type() -> None:
    found = filter_of("Provenance", {"target": ["1"]})

    assert isinstance(found, In)
    assert {"Patient/1", "Device/1", "Bundle/1"} <= set(found.values)


@pytest.mark.parametrize(
    ("values", "asked"),
    [
        (["urn:ipp|1"], Eq("identifier", "urn:ipp|1")),
        (["1,2", "1"], In("identifier", ("1", "2"))),
        ([r"urn:x|a\,b\|c$"], Eq("identifier", r"urn:x|a,b\|c$")),
        (["urn:x|"], Eq("identifier", "urn:x|")),
    ],
)
def test_a_patient_is_found_by_an_identifier_behind_the_reference(values: list[str | None], asked: Filter) -> None:
    expected = Linked("patient", "Patient", asked, ("Patient/", f"{HOME}/Patient/"))

    assert filter_of("Procedure", {"patient__identifier": values}, HOME) == expected


def test_every_type_that_may_refer_to_a_patient_has_the_shorthand() -> None:
    assert "patient__identifier" in shorthands("Device")
    assert "patient__identifier" in shorthands("Provenance")
    assert not shorthands("Patient")
    assert not shorthands("Organization")


@pytest.mark.parametrize("parameter", ["_profile", "_tag", "_security", "_source", "_lastUpdated", "_id"])
def test_every_type_is_found_by_what_all_resources_share(parameter: str) -> None:
    value = "2024" if parameter == "_lastUpdated" else "abc"

    filters = {filter_of(type_name, {parameter: [value]}) for type_name in SERVED}

    assert len(filters) == 1


def test_several_parameters_are_all_asked_for_in_any_order() -> None:
    expected = And((Eq("code", "A"), Eq("status", "completed")))

    assert filter_of("Procedure", {"status": ["completed"], "code": ["A"]}) == expected
    assert filter_of("Procedure", {"code": ["A"], "status": ["completed"]}) == expected


def test_no_argument_matches_everything() -> None:
    assert filter_of("Procedure", {}) == And(())


def test_the_last_update_is_compared_as_the_stores_keep_it() -> None:
    day = ("2024-02-29T00:00:00.000Z", "2024-03-01T00:00:00.000Z")

    assert filter_of("Device", {"_lastUpdated": ["2024-02-29"]}) == Range(
        "_lastUpdated", lo_from=day[0], lo_before=day[1]
    )
    assert filter_of("Device", {"_lastUpdated": ["gt2024-02-29"]}) == Range("_lastUpdated", lo_from=day[1])
    assert filter_of("Device", {"_lastUpdated": ["le2024-02-29"]}) == Range("_lastUpdated", lo_before=day[1])


@pytest.mark.parametrize(
    ("type_name", "name", "values", "rule"),
    [
        ("Procedure", "nope", ["x"], "search-unknown-parameter"),
        ("Procedure", "focal-device", ["x"], "search-unknown-parameter"),
        ("Procedure", "patient__name", ["x"], "search-unknown-parameter"),
        ("Organization", "patient__identifier", ["x"], "search-unknown-parameter"),
        ("Procedure", "patient__identifier", ["a|b|c"], "search-malformed-token"),
        ("Procedure", "patient__identifier", ["a,"], "search-empty-value"),
        ("Procedure", "patient__identifier", ["\ud800"], "search-malformed-text"),
        ("Device", "traceability", ["lot"], "search-value-not-allowed"),
        ("Procedure", "code", [], "search-empty-value"),
        ("Procedure", "code", [""], "search-empty-value"),
        ("Procedure", "code", [None], "search-empty-value"),
        ("Procedure", "code", ["a", None], "search-empty-value"),
        ("Procedure", "code", ["a,,b"], "search-empty-value"),
        ("Procedure", "code", ["a|b|c"], "search-malformed-token"),
        ("Procedure", "code", ["|"], "search-malformed-token"),
        ("Procedure", "code", ["\ud800"], "search-malformed-text"),
        ("Procedure", "code", ["a," + "b" * 8_001], "search-malformed-long"),
        ("Procedure", "status", ["complete"], "search-value-not-allowed"),
        ("Procedure", "status", ["http://x|completed"], "search-malformed-code"),
        ("Patient", "active", ["yes"], "search-value-not-allowed"),
        ("Procedure", "patient", ["Device/1"], "search-value-not-allowed"),
        ("Procedure", "patient", ["Patient/1/_history/2"], "search-malformed-reference"),
        ("Procedure", "patient", ["#p"], "search-malformed-reference"),
        ("Procedure", "patient", ["Patient/"], "search-malformed-reference"),
        ("Procedure", "patient", ["two words"], "search-malformed-reference"),
        ("Procedure", "_id", ["two words"], "search-malformed-id"),
        ("Procedure", "_id", ["Patient/1"], "search-malformed-id"),
        ("Procedure", "date", ["29/02/2024"], "search-malformed-date"),
        ("Procedure", "date", ["ge"], "search-malformed-date"),
        ("Procedure", "date", ["ab2024"], "search-malformed-date"),
        ("Procedure", "date", ["gegt2024"], "search-malformed-date"),
        ("Procedure", "_lastUpdated", ["now"], "search-malformed-date"),
        ("Device", "lotNumber", [" "], "search-malformed-string"),
        ("Device", "lotNumber", ["\u0301"], "search-malformed-string"),
        ("Observation", "value_quantity", ["x"], "search-malformed-quantity"),
        ("Observation", "value_quantity", ["5|mg"], "search-malformed-quantity"),
        ("Observation", "value_quantity", ["5||"], "search-malformed-quantity"),
        ("Observation", "value_quantity", ["5|a|b|c"], "search-malformed-quantity"),
    ],
)
def test_what_cannot_be_understood_is_an_error_that_names_the_parameter(
    type_name: str, name: str, values: list[str | None], rule: str
) -> None:
    with pytest.raises(InvalidSearch) as caught:
        filter_of(type_name, {name: values})

    (issue,) = caught.value.issues
    assert (issue.rule, issue.expression) == (rule, name)
    assert name in issue.en
    assert name in issue.fr


def test_every_problem_is_named_at_once() -> None:
    with pytest.raises(InvalidSearch) as caught:
        filter_of("Procedure", {"date": ["x"], "status": ["y"], "nope": ["z"], "code": ["fine"]})

    assert [issue.expression for issue in caught.value.issues] == ["date", "nope", "status"]


def test_an_error_never_tells_the_value() -> None:
    with pytest.raises(InvalidSearch) as caught:
        filter_of("Patient", {"birthdate": ["1950-99-77"], "gender": ["Dupont"], "link": ["Device/Dupont"]})

    told = repr(caught.value.issues) + str(caught.value)
    assert "1950" not in told
    assert "Dupont" not in told


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, ()),
        ("date", (SortKey("date"),)),
        ("-date,status", (SortKey("date", descending=True), SortKey("status"))),
        ("-date,_id", (SortKey("date", descending=True),)),
        ("_id,date", ()),
        ("-_id,date", (SortKey("_id", descending=True),)),
        ("-_lastUpdated", (SortKey("_lastUpdated", descending=True),)),
        (" date , -body-site", (SortKey("date"), SortKey("body_site", descending=True))),
    ],
)
def test_a_sort_is_read_key_by_key(text: str | None, expected: tuple[SortKey, ...]) -> None:
    assert sort_of("Procedure", text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        ",",
        "-",
        "nope",
        "patient__identifier",
        "date,",
        "date,-date",
        "patient",
        "--date",
        "_profile",
        "date status",
    ],
)
def test_a_sort_that_cannot_be_is_refused_with_the_keys_that_can(text: str) -> None:
    with pytest.raises(InvalidSearch) as caught:
        sort_of("Procedure", text)

    (issue,) = caught.value.issues
    assert issue.expression == "_sort"
    assert "status" in issue.en
    assert "patient" not in issue.en
