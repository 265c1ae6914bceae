from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

import pytest

from app.errors import DmiError, MalformedJson, PreconditionFailed, RequestError, TooCostly
from app.fhir.json import decode, encode
from app.intake.json_patch import MOST_OPERATIONS, patched, read_patch

OBSERVATION: dict[str, Any] = decode(
    b'{"resourceType": "Observation", "id": "o", "valueQuantity": {"value": 1.50}, "note": [{"text": "a"}]}'
)


def operation(op: str, path: Any = "/status", **members: Any) -> dict[str, Any]:
    return {"op": op, "path": path, **members}


def test_operations_are_applied_in_their_order() -> None:
    result = patched(OBSERVATION, [operation("add", value="final"), operation("replace", value="amended")])
    assert result == {**OBSERVATION, "status": "amended"}


def test_the_given_resource_and_patch_are_left_as_they_are() -> None:
    resource, patch = copy.deepcopy(OBSERVATION), [operation("add", "/note/-", value={"text": "b"})]
    patched(resource, [*patch, operation("add", "/note/1/text", value="c")])
    assert (resource, patch) == (OBSERVATION, [operation("add", "/note/-", value={"text": "b"})])


def test_decimals_keep_their_digits() -> None:
    patch = read_patch('[{"op": "add", "path": "/valueQuantity/value", "value": 2.500}]')
    result = patched(OBSERVATION, patch)
    assert result["valueQuantity"]["value"] == Decimal("2.500")
    assert b"2.500" in encode(result)


def test_a_test_compares_json_values() -> None:
    assert patched(OBSERVATION, [operation("test", "/valueQuantity/value", value=Decimal("1.5"))]) == OBSERVATION
    with pytest.raises(PreconditionFailed, match="operation 1 "):
        patched(OBSERVATION, [operation("add", "/x", value=1), operation("test", "/x", value=True)])


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        "add",
        {},
        [],
        operation("add"),
        operation("add", path=None, value=1),
        operation("add", path=3, value=1),
        operation("add", path="status", value=1),
        operation("add", path="/a/b/c", value=1),
        operation("add", path="/note/9", value=1),
        operation("add", path="/note/-1", value=1),
        operation("add", path="/note/" + "9" * 5_000, value=1),
        operation("add", path="/id/x", value=1),
        operation("add", path="/a~2", value=1),
        operation("remove", path="/absent"),
        operation("remove", path="/note/-"),
        operation("replace", path="/absent", value=1),
        operation("copy"),
        operation("copy", **{"from": None}),
        operation("copy", **{"from": "/absent"}),
        operation("copy", **{"from": "/note/-"}),
        operation("move", path="/note/0/text/x", **{"from": "/note/0"}),
        operation("test"),
        operation("merge", value=1),
        {"op": ["add"], "path": "/status", "value": 1},
    ],
)
def test_an_operation_that_cannot_be_applied_is_named_without_its_values(wrong: Any) -> None:
    with pytest.raises(DmiError) as refusal:
        patched(OBSERVATION, [operation("add", value="final"), wrong])
    [issue] = refusal.value.issues
    assert issue.expression == "patch[1]"
    assert isinstance(refusal.value, RequestError | PreconditionFailed)
    assert not any(word in issue.en + issue.fr for word in ("absent", "9999", "1.50", 'merge"'))


@pytest.mark.parametrize(
    "patch",
    [
        [operation("replace", "/id", value="other")],
        [operation("remove", "/id")],
        [operation("replace", "/resourceType", value="Patient")],
        [operation("replace", "", value=[])],
        [operation("replace", "", value={"resourceType": "Observation"})],
        [operation("remove", "")],
    ],
)
def test_id_and_type_cannot_be_changed(patch: Any) -> None:
    with pytest.raises(RequestError):
        patched(OBSERVATION, patch)


@pytest.mark.parametrize("sent", [{}, "{}", '"add"', None, 3, True])
def test_a_patch_is_a_list(sent: Any) -> None:
    with pytest.raises(RequestError):
        read_patch(sent)


@pytest.mark.parametrize("sent", ["[", '[{"op": "add", "op": "remove", "path": ""}]'])
def test_a_text_that_is_no_json_tells_the_place(sent: str) -> None:
    with pytest.raises(MalformedJson, match="line 1"):
        read_patch(sent)


def test_a_patch_has_a_largest_size() -> None:
    with pytest.raises(TooCostly):
        read_patch([operation("test")] * (MOST_OPERATIONS + 1))


def test_copies_that_double_the_resource_again_and_again_are_stopped() -> None:
    doubling = [operation("copy", f"/note/0/{number}", **{"from": "/note/0"}) for number in range(60)]
    with pytest.raises(TooCostly):
        patched(OBSERVATION, doubling)


def test_copies_of_a_long_text_count_by_its_length() -> None:
    copies = [operation("copy", f"/note/0/{number}", **{"from": "/note/0/text"}) for number in range(20)]
    with pytest.raises(TooCostly):
        patched({**OBSERVATION, "note": [{"text": "x" * 1_000_000}]}, copies)


def test_a_patch_that_nests_beyond_all_measure_is_refused() -> None:
    deep: Any = {}
    for _ in range(5_000):
        deep = {"x": deep}
    with pytest.raises(RequestError):
        patched(OBSERVATION, [operation("add", value=deep)])
