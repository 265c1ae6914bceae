"""Idempotency-Key on mutations. https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from graphql import GraphQLError

from app.errors import StoreUnavailable
from tests.builders import organization, procedure

if TYPE_CHECKING:
    import httpx

    from tests.conftest import Product, Start

CREATE = "mutation($r: FHIR!) { OrganizationCreate(resource: $r) { resource { id name } } }"
COUNT = "{ OrganizationConnection { count } }"


async def create(product: Product, name: str = "CHU", key: str = "k1", **headers: str) -> httpx.Response:
    resource = {each: value for each, value in organization(name=name).items() if each != "id"}
    names = {"Idempotency-Key": key, **{name.replace("_", "-"): value for name, value in headers.items()}}
    body = {"query": CREATE, "variables": {"r": resource}}
    return await product.http.post("/graphql", json=body, headers=names)


async def count(product: Product) -> Any:
    return (await product.data(COUNT))["OrganizationConnection"]["count"]


async def test_a_repeated_mutation_is_answered_as_the_first_time_and_stored_once(start: Start) -> None:
    product = await start()
    first, second = await create(product), await create(product)
    assert first.content == second.content
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    assert await count(product) == 1


async def test_another_request_under_the_same_key_is_422(start: Start) -> None:
    product = await start()
    await create(product)
    other = await create(product, name="Clinique")
    assert other.status_code == 422
    assert other.json()["errors"][0]["extensions"]["code"] == "business-rule"
    assert await count(product) == 1


async def test_the_key_of_another_client_is_another_key(start: Start) -> None:
    product = await start()
    await create(product, x_intake_system="bloc-1")
    other = await create(product, x_intake_system="bloc-2")
    assert "idempotency-replayed" not in other.headers
    assert await count(product) == 2


async def test_two_requests_at_once_under_one_key_store_once(start: Start) -> None:
    product = await start()
    first, second = await asyncio.gather(create(product), create(product))
    assert first.json() == second.json()
    assert await count(product) == 1


async def test_a_mutation_that_was_refused_may_be_corrected_under_the_same_key(start: Start) -> None:
    product = await start()
    resource = procedure(status=None)
    body = {"query": "mutation($r: FHIR!) { ProcedureCreate(resource: $r) { location } }", "variables": {"r": resource}}
    refused = await product.http.post("/graphql", json=body, headers={"Idempotency-Key": "k1"})
    assert refused.json()["data"] == {"ProcedureCreate": None}
    assert (await create(product)).status_code == 200


@pytest.mark.parametrize("key", ["", "x" * 256, "a b", "é", '"x'])
async def test_a_key_that_is_no_key_is_refused(start: Start, key: str) -> None:
    product = await start()
    body = {"query": CREATE, "variables": {"r": organization()}}
    response = await product.http.post("/graphql", json=body, headers={b"Idempotency-Key": key.encode()})
    assert response.status_code == 400
    assert "Idempotency-Key" in response.json()["errors"][0]["message"]
    assert await count(product) == 0


async def test_a_query_knows_no_key(start: Start) -> None:
    product = await start()
    for name in ("a", "b"):
        query = f"{{ {name}: __typename }}"
        response = await product.http.post("/graphql", json={"query": query}, headers={"Idempotency-Key": "k1"})
        assert response.json() == {"data": {name: "Query"}}
        assert "idempotency-replayed" not in response.headers


@pytest.mark.parametrize("query", ["{", "mutation {", "{ " * 5000, "mutation A { x } mutation B { y }"])
async def test_a_document_that_runs_nothing_is_refused_as_without_a_key(start: Start, query: str) -> None:
    product = await start()
    responses = [
        await product.http.post("/graphql", json={"query": query}, headers={"X-Request-Id": "r-1", **headers})
        for headers in ({}, {"Idempotency-Key": "k1"}, {"Idempotency-Key": "k1"})
    ]
    assert responses[0].content == responses[1].content == responses[2].content
    assert "errors" in responses[0].json()


async def test_a_mutation_is_not_run_where_its_key_cannot_be_noted(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    product = await start()

    async def away(*_: object) -> None:
        raise StoreUnavailable("The store is away.", "La base est absente.")

    monkeypatch.setattr(product.store, "reserve", away)
    response = await create(product)
    assert response.status_code == 503
    assert response.json()["errors"][0]["extensions"]["code"] == "transient"
    assert await count(product) == 0


async def test_a_document_under_a_key_is_read_within_the_limits(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    product = await start(environment={"DMI_MAX_TOKENS": "100"})
    parsed: list[int] = []

    def counted(*_: object, max_tokens: int, **__: object) -> None:
        parsed.append(max_tokens)
        raise GraphQLError("Syntax Error: Document contains more than 100 tokens. Parsing aborted.")

    monkeypatch.setattr("app.schema.execution.preparing.parse", counted)
    query = f"mutation {{ {'a ' * 200} }}"
    response = await product.http.post("/graphql", json={"query": query}, headers={"Idempotency-Key": "k1"})
    assert "DMI_MAX_TOKENS" in response.json()["errors"][0]["message"]
    assert set(parsed) == {100}
