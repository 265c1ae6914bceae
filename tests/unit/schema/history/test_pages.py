"""`T.history`: all versions of a resource."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.schema.connection import page_info_type
from app.schema.history.budget import MOST_VERSIONS
from app.schema.history.fields import add_history
from app.schema.types.derive import FhirTypes
from app.store.repository import Write
from tests.builders import device, patient, procedure

if TYPE_CHECKING:
    from tests.conftest import Product, Start

HISTORY = """
query($id: ID!, $version: String, $first: Int, $after: String) {
  Patient(id: $id, version: $version) {
    history(first: $first, after: $after) {
      edges { cursor version at author operation resource { name { family } } node { id } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
}
"""


async def hospital(start: Start, *families: str | None, author: str = "") -> Product:
    """p1 written once for each family name; None deletes it."""
    product = await start()
    for family in families:
        resource = patient(name=[{"family": family}]) if family else None
        await product.store.write([Write("Patient", "p1", resource, author=author)])
    return product


async def page(product: Product, **variables: Any) -> dict[str, Any]:
    found: dict[str, Any] = (await product.data(HISTORY, {"id": "p1", **variables}))["Patient"]["history"]
    return found


def versions(history: dict[str, Any]) -> list[str]:
    return [edge["version"] for edge in history["edges"]]


async def refused(product: Product, **variables: Any) -> str:
    answer = await product.ask(HISTORY, {"id": "p1", **variables})
    code: str = answer["errors"][0]["extensions"]["code"]
    return code


async def test_every_version_is_told_the_newest_first(start: Start) -> None:
    history = await page(await hospital(start, "A", None, "B", "C"))
    told = [(each["version"], each["operation"], each["resource"]) for each in history["edges"]]
    assert told == [
        ("4", "update", {"name": [{"family": "C"}]}),
        ("3", "create", {"name": [{"family": "B"}]}),
        ("2", "delete", None),
        ("1", "create", {"name": [{"family": "A"}]}),
    ]


async def test_a_version_tells_who_stored_it_and_when(start: Start) -> None:
    product = await hospital(start, "A", author="bloc-3")
    [edge] = (await page(product))["edges"]
    [stored] = await product.store.history("Patient", "p1", 1)
    assert (edge["author"], edge["at"], edge["node"]) == ("bloc-3", stored.at, {"id": "p1"})


async def test_a_version_that_nobody_named_as_its_author_has_none(start: Start) -> None:
    [edge] = (await page(await hospital(start, "A")))["edges"]
    assert edge["author"] is None


async def test_an_old_version_shows_the_whole_history(start: Start) -> None:
    assert versions(await page(await hospital(start, "A", "B", "C"), version="1")) == ["3", "2", "1"]


async def test_the_history_of_a_deleted_resource_is_shown_by_an_old_version(start: Start) -> None:
    assert versions(await page(await hospital(start, "A", "B", None), version="2")) == ["3", "2", "1"]


async def test_pages_follow_each_other_to_the_end(start: Start) -> None:
    product = await hospital(start, *"ABCDE")
    found, after = [], None
    for _ in range(3):
        history = await page(product, first=2, after=after)
        info = history["pageInfo"]
        found.append((versions(history), info["hasPreviousPage"], info["hasNextPage"]))
        after = info["endCursor"]
    assert found == [(["5", "4"], False, True), (["3", "2"], True, True), (["1"], True, False)]


async def test_a_page_that_the_history_ends_with_has_no_next_one(start: Start) -> None:
    info = (await page(await hospital(start, "A", "B"), first=2))["pageInfo"]
    assert info["hasNextPage"] is False


async def test_cursors_of_a_page_are_those_of_its_ends(start: Start) -> None:
    history = await page(await hospital(start, "A", "B", "C"))
    edges, info = history["edges"], history["pageInfo"]
    assert (info["startCursor"], info["endCursor"]) == (edges[0]["cursor"], edges[-1]["cursor"])


async def test_after_the_first_version_there_is_nothing(start: Start) -> None:
    product = await hospital(start, "A")
    cursor = (await page(product))["pageInfo"]["endCursor"]
    assert await page(product, after=cursor) == {
        "edges": [],
        "pageInfo": {"hasNextPage": False, "hasPreviousPage": True, "startCursor": None, "endCursor": None},
    }


async def test_a_new_version_does_not_move_a_cursor(start: Start) -> None:
    product = await hospital(start, "A", "B", "C")
    cursor = (await page(product, first=1))["pageInfo"]["endCursor"]
    await product.store.write([Write("Patient", "p1", patient(name=[{"family": "D"}]))])
    assert versions(await page(product, after=cursor)) == ["2", "1"]


async def test_a_cursor_of_another_resource_is_refused(start: Start) -> None:
    product = await hospital(start, "A")
    await product.store.write([Write("Patient", "p2", patient(id="p2"))])
    cursor = (await page(product, id="p2"))["pageInfo"]["endCursor"]
    assert await refused(product, after=cursor) == "invalid"


@pytest.mark.parametrize("after", ["", "1", "x" * 100_000, "é", "WyIwIl0"])
async def test_what_is_no_cursor_is_refused(start: Start, after: str) -> None:
    assert await refused(await hospital(start, "A"), after=after) == "invalid"


@pytest.mark.parametrize("first", [0, -1, 1_001])
async def test_a_page_size_beyond_its_limit_is_refused(start: Start, first: int) -> None:
    assert await refused(await hospital(start, "A"), first=first) == "invalid"


async def test_histories_of_a_list_are_those_of_each_resource(start: Start) -> None:
    product = await hospital(start, "A", "B")
    await product.store.write([Write("Patient", "p2", patient(id="p2"))])
    data = await product.data("{ PatientList { id history { edges { version } } } }")
    found = {each["id"]: versions(each["history"]) for each in data["PatientList"]}
    assert found == {"p1": ["2", "1"], "p2": ["1"]}


async def test_histories_beyond_what_one_request_may_ask_for_are_null_with_one_error(start: Start) -> None:
    product = await start(*(patient(id=f"p{n}") for n in range(MOST_VERSIONS // 1_000 + 2)))
    answer = await product.ask("{ PatientList(_count: 22) { history(first: 1000) { edges { version } } } }")
    assert [each["history"] is None for each in answer["data"]["PatientList"]] == [False] * 20 + [True] * 2
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["too-costly"]


async def test_what_is_contained_has_no_history(start: Start) -> None:
    contained = {"resourceType": "Device", "id": "d", "meta": {"versionId": "1"}}
    product = await start(procedure(id="x", contained=[contained]), device(id="d"))
    query = (
        '{ Procedure(id: "x") { contained { ... on Device { history { edges { version } } changes { path } raw } } } }'
    )
    assert await product.data(query) == {
        "Procedure": {"contained": [{"history": None, "changes": None, "raw": contained}]}
    }


async def test_what_stands_in_an_entry_of_a_bundle_has_no_history(start: Start) -> None:
    entry = patient(meta={"versionId": "1"})
    product = await start({"resourceType": "Bundle", "id": "b", "type": "collection", "entry": [{"resource": entry}]})
    query = '{ Bundle(id: "b") { entry { resource { ... on Patient { history { edges { version } } raw } } } } }'
    assert await product.data(query) == {"Bundle": {"entry": [{"resource": {"history": None, "raw": entry}}]}}


async def test_raw_is_what_is_stored(start: Start) -> None:
    product = await hospital(start, "A")
    stored = (await product.store.read("Patient", ["p1"]))["p1"]
    assert await product.data('{ Patient(id: "p1") { raw } }') == {"Patient": {"raw": stored}}


async def test_raw_keeps_the_digits_of_a_decimal(start: Start) -> None:
    location = '{"resourceType": "Location", "id": "l", "position": {"longitude": 1.50, "latitude": 2E+1}}'
    product = await start()
    await product.ask("mutation($r: FHIR!) { LocationCreate(resource: $r) { location } }", {"r": location})
    response = await product.http.post("/graphql", json={"query": "{ LocationList { raw } }"})
    assert '"longitude":1.50,"latitude":2E+1' in response.text


def test_a_field_that_is_there_already_fails_the_build() -> None:
    types, page_info = FhirTypes(lambda *_: None), page_info_type()
    add_history(types, page_info)
    with pytest.raises(ValueError, match=r"Procedure\.history would hide"):
        add_history(types, page_info)
