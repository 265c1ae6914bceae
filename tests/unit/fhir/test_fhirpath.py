from __future__ import annotations

import copy
import sys
from decimal import Decimal
from subprocess import run
from typing import Any

import pytest

from app.errors import DmiError, RequestError, TooCostly
from app.fhir.fhirpath import MOST_VALUES, FhirPaths

NAME = {
    "use": "official",
    "family": "Martin",
    "given": ["Zoé", "Ann"],
    "_given": [None, {"extension": [{"url": "x", "valueString": "y"}]}],
    "period": {"start": "2020-01-01"},
}
CODEABLE = {
    "coding": [
        {"system": "s", "code": "a", "userSelected": False},
        {"system": "s", "code": "b", "userSelected": True},
    ],
    "text": "x",
}
MEASURED = {
    "url": "u",
    "valueQuantity": {"value": Decimal("1.50"), "unit": "mm"},
    "extension": [{"url": "in", "valueCode": "a"}, {"url": "in", "valueCode": "b"}],
}


def met(text: str, item: Any, path: str = "HumanName") -> bool:
    paths = FhirPaths()
    return paths.met(paths.read(text), item, path)


@pytest.mark.parametrize(
    "text",
    [
        "use = 'official'",
        "$this.use = 'official'",
        "use in ('official' | 'usual')",
        "use ~ 'OFFICIAL'",
        "use is code",
        "family.startsWith('Mar') and family.lower().contains('art')",
        "given.count() = 2",
        "given[1] = 'Ann'",
        "given.where($this = 'Ann').exists()",
        "given.all(length() > 2)",
        "given.exists($this.startsWith('Z')) and $this.use = 'official'",
        "period.start < @2021",
        "period.start + 1 year < today()",
        "period.end.empty()",
        "iif(use = 'official', true, false)",
        "use != 'usual' // remarks are FHIRPath too",
    ],
)
def test_a_criterion_that_holds_is_met(text: str) -> None:
    assert met(text, NAME)


@pytest.mark.parametrize("text", ["use = 'usual'", "text = 'x'", "text", "{}", "period.start > today()", "use.empty()"])
def test_a_criterion_that_is_false_or_empty_is_not_met(text: str) -> None:
    assert not met(text, NAME)


def test_what_is_no_boolean_is_true() -> None:
    assert met("given", NAME)


def test_a_stored_false_is_false() -> None:
    assert met("coding.where(userSelected).code = 'b'", CODEABLE, "CodeableConcept")
    assert not met("userSelected", CODEABLE["coding"][0], "Coding")


def test_a_decimal_is_compared_as_a_decimal() -> None:
    assert met("value.value = 1.5 and value.value > 1.49", MEASURED, "Extension")


def test_a_choice_is_found_by_its_name_and_by_its_name_with_type() -> None:
    assert met("value is Quantity and valueQuantity.unit = 'mm'", MEASURED, "Extension")


def test_all_extensions_of_a_url_are_found() -> None:
    assert met("extension('in').count() = 2 and extension('out').empty()", MEASURED, "Extension")


def test_an_element_of_a_backbone_type_is_known_by_its_path() -> None:
    assert met("function is CodeableConcept", {"function": CODEABLE}, "Procedure.performer")


def test_a_resource_is_known_by_its_type() -> None:
    entry = {"resource": {"resourceType": "Procedure", "performedDateTime": "2024"}}
    assert met("resource is Procedure and resource.performed.exists()", entry, "Bundle.entry")


def test_a_primitive_item_is_this() -> None:
    assert met("$this = 'Ann' and startsWith('A')", "Ann", "string")


def test_the_document_stays_as_it_is() -> None:
    before = copy.deepcopy([NAME, CODEABLE, MEASURED])
    met("given.where($this = 'Ann').exists() and period.start + 1 year < now()", NAME)
    met("coding.where(userSelected).exists()", CODEABLE, "CodeableConcept")
    met("extension('in').value.exists()", MEASURED, "Extension")
    assert before == [NAME, CODEABLE, MEASURED]


@pytest.mark.parametrize("text", ["", " ", "use =", "use official", "(use", "'use", "use)", "use.", "\x00", "1e5"])
def test_text_that_is_no_expression_is_refused(text: str) -> None:
    with pytest.raises(RequestError, match="no FHIRPath expression"):
        FhirPaths().read(text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("repeat(extension).exists()", "can only call"),
        ("descendants().exists()", "can only call"),
        ("use.matches('.*')", "can only call"),
        ("given.combine(given)", "can only call"),
        ("given.select($this)", "can only call"),
        ("use.trace('x')", "can only call"),
        ("`repeat`(extension)", "can only call"),
        ("given.where()", "can only call"),
        ("use.startsWith('a', 'b')", "can only call"),
        ("use & use = 'x'", "operator &"),
        ("9 * 9 = 81", "operators"),
        ("%context.use = 'x'", "environment variables"),
        ("%`ext-x`.exists()", "environment variables"),
        ("$index = 0", r"\$index"),
        ("$total = 0", r"\$total"),
        ("use = '" + "x" * 500 + "'", "500 characters"),
        ("|".join(["use"] * 90), "150 words"),
        ("(" * 17 + "use" + ")" * 17, "16 brackets"),
    ],
)
def test_what_is_not_allowed_is_named(text: str, told: str) -> None:
    with pytest.raises(RequestError, match=told) as refused:
        FhirPaths().read(text)
    assert text not in refused.value.en + refused.value.fr
    assert refused.value.fr != refused.value.en


@pytest.mark.parametrize("text", ["family > 1", "given.length() = 1", "use and family", "-family", "family + 1 = 2"])
def test_an_expression_that_does_not_fit_the_values_is_refused_without_them(text: str) -> None:
    with pytest.raises(RequestError, match="does not fit the values") as refused:
        met(text, NAME)
    assert "Martin" not in refused.value.en + refused.value.fr
    assert refused.value.__cause__ is None


@pytest.mark.parametrize("value", [Decimal("1E+999999"), Decimal("1E-999999")])
def test_a_number_of_a_million_digits_is_refused(value: Decimal) -> None:
    with pytest.raises(RequestError, match="does not fit the values"):
        met("value ~ 2", {"value": value}, "Quantity")


def test_an_element_of_very_many_values_is_refused() -> None:
    assert not met("use", {"given": ["x"] * (MOST_VALUES - 2)})
    with pytest.raises(TooCostly):
        met("use", {"given": ["x"] * MOST_VALUES})


def test_an_element_with_a_very_long_text_is_refused() -> None:
    with pytest.raises(TooCostly):
        met("use", {"text": "x" * 256 * MOST_VALUES})


def test_an_element_that_is_nested_very_deeply_is_refused() -> None:
    item: dict[str, Any] = {}
    for _ in range(2_000):
        item = {"extension": [item]}
    with pytest.raises(RequestError):
        met("extension.exists()", item, "Extension")


def test_the_work_of_one_request_is_bounded() -> None:
    paths = FhirPaths()
    criterion = paths.read("given.all(length() > 2)")
    judged = (paths.met(criterion, NAME, "HumanName") for _ in range(10_000))
    with pytest.raises(TooCostly):
        all(judged)


@pytest.mark.parametrize(
    "text",
    [
        "(1|2|3|4|5|6|7|8|9).where((1|2|3|4|5|6|7|8|9).where((1|2|3|4|5|6|7|8|9).exists()).exists()).exists()",
        "@2020-01-01T00:00:00.000+01:00 < @2020-01-01T00:00:01.000+01:00 and now() < now()",
    ],
    ids=["lists of literals inside each other", "times"],
)
def test_what_takes_long_without_reading_many_values_is_work_too(text: str) -> None:
    paths = FhirPaths()
    criterion = paths.read(text)
    judged = [paths.met(criterion, NAME, "HumanName") for _ in range(5)]
    assert len(judged) == 5
    with pytest.raises(TooCostly):
        [paths.met(criterion, NAME, "HumanName") for _ in range(1_000)]


def test_lists_inside_each_other_that_are_too_much_for_one_element_are_stopped() -> None:
    many = "(0|1|2|3|4|5|6|7|8)"
    with pytest.raises(TooCostly):
        met(f"{many}.where(" * 5 + "$this > 0" + ").exists()" * 5, NAME)


@pytest.mark.parametrize("text", ["given = ('Zoé' | 'Ann')", "given != ('Zoé' | 'Eve')", "given != 'Zoé'"])
def test_lists_are_equal_item_by_item(text: str) -> None:
    assert met(text, NAME)


def test_the_equivalence_of_lists_is_refused() -> None:
    assert met("family ~ 'martin'", NAME)
    with pytest.raises(RequestError):
        met("given ~ ('Ann' | 'Zoé')", NAME)


def test_reading_many_expressions_is_work_too() -> None:
    paths = FhirPaths()
    read = (paths.read(f"use = '{number}{'x' * 200}'") for number in range(1_000))
    with pytest.raises(TooCostly):
        all(read)


def test_nested_criteria_take_no_more_runs_than_there_are_elements() -> None:
    item = {"extension": [MEASURED]}
    assert met("extension.where(" * 15 + "true" + ")" * 15 + ".empty()", item, "Extension")


@pytest.mark.parametrize("item", [None, [], [[]], "", 0, True, {}, {"use": None}, {"use": []}, {"use": {"use": "x"}}])
@pytest.mark.parametrize("text", ["use = 'x'", "use.exists()", "use.lower() = 'x'", "extension('x').value > 1"])
def test_an_item_of_any_shape_is_judged_or_refused(text: str, item: Any) -> None:
    try:
        answer: object = met(text, item)
    except DmiError as error:
        answer = error
    assert isinstance(answer, bool | DmiError)


def test_the_engine_is_not_imported_until_it_is_needed() -> None:
    code = "import sys, app.fhir.fhirpath; sys.exit('fhirpathpy' in sys.modules)"
    assert run([sys.executable, "-c", code], check=False).returncode == 0
