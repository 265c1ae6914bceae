"""Published documents by their identifiers, and what a client may keep of their answers.

https://graphql.github.io/graphql-over-http/draft/#sec-Appendix-Persisted-Documents
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.web.published import operations_directory, read_operations
from tests.builders import device, organization, patient, practitioner, procedure

if TYPE_CHECKING:
    import httpx

    from tests.conftest import Product, Start

GRAPHQL_JSON = "application/graphql-response+json"
DOCUMENTS = {operation.name: operation for operation in read_operations(operations_directory())}
PROCEDURES = DOCUMENTS["procedures"].id
REFERRED = (patient(), practitioner(), organization(), device())


async def get(product: Product, document: str = PROCEDURES, **headers: str) -> httpx.Response:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return await product.http.get("/graphql", params={"documentId": document}, headers=names)


async def test_a_published_document_is_asked_for_by_its_identifier(start: Start) -> None:
    product = await start(*REFERRED, procedure(id="a"))
    named = await get(product)
    sent = await product.ask(DOCUMENTS["procedures"].query)
    assert named.json() == sent
    assert "errors" not in sent


async def test_variables_and_the_name_of_the_operation_go_with_an_identifier(start: Start) -> None:
    product = await start(procedure(id="a"))
    body = {"documentId": DOCUMENTS["procedure"].id, "variables": {"id": "a"}}
    assert (await product.http.post("/graphql", json=body)).json()["data"]["Procedure"]["id"] == "a"


async def test_a_browser_that_names_a_document_gets_its_answer_not_the_page(start: Start) -> None:
    response = await get(await start(), accept="text/html")
    assert response.headers["content-type"] == "application/json"


@pytest.mark.parametrize("identifier", ["sha256:" + "0" * 64, "sha256:x", "x", "../operations", "\x00"])
@pytest.mark.parametrize("accept", ["application/json", GRAPHQL_JSON])
async def test_an_unknown_identifier_is_one_error(start: Start, identifier: str, accept: str) -> None:
    product = await start()
    by_get = await get(product, identifier, accept=accept)
    by_post = await product.http.post("/graphql", json={"documentId": identifier}, headers={"accept": accept})
    for response in (by_get, by_post):
        assert response.status_code == 400
        assert response.headers["cache-control"] == "no-store"
        (error,) = response.json()["errors"]
        assert error["extensions"]["code"] == "not-found"
        assert identifier not in error["message"]


@pytest.mark.parametrize(
    "body", [{"documentId": PROCEDURES, "query": "{ __typename }"}, {"documentId": 7}, {"documentId": None}]
)
async def test_a_request_has_either_a_document_or_its_identifier(start: Start, body: dict[str, Any]) -> None:
    assert (await (await start()).http.post("/graphql", json=body)).status_code == 400


async def test_a_published_mutation_is_not_run_by_get(start: Start) -> None:
    response = await get(await start(), DOCUMENTS["procedure-create"].id)
    assert (response.status_code, response.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize("procedures", [0, 20])
async def test_an_answer_may_be_kept_by_the_one_who_asked_and_nobody_else(start: Start, procedures: int) -> None:
    response = await get(await start(*REFERRED, *(procedure(id=f"p{number}") for number in range(procedures))))
    assert response.headers["cache-control"] == "private, no-cache"
    varies = ["Accept", "Accept-Encoding", "Accept-Language", "Authorization"]
    assert sorted(response.headers["vary"].split(", ")) == varies
    assert response.headers["etag"].startswith('"')


async def test_what_has_not_changed_is_not_sent_again(start: Start) -> None:
    product = await start(*REFERRED, procedure(id="a"))
    tag = (await get(product)).headers["etag"]
    again = await get(product, if_none_match=f'W/"other", {tag}')
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert again.headers["cache-control"] == "private, no-cache"
    assert "content-length" not in again.headers


async def test_what_has_changed_is_sent_with_another_tag(start: Start) -> None:
    product = await start(*REFERRED, procedure(id="a"))
    tag = (await get(product)).headers["etag"]
    await product.data(
        'mutation { OrganizationCreate(resource: {resourceType: "Organization", name: "x"}) { location } }'
    )
    assert (await get(product, if_none_match=tag)).status_code == 304
    created = "mutation($r: FHIR!) { ProcedureCreate(resource: $r) { location } }"
    await product.data(created, {"r": procedure()})
    changed = await get(product, if_none_match=tag)
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag


@pytest.mark.parametrize("condition", ['""', "nonsense", '"a" "b"', '"', "W/", "é"])
async def test_a_condition_that_does_not_hold_changes_nothing(start: Start, condition: str) -> None:
    product = await start()
    headers = {b"If-None-Match": condition.encode()}
    response = await product.http.get("/graphql", params={"documentId": PROCEDURES}, headers=headers)
    assert response.status_code == 200


async def test_another_form_of_an_answer_has_another_tag(start: Start) -> None:
    product = await start(*REFERRED, *(procedure(id=f"p{number}") for number in range(20)))
    forms = [{"accept_encoding": "identity"}, {"accept_encoding": "gzip"}, {"accept": GRAPHQL_JSON}]
    tags = [(await get(product, **form)).headers["etag"] for form in forms]
    assert len(set(tags)) == 3


async def test_an_answer_with_errors_is_not_kept(start: Start) -> None:
    response = await get(await start(), DOCUMENTS["procedure"].id)
    assert "errors" in response.json()
    assert response.headers["cache-control"] == "no-store"
    assert "etag" not in response.headers


async def test_a_document_that_is_sent_is_not_kept(start: Start) -> None:
    response = await (await start()).http.get("/graphql", params={"query": DOCUMENTS["procedures"].query})
    assert response.headers["cache-control"] == "no-store"
    assert "etag" not in response.headers
