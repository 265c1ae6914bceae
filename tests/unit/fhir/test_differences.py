from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.fhir.differences import Difference, differences, effort
from tests.builders import patient

CODES = [{"code": code} for code in "abcdef"]


def stamped(version: int, **elements: Any) -> dict[str, Any]:
    meta = {"versionId": str(version), "lastUpdated": f"2024-01-0{version}T00:00:00.000Z"}
    return {"resourceType": "Patient", "id": "p1", "meta": meta, **elements}


def told(before: Any, after: Any) -> list[tuple[str, str, Any, Any]]:
    """What differs between two resources that have this under `x`."""
    return [tuple(each) for each in differences(stamped(1, x=before), stamped(2, x=after))]


def test_the_stamp_of_a_version_is_no_change() -> None:
    assert differences(stamped(1), stamped(2)) == []


def test_another_element_of_meta_is_a_change() -> None:
    later = stamped(2)
    later["meta"]["profile"] = ["urn:p"]
    assert differences(stamped(1), later) == [Difference("Patient.meta.profile", "add", None, ["urn:p"])]


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ("a", "b", ("Patient.x", "replace", "a", "b")),
        ({"y": {"z": 1}}, {"y": {"z": 2}}, ("Patient.x.y.z", "replace", 1, 2)),
        ({"y": 1}, {"y": 1, "z": [2]}, ("Patient.x.z", "add", None, [2])),
        ({"y": 1, "z": [2]}, {"y": 1}, ("Patient.x.z", "remove", [2], None)),
        ([{"y": 1}], [{"y": 2}], ("Patient.x[0].y", "replace", 1, 2)),
        (["a"], "a", ("Patient.x", "replace", ["a"], "a")),
    ],
)
def test_a_change_is_told_with_its_path_and_both_values(before: Any, after: Any, found: tuple[Any, ...]) -> None:
    assert told(before, after) == [found]


@pytest.mark.parametrize(
    ("before", "after"),
    [(Decimal("1.0"), Decimal("1.00")), (1, True), (1, Decimal("1.0")), (0, None), ("1", 1), ([], {})],
)
def test_values_that_python_or_arithmetic_takes_for_equal_differ(before: Any, after: Any) -> None:
    assert told(before, after) == [("Patient.x", "replace", before, after)]


def test_the_order_of_members_is_no_change() -> None:
    assert told([{"a": 1, "b": 2}], [{"b": 2, "a": 1}]) == []


def test_an_item_in_front_of_others_is_the_only_change() -> None:
    assert told(CODES, [{"code": "new"}, *CODES]) == [("Patient.x[0]", "add", None, {"code": "new"})]


def test_a_removed_item_is_named_where_it_stood() -> None:
    assert told(list("abcdef"), list("aef")) == [
        ("Patient.x[1]", "remove", "b", None),
        ("Patient.x[2]", "remove", "c", None),
        ("Patient.x[3]", "remove", "d", None),
    ]


def test_after_an_added_item_a_removed_one_is_still_named_where_it_stood() -> None:
    assert told(list("abcdef"), list("axybcdf")) == [
        ("Patient.x[1]", "add", None, "x"),
        ("Patient.x[2]", "add", None, "y"),
        ("Patient.x[4]", "remove", "e", None),
    ]


def test_what_is_removed_inside_an_item_that_moved_up_is_named_where_it_stood() -> None:
    before = [{"code": "a"}, {"code": "b"}, {"code": "c", "of": [1, 2, 3]}]
    assert told(before, [{"code": "b"}, {"code": "c", "of": [1, 3]}]) == [
        ("Patient.x[0]", "remove", {"code": "a"}, None),
        ("Patient.x[2].of[1]", "remove", 2, None),
    ]


def test_what_a_primitive_has_beside_its_value_is_named_as_fhirpath_has_it() -> None:
    before, after = ({"resourceType": "Patient", "_birthDate": {"extension": [{"url": url}]}} for url in ("u:a", "u:b"))
    assert differences(before, after) == [Difference("Patient.birthDate.extension[0].url", "replace", "u:a", "u:b")]


def test_where_one_version_is_not_there_the_whole_resource_differs() -> None:
    assert differences(None, patient()) == [Difference("Patient", "add", None, patient())]
    assert differences(patient(), None) == [Difference("Patient", "remove", patient(), None)]
    assert differences(None, None) == []


def test_documents_are_left_as_they_are() -> None:
    before, after = stamped(1, x=[1, 2]), stamped(2, x=[2])
    differences(before, after)
    assert (before, after) == (stamped(1, x=[1, 2]), stamped(2, x=[2]))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from("abc"),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.sampled_from("klm"), inner, max_size=3),
    max_leaves=20,
)


def at(resource: dict[str, Any], path: str) -> Any:
    """What stands at the path of a difference."""
    value: Any = resource
    for step in path.replace("[", ".[").split(".")[1:]:
        value = value[int(step[1:-1])] if step.startswith("[") else value[step]
    return value


@given(VALUES, VALUES)
def test_each_value_stands_at_its_path(before: Any, after: Any) -> None:
    earlier, later = stamped(1, x=before), stamped(2, x=after)
    found = differences(earlier, later)
    assert [at(earlier, each.path) for each in found if each.operation == "remove"] == [
        each.before for each in found if each.operation == "remove"
    ]
    assert [at(later, each.path) for each in found if each.operation != "remove"] == [
        each.after for each in found if each.operation != "remove"
    ]


@given(VALUES, VALUES)
def test_nothing_differs_only_where_nothing_does(before: Any, after: Any) -> None:
    assert (told(before, after) == []) == (repr_of(before) == repr_of(after))


def repr_of(value: Any) -> str:
    """Text that tells True from 1 and knows no order of members."""
    if isinstance(value, dict):
        return f"{{{sorted((name, repr_of(member)) for name, member in value.items())}}}"
    return f"[{[repr_of(item) for item in value]}]" if isinstance(value, list) else repr(value)


def test_the_deepest_document_can_be_compared() -> None:
    before: Any = "a"
    after: Any = "b"
    for _ in range(98):
        before, after = {"extension": [before]}, {"extension": [after]}
    [(path, *values)] = told(before, after)
    assert (path.count("extension[0]"), values) == (98, ["replace", "a", "b"])


@pytest.mark.parametrize(("value", "steps"), [(None, 1), ("a", 1), ({"a": 1}, 2), ([1, 2], 5), ([[1]], 6)])
def test_a_value_takes_a_step_and_one_more_for_each_list_around_it(value: Any, steps: int) -> None:
    assert effort(value) == steps
