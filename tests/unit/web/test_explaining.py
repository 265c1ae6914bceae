"""`extensions.explain`: how a request was carried out, for those who may know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.access.grant import grant_of
from app.access.principal import Principal
from app.errors import NotExplained
from app.fhir.json import encode
from app.web.explaining import wants
from tests.builders import device, patient, procedure

if TYPE_CHECKING:
    import httpx

    from tests.conftest import Product, Start

PAGE = (
    "query Page($status: [String]) { ProcedureList(status: $status) { id subject { resource { ... on Patient { id } } }"
    " focalDevice { manipulated { resource { lotNumber } } } } }"
)


async def asked(product: Product, query: str = PAGE, **more: Any) -> httpx.Response:
    return await product.http.post("/graphql", json={"query": query, "extensions": {"explain": True}, **more})


async def test_the_commands_of_each_level_are_told_with_their_numbers(start: Start) -> None:
    product = await start(procedure(id="a"), procedure(id="b"), patient(), device())
    told = (await asked(product)).json()["extensions"]["explain"]
    numbers = ("level", "command", "type", "asked", "found")
    commands = [tuple(each[name] for name in numbers) for each in told["commands"]]
    assert commands == [(1, "search", "Procedure", 20, 2), (2, "read", "Patient", 1, 1), (2, "read", "Device", 1, 1)]
    assert len(told["levels"]) == 2
    assert told["executedBy"] == "plan"
    assert all(each["statements"] for each in told["commands"])


async def test_no_value_is_told(start: Start) -> None:
    product = await start(procedure(id="a", status="completed"), patient(), device())
    told = (await asked(product, variables={"status": "completed"})).json()
    assert len(told["data"]["ProcedureList"]) == 1
    explained = encode(told["extensions"]["explain"])
    assert b"completed" not in explained
    assert b"LOT-1" not in explained
    assert b"p1" not in explained


async def test_introspection_is_told_as_what_graphql_core_runs(start: Start) -> None:
    told = (await asked(await start(), "{ __schema { queryType { name } } }")).json()["extensions"]["explain"]
    assert (told["executedBy"], told["commands"]) == ("graphql-core", [])


async def test_a_write_is_told_and_not_done_again(start: Start) -> None:
    product = await start()
    create = "mutation($r: FHIR!) { PatientCreate(resource: $r) { location } }"
    told = (await asked(product, create, variables={"r": patient()})).json()["extensions"]["explain"]
    writes = [each for each in told["commands"] if each["command"] == "write"]
    assert [each["statements"] for each in writes] == [[]]
    assert await product.data("{ PatientConnection { count } }") == {"PatientConnection": {"count": 1}}


async def test_nothing_is_told_that_was_not_asked_for(start: Start) -> None:
    product = await start(procedure(id="a"), patient(), device())
    for extensions in (None, {}, {"explain": False}, {"explain": "true"}):
        response = await product.http.post("/graphql", json={"query": PAGE, "extensions": extensions})
        assert "extensions" not in response.json()


async def test_a_server_that_does_not_explain_refuses(start: Start) -> None:
    response = await asked(await start(environment={"DMI_EXPLAIN": "off"}))
    assert response.status_code == 403
    (error,) = response.json()["errors"]
    assert error["extensions"]["code"] == "forbidden"
    assert "DMI_EXPLAIN" in error["message"]


def test_with_tokens_a_scope_is_needed() -> None:
    explain = {"explain": True}
    assert wants(explain, Principal(grant=grant_of(["system/*.rs", "dmi-graph/explain"])), given=True)
    with pytest.raises(NotExplained):
        wants(explain, Principal(grant=grant_of(["system/*.rs"])), given=True)
    assert not wants({}, Principal(grant=grant_of([])), given=True)


async def test_commands_beyond_a_number_are_not_explained(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    product = await start(procedure(id="a"), patient(), device())
    monkeypatch.setattr("app.web.explaining.MOST", 1)
    told = (await asked(product)).json()["extensions"]["explain"]
    assert [bool(each["statements"]) for each in told["commands"]] == [True, False, False]
