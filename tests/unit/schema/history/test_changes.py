"""`changes(from:, to:)`: what differs between two versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.schema.history.budget import COMPARED, MOST_EFFORT, MOST_VERSIONS
from app.schema.history.changes import MOST_CHANGES
from app.store.repository import Write
from tests.builders import patient, procedure

if TYPE_CHECKING:
    from tests.conftest import Product, Start

CHANGES = """
query($id: ID!, $version: String, $from: String, $to: String) {
  Procedure(id: $id, version: $version) { changes(from: $from, to: $to) { path operation before after } }
}
"""
FIRST = procedure(id="x", status="in-progress")
SECOND = procedure(id="x")
THIRD = procedure(id="x", note=[{"text": "n"}])
STATUS = {"path": "Procedure.status", "operation": "replace", "before": "in-progress", "after": "completed"}
NOTE = {"path": "Procedure.note", "operation": "add", "before": None, "after": [{"text": "n"}]}


async def theatre(start: Start, *versions: dict[str, Any] | None) -> Product:
    """x written once for each version; None deletes it."""
    product = await start()
    for version in versions or (FIRST, SECOND, THIRD):
        await product.store.write([Write("Procedure", "x", version)])
    return product


async def changes(product: Product, **variables: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await product.data(CHANGES, {"id": "x", **variables}))["Procedure"]["changes"]
    return found


async def refused(product: Product, **variables: Any) -> str:
    answer = await product.ask(CHANGES, {"id": "x", **variables})
    assert answer["data"] == {"Procedure": {"changes": None}}
    [error] = answer["errors"]
    code: str = error["extensions"]["code"]
    return code


async def test_the_last_change_is_told_unless_versions_are_named(start: Start) -> None:
    assert await changes(await theatre(start)) == [NOTE]


async def test_an_old_version_tells_what_it_changed(start: Start) -> None:
    assert await changes(await theatre(start), version="2") == [STATUS]


async def test_the_change_to_a_version_is_told(start: Start) -> None:
    assert await changes(await theatre(start), to="2") == [STATUS]


async def test_changes_since_a_version_are_told(start: Start) -> None:
    assert await changes(await theatre(start), **{"from": "1"}) == [NOTE, STATUS]


async def test_a_change_can_be_told_backwards(start: Start) -> None:
    found = await changes(await theatre(start), **{"from": "2", "to": "1"})
    assert found == [{**STATUS, "before": "completed", "after": "in-progress"}]


async def test_a_version_does_not_differ_from_itself(start: Start) -> None:
    assert await changes(await theatre(start), **{"from": "2", "to": "2"}) == []


async def test_the_first_version_adds_the_whole_resource(start: Start) -> None:
    [change] = await changes(await theatre(start), version="1")
    assert (change["path"], change["operation"], change["before"]) == ("Procedure", "add", None)
    assert change["after"]["status"] == "in-progress"


async def test_a_deletion_removes_the_whole_resource(start: Start) -> None:
    [change] = await changes(await theatre(start, FIRST, None, SECOND), to="2")
    assert (change["path"], change["operation"], change["after"]) == ("Procedure", "remove", None)
    assert change["before"]["status"] == "in-progress"


async def test_what_a_restored_resource_changed_since_before_its_deletion_is_told(start: Start) -> None:
    assert await changes(await theatre(start, FIRST, None, SECOND), **{"from": "1"}) == [STATUS]


@pytest.mark.parametrize("name", ["from", "to"])
@pytest.mark.parametrize("version", ["", "0", "4", "a", "é", "9" * 5_000])
async def test_a_version_that_is_not_there_is_not_found(start: Start, name: str, version: str) -> None:
    assert await refused(await theatre(start), **{name: version}) == "not-found"


async def test_a_number_keeps_its_digits(start: Start) -> None:
    product = await start()
    create = "mutation($r: FHIR!) { LocationCreate(resource: $r) { resource { id } } }"
    resource = '{"resourceType": "Location", "position": {"longitude": 1.50, "latitude": 2}}'
    await product.ask(create, {"r": resource})
    response = await product.http.post("/graphql", json={"query": "{ LocationList { changes { after } } }"})
    assert '"longitude":1.50' in response.text


async def test_changes_in_too_many_places_are_refused(start: Start) -> None:
    notes = [{"text": f"{n}"} for n in range(MOST_CHANGES)]
    longer = procedure(id="x", note=[{"text": f"{n}!"} for n in range(MOST_CHANGES)])
    product = await theatre(start, procedure(id="x", note=notes), longer)
    assert len(await changes(product)) == MOST_CHANGES
    await product.store.write([Write("Procedure", "x", longer | {"status": "stopped"})])
    assert await refused(product, **{"from": "1"}) == "too-costly"


async def test_versions_that_hold_too_much_are_not_compared(start: Start) -> None:
    product = await theatre(start, procedure(id="x", note=[{"text": "n"}] * MOST_EFFORT), SECOND)
    assert await refused(product) == "too-costly"


async def test_after_versions_that_hold_too_much_nothing_is_compared(start: Start) -> None:
    product = await theatre(start, procedure(id="x", note=[{"text": "n"}] * MOST_EFFORT), SECOND, THIRD)
    query = '{ Procedure(id: "x") { one: changes(to: "2") { path } other: changes(to: "3") { path } } }'
    answer = await product.ask(query)
    assert answer["data"]["Procedure"] == {"one": None, "other": None}
    assert [error["path"] for error in answer["errors"]] == [["Procedure", "one"]]


async def test_comparisons_beyond_what_one_request_may_ask_for_are_refused(start: Start) -> None:
    product = await start(patient(), environment={"DMI_MAX_ALIASES": "2000"})
    fields = " ".join(f"c{n}: changes {{ path }}" for n in range(MOST_VERSIONS // COMPARED + 1))
    answer = await product.ask(f'{{ Patient(id: "p1") {{ {fields} }} }}')
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["too-costly"]


async def test_the_changes_of_a_list_are_those_of_each_resource(start: Start) -> None:
    product = await theatre(start, FIRST, SECOND)
    await product.store.write([Write("Procedure", "y", procedure(id="y"))])
    await product.store.write([Write("Procedure", "y", procedure(id="y", note=[{"text": "n"}]))])
    data = await product.data('{ ProcedureList(_sort: "_id") { changes { path } } }')
    assert data["ProcedureList"] == [
        {"changes": [{"path": "Procedure.status"}]},
        {"changes": [{"path": "Procedure.note"}]},
    ]


async def test_each_version_of_a_history_tells_what_it_changed(start: Start) -> None:
    product = await theatre(start)
    query = '{ Procedure(id: "x") { history { edges { resource { changes { path } } } } } }'
    edges = (await product.data(query))["Procedure"]["history"]["edges"]
    assert [each["resource"]["changes"] for each in edges] == [
        [{"path": "Procedure.note"}],
        [{"path": "Procedure.status"}],
        [{"path": "Procedure"}],
    ]
