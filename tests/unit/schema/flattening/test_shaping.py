"""The directives on a small schema: what goes in is an executed answer, what comes out is its shape."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLSchema,
    OperationDefinitionNode,
    build_schema,
    execute_sync,
    get_variable_values,
    parse,
    validate,
)

from app.schema.flattening import plan
from app.schema.flattening.directives import SHAPING, is_shaped
from app.schema.flattening.plan import Misshapen, plan_of
from app.schema.flattening.shaping import shaped

SDL = """
  interface Resource { id: ID }
  type Patient implements Resource { id: ID active: Boolean name: [HumanName] contact: Contact link: [Link] }
  type Device implements Resource { id: ID lot: String name: [HumanName] }
  type HumanName { use: String family: String given: [String] period: Period }
  type Period { start: String }
  type Contact { name: HumanName }
  type Link { type: String quantity: Int other: Resource }
  type Query { patient: Patient patients: [Patient] found: [Resource] }
"""


def schema() -> GraphQLSchema:
    made = build_schema(SDL)
    made.directives += SHAPING
    return made


SCHEMA = schema()
OFFICIAL = {"use": "official", "family": "Martin", "given": ["Zoé", "Jeanne"], "period": {"start": "1980"}}
USUAL = {"use": "usual", "given": ["Zozo"]}
PATIENT = {"__typename": "Patient", "id": "p1", "active": True, "name": [OFFICIAL, USUAL]}
DEVICE = {"__typename": "Device", "id": "d1", "lot": "L-1", "name": [USUAL]}


def planned(document: DocumentNode, variables: dict[str, Any]) -> plan.Plan:
    """The plan of the first operation of a document."""
    operation = next(each for each in document.definitions if isinstance(each, OperationDefinitionNode))
    values = get_variable_values(SCHEMA, operation.variable_definitions or (), variables)
    assert not isinstance(values, list)
    return plan_of(SCHEMA, document, None, values)


def asked(query: str, data: dict[str, Any], **variables: Any) -> ExecutionResult:
    """The shaped answer to a query, as the product gives it."""
    document = parse(query)
    assert validate(SCHEMA, document) == []
    made = planned(document, variables)
    executed = execute_sync(SCHEMA, made.document, data, variable_values=variables)
    assert executed.data is not None
    before = copy.deepcopy(executed.data)
    answer, errors = shaped(executed.data, made.shape, executed.errors or ())
    assert executed.data == before, "the executed answer is left as it was"
    return ExecutionResult(answer, errors)


def answered(query: str, data: dict[str, Any], **variables: Any) -> Any:
    """The data of a query that has no error."""
    result = asked(query, data, **variables)
    assert result.errors == []
    return result.data


def of_patient(selection: str, changes: dict[str, Any] | None = None, **variables: Any) -> Any:
    return answered(f"{{ patient {{ {selection} }} }}", {"patient": {**PATIENT, **(changes or {})}}, **variables)[
        "patient"
    ]


def refused(query: str, **variables: Any) -> list[str]:
    """The rules that a document breaks, found before it is executed."""
    with pytest.raises(Misshapen) as refusal:
        planned(parse(query), variables)
    return [error.original_error.issues[0].rule for error in refusal.value.errors]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ("name @flatten { family given }", {"family": ["Martin"], "given": ["Zoé", "Jeanne", "Zozo"]}),
        ("name @flatten { family @singleton }", {"family": "Martin"}),
        ("name @flatten @first { family given }", {"family": "Martin", "given": ["Zoé", "Jeanne"]}),
        ("name @flatten @first { given @first }", {"given": "Zoé"}),
        ("name @flatten { given @first }", {"given": ["Zoé", "Zozo"]}),
        ("name @first { use }", {"name": {"use": "official"}}),
        ("name { given @first }", {"name": [{"given": "Zoé"}, {"given": "Zozo"}]}),
        ("active @first", {"active": True}),
        ("name @flatten { period @flatten { start } }", {"start": ["1980"]}),
        ("name @flatten { period { start } }", {"period": [{"start": "1980"}]}),
        ("name @flatten { v: use } n: name @flatten { v: family }", {"v": ["official", "usual", "Martin"]}),
        ("name @flatten { __typename }", {"__typename": ["HumanName", "HumanName"]}),
        ("... on Patient { name @flatten { ... on HumanName { family } } }", {"family": ["Martin"]}),
        ('name @flatten @slice(path: "$index") { use }', {"use.0": ["official"], "use.1": ["usual"]}),
        ('name @flatten @slice(path: "$index") { use @singleton }', {"use.0": "official", "use.1": "usual"}),
        ('name @slice(path: "$index") @singleton { use }', {"name.0": {"use": "official"}, "name.1": {"use": "usual"}}),
        ('name @slice(path: "$index") { use }', {"name.0": [{"use": "official"}], "name.1": [{"use": "usual"}]}),
        (
            'name @flatten @slice(path: "$index") { given @slice(path: "$index") @singleton }',
            {"given.0.0": "Zoé", "given.0.1": "Jeanne", "given.1.0": "Zozo"},
        ),
        (
            'name @flatten @slice(path: "$index") { period @flatten { start @singleton } }',
            {"start.0": "1980"},
        ),
        ('name @first { given @slice(path: "$this") }', {"name": {"given.Zoé": ["Zoé"], "given.Jeanne": ["Jeanne"]}}),
    ],
)  # fmt: skip
def test_a_directive_shapes_as_its_specification_says(selection: str, expected: dict[str, Any]) -> None:
    assert of_patient(selection) == expected


@pytest.mark.parametrize(
    ("selection", "changes", "expected"),
    [
        ("name @flatten { family }", {"name": None}, {}),
        ("name @flatten { family }", {"name": []}, {}),
        ("name @flatten { given }", {"name": [{"given": []}, {"given": None}]}, {}),
        ("id name @flatten { family }", {"name": [None, USUAL, OFFICIAL]}, {"id": "p1", "family": ["Martin"]}),
        ("contact @flatten { name @flatten { family } }", {"contact": {"name": OFFICIAL}}, {"family": "Martin"}),
        ("contact @flatten { name { family } }", {"contact": {"name": None}}, {}),
        ("id contact @flatten { name @flatten { id: family } }", {"contact": {"name": USUAL}}, {"id": "p1"}),
        ("name @first { use }", {"name": []}, {"name": None}),
        ("name @first { use }", {"name": None}, {"name": None}),
        ("name @singleton { use }", {"name": []}, {"name": None}),
        ("name @flatten @singleton { use }", {"name": []}, {}),
        ("id name { use } n: name @first { use }", {"name": []}, {"id": "p1", "name": [], "n": None}),
        ("name @first { use }", {"name": [None, USUAL]}, {"name": None}),
        ("name @singleton { given @singleton }", {"name": [{"given": [None, "Zoé"]}]}, {"name": {"given": "Zoé"}}),
        ('name @slice(path: "$index") { use }', {"name": []}, {}),
        ('name @slice(path: "$index") { use }', {"name": [None, USUAL]}, {"name.1": [{"use": "usual"}]}),
        ('contact @slice(path: "$index") { __typename }', {"contact": {}}, {"contact.0": {"__typename": "Contact"}}),
        ("name @flatten { given }", {"name": [{"given": ["A", None]}, {"given": ["B"]}]}, {"given": ["A", None, "B"]}),
    ],
)
def test_what_is_empty_or_null_is_no_value(selection: str, changes: dict[str, Any], expected: dict[str, Any]) -> None:
    assert of_patient(selection, changes) == expected


def test_a_flattened_root_field_turns_rows_into_columns() -> None:
    rows = [PATIENT, {**PATIENT, "id": "p2", "name": []}, None]
    expected = {"id": ["p1", "p2"], "use": ["official", "usual"]}
    assert answered("{ patients @flatten { id name @flatten { use } } }", {"patients": rows}) == expected


def test_names_keep_the_order_of_the_document() -> None:
    assert list(of_patient("active name @flatten { given family } id")) == ["active", "given", "family", "id"]


@pytest.mark.parametrize(("excluded", "expected"), [(True, {"id": "p1"}), (False, {"id": "p1", "use": "official"})])
def test_a_skipped_field_has_no_directives(excluded: bool, expected: dict[str, Any]) -> None:
    query = """query($out: Boolean!, $in: Boolean = true) {
      patient { id name @skip(if: $out) @include(if: $in) @flatten @first { use } } }"""
    assert answered(query, {"patient": PATIENT}, out=excluded)["patient"] == expected


def test_a_skipped_twin_does_not_count() -> None:
    assert of_patient("name @skip(if: true) @flatten { use } name { family }") == {
        "name": [{"family": "Martin"}, {"family": None}]
    }


def test_a_field_written_twice_with_the_same_directives_is_one() -> None:
    assert of_patient("name @first { use } ... { name @first { family } }") == {
        "name": {"use": "official", "family": "Martin"}
    }


def test_the_path_of_a_slice_may_be_a_variable() -> None:
    query = "query($path: String!) { patient { name @flatten @slice(path: $path) { use @singleton } } }"
    expected = {"use.0": "official", "use.1": "usual"}
    assert answered(query, {"patient": PATIENT}, path="$index")["patient"] == expected


def test_fragments_apply_by_the_type_of_each_object() -> None:
    query = """{ found @flatten { id ...Named ... on Device { lot } } }
      fragment Named on Patient { name @flatten @first { family } }"""
    expected = {"id": ["p1", "d1"], "family": ["Martin"], "lot": ["L-1"]}
    assert answered(query, {"found": [PATIENT, DEVICE]}) == expected


def test_the_same_name_may_be_shaped_by_one_type_alone() -> None:
    query = "{ found { ... on Patient { name @flatten { family } } ... on Device { name { use } } } }"
    assert answered(query, {"found": [PATIENT, DEVICE]}) == {
        "found": [{"family": ["Martin"]}, {"name": [{"use": "usual"}]}]
    }


def test_types_that_are_asked_for_are_answered_and_hidden_ones_are_not() -> None:
    assert answered("{ found { id } found { __typename } patient @first { id } }", {"found": [DEVICE]}) == {
        "found": [{"id": "d1", "__typename": "Device"}],
        "patient": None,
    }


@pytest.mark.parametrize(
    ("query", "rules"),
    [
        ("{ patient { active @flatten } }", ["flatten-leaf"]),
        ('{ patient { name @first @slice(path: "$index") { use } } }', ["slice-and-first"]),
        ("{ patient { name @flatten { use } name { family } } }", ["differing-directives"]),
        ('{ patient { name @slice(path: "$this") { use } } }', ["slice-path"]),
        ('{ patient { name { given @slice(path: "length()") } } }', ["slice-path"]),
        ('{ patient { name @slice(path: "") { use } } }', ["slice-path"]),
        ("{ patient { shape__x: id @first } }", ["reserved-alias"]),
        ("{ patient { id @flatten active @flatten } }", ["flatten-leaf", "flatten-leaf"]),
    ],
)
def test_directives_without_a_meaning_are_refused_before_execution(query: str, rules: list[str]) -> None:
    assert refused(query) == rules


def test_one_place_is_told_once_however_often_it_is_met() -> None:
    query = (
        "{ patient { ...F } patients { ...F } found { ... on Patient { ...F } } } fragment F on Patient { id @flatten }"
    )
    assert refused(query) == ["flatten-leaf"]


def test_fragments_that_combine_beyond_all_bounds_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "MOST_SHAPES", 3)
    query = "{ found { ... on Patient { name @first { period { start } } link { other { id } } } } }"
    assert refused(query) == ["shapes"]


def test_fragments_that_double_at_each_level_are_looked_at_once() -> None:
    level = "fragment F{0} on Link {{ other {{ ... on Patient {{ a: link {{ ...F{1} }} b: link {{ ...F{1} }} }} }} }}"
    levels = [level.format(number, number + 1) for number in range(60)]
    last = "fragment F60 on Link { type @first }"
    document = parse(" ".join(["{ patient { link { ...F0 } } }", *levels, last]))
    assert planned(document, {}).shape


def test_several_values_of_a_singleton_are_null_with_one_error_at_the_second() -> None:
    names = [OFFICIAL, USUAL, {"family": "Petit"}, {"family": "Grand"}]
    result = asked("{ patient { id name @flatten { family @singleton } } }", {"patient": {**PATIENT, "name": names}})
    assert result.data == {"patient": {"id": "p1", "family": None}}
    assert [(error.path, error.message[:22]) for error in result.errors or ()] == [
        (["patient", "name", 2, "family"], "Several values came to")
    ]


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ("given: name @singleton { given }", {"given": None}),
        ("name @flatten @singleton { given }", {}),
        ("id name @flatten { id: use @singleton }", {"id": None}),
    ],
)
def test_a_singleton_with_several_values_is_an_error_wherever_they_come_from(
    selection: str, expected: dict[str, Any]
) -> None:
    result = asked(f"{{ patient {{ {selection} }} }}", {"patient": PATIENT})
    assert result.data == {"patient": expected}
    assert len(result.errors or ()) == 1


def test_a_singleton_without_a_value_asks_nothing_of_others() -> None:
    changes = {"name": [USUAL], "contact": {"name": {"use": None}}}
    selection = "name @flatten { use } contact @flatten { name @flatten { use @singleton } }"
    assert of_patient(selection, changes) == {"use": ["usual"]}
    assert of_patient(selection.replace("{ use }", "{ use @singleton }"), changes) == {"use": "usual"}


def test_values_of_different_types_do_not_come_under_one_name() -> None:
    query = "{ patient { link @flatten { v: type } l: link @flatten { v: quantity } } }"
    result = asked(query, {"patient": {**PATIENT, "link": [{"type": "a", "quantity": 1}]}})
    assert result.data == {"patient": {"v": None}}
    assert [error.path for error in result.errors or ()] == [["patient", "l", 0, "v"]]


def test_resources_of_any_type_come_under_one_name() -> None:
    link = [{"other": DEVICE}, {"other": PATIENT}]
    assert of_patient("link @flatten { other { id } }", {"link": link}) == {"other": [{"id": "d1"}, {"id": "p1"}]}


def test_errors_keep_the_path_of_the_executed_answer() -> None:
    name: list[Any] = [OFFICIAL, {"given": 7}]
    result = asked("{ patient { name @flatten { given } } }", {"patient": {**PATIENT, "name": name}})
    assert result.data == {"patient": {"given": ["Zoé", "Jeanne"]}}
    assert [error.path for error in result.errors or ()] == [["patient", "name", 1, "given"]]


def test_errors_of_items_that_are_left_out_are_left_out() -> None:
    name: list[Any] = [OFFICIAL, {"given": 7}]
    result = asked("{ patient { name @first { given @first } } }", {"patient": {**PATIENT, "name": name}})
    assert (result.data, result.errors) == ({"patient": {"name": {"given": "Zoé"}}}, [])


def test_errors_of_the_first_item_are_told() -> None:
    result = asked("{ patient { name @first { given } } }", {"patient": {**PATIENT, "name": [{"given": 7}, OFFICIAL]}})
    assert [error.path for error in result.errors or ()] == [["patient", "name", 0, "given"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("{ a }", False),
        ("{ a @skip(if: true) }", False),
        ("{ a { b { c @first } } }", True),
        ("{ ...F } fragment F on X { ... on Y { a @flatten { b } } }", True),
        ("{ a } query Q { b @slice }", True),
    ],
)
def test_a_document_tells_whether_it_is_shaped(query: str, expected: bool) -> None:
    assert is_shaped(parse(query)) is expected


def test_an_answer_without_directives_is_the_same_object() -> None:
    document = parse("{ patient { id name { use given } } }")
    made = planned(document, {})
    data = {"patient": PATIENT}
    assert shaped(data, made.shape)[0] is data


def test_what_has_no_directive_inside_is_not_copied() -> None:
    document = parse("{ patient { active @first name { use given } } }")
    made = planned(document, {})
    data = {"patient": {"active": True, "name": [OFFICIAL]}}
    assert shaped(data, made.shape)[0]["patient"]["name"][0] is OFFICIAL
