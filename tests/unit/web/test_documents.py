"""A server that runs published operations only: `DMI_OPERATIONS=trusted`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from graphql import get_introspection_query

from app.fhir import json
from app.web.published import operations_directory, read_operations
from tests.builders import device, organization, patient, practitioner, procedure

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

    from tests.conftest import Product, Start

TRUSTED = {"DMI_OPERATIONS": "trusted"}
PUBLISHED = {operation.name: operation for operation in read_operations(operations_directory())}
PROCEDURES = PUBLISHED["procedures"]
OTHER = "{ PatientList { id } }"

REFERRED = (patient(), practitioner(), organization(), device())


async def posted(product: Product, body: Any, address: str = "/graphql", **headers: str) -> httpx.Response:
    return await product.http.post(address, json=body, headers=headers)


@pytest.mark.parametrize(
    "query",
    [
        OTHER,
        PROCEDURES.query + " ",
        PROCEDURES.query.replace("status", "status language"),
        PROCEDURES.query + "\nquery More { PatientList { id } }",
        get_introspection_query(),
        "{ __typename }",
        "{",
    ],
    ids=["another", "longer", "changed", "one more", "introspection", "nothing", "unreadable"],
)
async def test_another_document_is_refused_before_it_is_read(start: Start, query: str) -> None:
    product = await start(patient(), environment=TRUSTED)
    response = await posted(product, {"query": query})
    (error,) = response.json()["errors"]
    assert response.status_code == 403
    assert error["extensions"]["code"] == "forbidden"
    assert "DMI_OPERATIONS" in error["message"]


@pytest.mark.parametrize("address", ["/graphql", "/fhir/$graphql", "/fhir/Patient/p1/$graphql"])
async def test_no_address_and_no_method_runs_another_document(start: Start, address: str) -> None:
    product = await start(patient(), environment=TRUSTED)
    query = "{ id }" if "/Patient/" in address else OTHER
    got = await product.http.get(address, params={"query": query})
    alone = await product.http.post(address, content=query, headers={"Content-Type": "application/graphql"})
    under_a_key = await posted(product, {"query": query}, address, **{"Idempotency-Key": "k"})
    known = {"persistedQuery": {"version": 1, "sha256Hash": PROCEDURES.id.removeprefix("sha256:")}}
    registered = await posted(product, {"query": query, "extensions": known}, address)
    assert [each.status_code for each in (got, alone, under_a_key, registered)] == [403] * 4


async def test_a_published_document_is_run_by_its_identifier_or_to_the_letter(start: Start) -> None:
    product = await start(*REFERRED, procedure(id="a"), environment=TRUSTED)
    named = await product.http.get("/graphql", params={"documentId": PROCEDURES.id})
    sent = await posted(product, {"query": PROCEDURES.query})
    assert named.json()["data"] == sent.json()["data"]
    assert named.json()["data"]["ProcedureList"][0]["id"] == "a"
    assert named.headers["cache-control"] == "private, no-cache"
    assert "etag" in named.headers


async def test_a_published_mutation_stores(start: Start) -> None:
    product = await start(environment=TRUSTED)
    create = PUBLISHED["procedure-create"]
    response = await posted(product, {"documentId": create.id, "variables": {"resource": procedure()}})
    assert response.json()["data"]["ProcedureCreate"]["location"]


async def test_a_document_that_is_not_published_has_no_identifier(start: Start) -> None:
    response = await posted(await start(environment=TRUSTED), {"documentId": "sha256:" + "0" * 64})
    assert response.status_code == 400
    assert response.json()["errors"][0]["extensions"]["code"] == "not-found"


async def test_the_views_of_the_page_are_trusted_where_there_is_a_page(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "documents.json").write_bytes(json.encode([OTHER]))
    monkeypatch.setattr("app.main.STATIC", tmp_path)
    for page, status in (("on", 200), ("off", 403)):
        product = await start(environment={**TRUSTED, "DMI_PAGE": page})
        answers = [await posted(product, {"query": query}) for query in (OTHER, OTHER + " ")]
        assert [each.status_code for each in answers] == [status, 403]


async def test_fhirs_own_interface_is_as_it_was(start: Start) -> None:
    product = await start(patient(), environment=TRUSTED)
    assert (await product.http.get("/fhir/Patient/p1")).status_code == 200
