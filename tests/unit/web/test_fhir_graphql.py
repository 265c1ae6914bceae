"""FHIR's $graphql. https://hl7.org/fhir/R4/resource-operation-graphql.html, https://hl7.org/fhir/R4/graphql.html"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from app.errors import StoreUnavailable
from tests.builders import organization, patient, procedure
from tests.counted import CountedStore

if TYPE_CHECKING:
    import httpx

    from tests.conftest import Product, Start

SYSTEM = "/fhir/$graphql"
INSTANCE = "/fhir/Patient/p1/$graphql"
GRAPHQL_JSON = "application/graphql-response+json"
SECRET = "Dupont-Secret"


async def post(product: Product, path: str, query: str, **more: Any) -> httpx.Response:
    return await product.http.post(path, json={"query": query, **more})


def issue_of(response: httpx.Response) -> dict[str, Any]:
    assert response.headers["content-type"] == "application/fhir+json"
    outcome = response.json()
    assert outcome["resourceType"] == "OperationOutcome"
    (issue,) = outcome["issue"]
    result: dict[str, Any] = issue
    return result


async def test_the_system_level_answers_as_graphql_does(start: Start) -> None:
    response = await post(await start(patient()), SYSTEM, '{ Patient(id: "p1") { id } }')
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
    assert response.json() == {"data": {"Patient": {"id": "p1"}}}


async def test_the_system_level_has_no_page_for_browsers(start: Start) -> None:
    response = await (await start()).http.get(SYSTEM, headers={"accept": "text/html"})
    assert response.status_code == 400
    assert "errors" in response.json()


async def test_the_system_level_stores_too(start: Start) -> None:
    query = 'mutation { OrganizationCreate(resource: {resourceType: "Organization", name: "x"}) { resource { name } } }'
    response = await post(await start(), SYSTEM, query)
    assert response.json()["data"]["OrganizationCreate"]["resource"] == {"name": "x"}


async def test_at_an_instance_the_document_begins_at_the_resource(start: Start) -> None:
    response = await post(await start(patient()), INSTANCE, "{ name { given } birthDate }")
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
    assert response.json() == {"data": {"name": [{"given": ["Zoé"]}], "birthDate": "1980-07-01"}}


async def test_a_query_string_is_a_request_too(start: Start) -> None:
    params = {
        "query": "query A { id } query B($yes: Boolean!) { id @skip(if: $yes) birthDate }",
        "variables": '{"yes": true}',
        "operationName": "B",
    }
    response = await (await start(patient())).http.get(INSTANCE, params=params)
    assert response.json() == {"data": {"birthDate": "1980-07-01"}}


@pytest.mark.parametrize("path", ["/graphql", SYSTEM])
async def test_the_body_may_be_the_document_itself(start: Start, path: str) -> None:
    document = "query A { __typename } query B($id: ID!) { Patient(id: $id) { birthDate name { family } } }"
    response = await (await start(patient())).http.post(
        path,
        params={"operationName": "B", "variables": '{"id": "p1"}'},
        content=document.encode(),
        headers={"content-type": "application/graphql; charset=UTF-8"},
    )
    assert response.json()["data"]["Patient"]["birthDate"] == "1980-07-01"


async def test_the_body_may_be_the_document_itself_at_an_instance(start: Start) -> None:
    response = await (await start(patient())).http.post(
        INSTANCE, content="{ id } # é".encode(), headers={"content-type": "application/graphql"}
    )
    assert response.json() == {"data": {"id": "p1"}}


@pytest.mark.parametrize("body", [b"", b"  ", b"\xff", b"{ id \x00 }", b"{"])
async def test_a_body_that_is_no_document_is_refused(start: Start, body: bytes) -> None:
    response = await (await start(patient())).http.post(
        INSTANCE, content=body, headers={"content-type": "application/graphql", "accept": GRAPHQL_JSON}
    )
    assert response.status_code == 400
    assert "data" not in response.json()


@pytest.mark.parametrize("variables", ["[", "7", '{"a": 1, "a": 2}', '"x"'])
async def test_variables_beside_a_document_are_read_strictly(start: Start, variables: str) -> None:
    response = await (await start(patient())).http.post(
        INSTANCE,
        params={"variables": variables},
        content=b"{ id }",
        headers={"content-type": "application/graphql"},
    )
    assert response.status_code == 400


async def test_fragments_on_the_type_select_from_the_resource(start: Start) -> None:
    query = "{ ...Known ... on Patient { birthDate } ... { __typename } } fragment Known on Patient { id }"
    response = await post(await start(patient()), INSTANCE, query)
    assert response.json() == {"data": {"id": "p1", "birthDate": "1980-07-01", "__typename": "Patient"}}


@pytest.mark.parametrize("name", ["id", "type", "focus", "the_focus", "Patient"])
async def test_a_variable_of_the_document_keeps_its_own_value(start: Start, name: str) -> None:
    query = f"query(${name}: String) {{ managingOrganization {{ resource(type: ${name}) {{ id }} }} }}"
    product = await start(patient(managingOrganization={"reference": "Organization/o1"}), organization())
    response = await post(product, INSTANCE, query, variables={name: "Organization", "the focus": "p2"})
    assert response.json() == {"data": {"managingOrganization": {"resource": {"id": "o1"}}}}


async def test_aliases_and_references_work_below_an_instance(start: Start) -> None:
    product = await start(procedure(id="x"), patient())
    query = "{ who: subject { person: resource { ... on Patient { birthDate } } } }"
    response = await post(product, "/fhir/Procedure/x/$graphql", query)
    assert response.json() == {"data": {"who": {"person": {"birthDate": "1980-07-01"}}}}


async def test_an_instance_is_read_by_one_store_command(start: Start) -> None:
    product = await start(patient(), wrap=CountedStore)
    product.store.commands.clear()  # type: ignore[attr-defined]
    await post(product, INSTANCE, "{ id birthDate }")
    assert product.store.commands == [("read", "Patient")]  # type: ignore[attr-defined]


async def test_errors_are_told_by_the_place_in_the_clients_own_document(start: Start) -> None:
    query = "{\n  id\n  managingOrganization { resource { id } }\n}"
    product = await start(patient(managingOrganization={"reference": "Organization/gone"}))
    response = await post(product, INSTANCE, query)
    assert response.json()["data"] == {"id": "p1", "managingOrganization": {"resource": None}}
    (error,) = response.json()["errors"]
    assert error["path"] == ["managingOrganization", "resource"]
    assert error["locations"] == [{"line": 3, "column": 26}]
    assert error["extensions"]["code"] == "not-found"


@pytest.mark.parametrize("query", ["{ nom }", "{ id(x: 1) }", "query($x: Int) { id }", "{ Patient { id } }"])
async def test_a_document_that_does_not_fit_the_type_is_refused_as_on_graphql(start: Start, query: str) -> None:
    product = await start(patient())
    response = await product.http.post(INSTANCE, json={"query": query}, headers={"accept": GRAPHQL_JSON})
    assert response.status_code == 400
    (error,) = response.json()["errors"]
    assert "data" not in response.json()
    assert error["locations"][0]["line"] == 1
    assert error["extensions"]["resource"]["resourceType"] == "OperationOutcome"


async def test_the_schema_is_not_asked_for_at_an_instance(start: Start) -> None:
    response = await post(await start(patient()), INSTANCE, "{ __schema { queryType { name } } }")
    assert "'__schema' on type 'Patient'" in response.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    "query",
    [
        'mutation { OrganizationCreate(resource: {resourceType: "Organization", name: "x"}) { location } }',
        'query A { id } mutation B { OrganizationCreate(resource: {resourceType: "Organization"}) { location } }',
        "subscription { id }",
    ],
)
async def test_an_instance_is_only_read(start: Start, query: str) -> None:
    product = await start(patient())
    response = await product.http.post(
        INSTANCE,
        json={"query": query, "operationName": "A" if "query" in query else None},
        headers={"accept": f"{GRAPHQL_JSON}", "accept-language": "fr"},
    )
    assert response.status_code == 400
    assert response.json()["errors"][0]["message"].startswith("Sur une ressource, seules les requêtes")
    assert (await product.data("{ OrganizationList { id } }"))["OrganizationList"] == []


async def test_several_operations_without_a_name_run_none(start: Start) -> None:
    response = await post(await start(patient()), INSTANCE, "query A { id } query B { birthDate }")
    assert "operationName" in response.json()["errors"][0]["message"]


@pytest.mark.parametrize("query", ["{ id }", "{ id @skip(if: true) }", "{ __typename }"])
async def test_an_unknown_id_is_404_with_an_outcome(start: Start, query: str) -> None:
    response = await post(await start(), INSTANCE, query)
    assert response.status_code == 404
    assert issue_of(response)["code"] == "not-found"


@pytest.mark.parametrize(
    "path",
    ["/fhir/Medication/m1/$graphql", "/fhir/patient/p1/$graphql", "/fhir/Query/x/$graphql", "/fhir/%C3%A9/x/$graphql"],
)
async def test_an_unknown_type_is_404_with_the_types_there_are(start: Start, path: str) -> None:
    response = await post(await start(patient()), path, "{ id }")
    assert response.status_code == 404
    assert "Procedure, Patient" in issue_of(response)["details"]["text"]


@pytest.mark.parametrize("bad", ["a_b", "x" * 65, "%C3%A9", "a%20b", "%0A", "..%5C"])
async def test_an_id_that_nothing_can_have_is_404_and_not_repeated(start: Start, bad: str) -> None:
    response = await post(await start(), f"/fhir/Patient/{bad}/$graphql", "{ id }")
    assert response.status_code == 404
    assert bad not in response.text


@pytest.mark.parametrize(
    "path",
    [
        "/fhir/patient",
        "/fhir/$other",
        "/fhir/Patient/p1/$other",
        "/fhir/a/b/c/$graphql",
    ],
)
async def test_where_fhir_has_nothing_the_answer_is_an_outcome_in_the_language_asked_for(
    start: Start, path: str
) -> None:
    response = await (await start(patient())).http.get(path, headers={"accept-language": "fr"})
    assert response.status_code == 404
    assert issue_of(response)["details"]["text"].startswith("Il n’y a rien à cette adresse.")


async def test_a_deleted_instance_is_410_with_an_outcome(start: Start) -> None:
    product = await start(patient())
    await product.http.delete("/fhir/Patient/p1")
    response = await post(product, INSTANCE, "{ id }")
    assert response.status_code == 410
    assert issue_of(response)["code"] == "deleted"


async def test_a_deleted_resource_that_an_instance_refers_to_is_an_error_and_no_410(start: Start) -> None:
    product = await start(patient(managingOrganization={"reference": "Organization/o1"}), organization())
    await product.http.delete("/fhir/Organization/o1")
    response = await post(product, INSTANCE, "{ id managingOrganization { resource { id } } }")
    assert response.status_code == 200
    assert response.json()["data"]["id"] == "p1"


async def test_what_is_no_fhir_address_is_answered_plainly(start: Start) -> None:
    response = await (await start()).http.get("/fhirx/metadata")
    assert (response.status_code, response.text) == (404, "Not Found")


async def test_another_method_is_405_at_an_instance(start: Start) -> None:
    response = await (await start(patient())).http.delete(INSTANCE)
    assert (response.status_code, response.headers["allow"]) == (405, "GET, POST")


async def test_a_body_over_the_limit_is_413_at_an_instance(start: Start) -> None:
    product = await start(patient(), environment={"DMI_MAX_BODY": "2000"})
    response = await post(product, INSTANCE, "{ id }" + " " * 3000)
    assert response.status_code == 413


async def test_a_store_that_fails_is_an_error_at_the_root_and_no_404(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    product = await start(patient())

    async def away(*_: object) -> None:
        raise StoreUnavailable("The store is away.", "La base est absente.")

    monkeypatch.setattr(product.store, "read", away)
    response = await product.http.post(INSTANCE, json={"query": "{ id }"}, headers={"accept": GRAPHQL_JSON})
    assert response.status_code == 200
    assert response.json()["data"] is None
    (error,) = response.json()["errors"]
    assert (error["path"], error["extensions"]["code"]) == ([], "transient")


@pytest.mark.parametrize(("levels", "refused"), [(3, False), (4, True)])
async def test_the_step_to_the_resource_counts_as_if_it_was_written(start: Start, levels: int, refused: bool) -> None:
    product = await start(patient(), environment={"DMI_MAX_DEPTH": "4", "DMI_MAX_ROOT_FIELDS": "1"})
    query = "{ id birthDate " + "extension { " * (levels - 1) + "url" + " }" * levels
    assert ("errors" in (await post(product, INSTANCE, query)).json()) is refused


async def test_a_value_in_the_document_is_not_repeated_by_an_error(start: Start) -> None:
    response = await post(await start(patient()), INSTANCE, f'{{ id "{SECRET}" }}')
    assert SECRET not in response.text


async def test_two_instances_asked_with_one_document_are_not_mixed_up(start: Start) -> None:
    product = await start(patient(), patient(id="p2"), organization())
    asked = [await post(product, f"/fhir/{place}/$graphql", "{ id }") for place in ("Patient/p1", "Patient/p2")]
    other = await post(product, "/fhir/Organization/o1/$graphql", "{ id }")
    system = await post(product, SYSTEM, "{ id }")
    assert [each.json()["data"]["id"] for each in [*asked, other]] == ["p1", "p2", "o1"]
    assert "errors" in system.json()


async def test_decimals_keep_their_digits_at_an_instance(start: Start) -> None:
    product = await start(
        {"resourceType": "Observation", "id": "o", "status": "final", "valueQuantity": {"value": Decimal("1.50")}}
    )
    response = await post(product, "/fhir/Observation/o/$graphql", "{ valueQuantity { value } }")
    assert b'"value":1.50' in response.content


async def test_a_flattened_field_at_the_root_flattens_into_the_root_of_data(start: Start) -> None:
    response = await post(await start(patient()), INSTANCE, "{ id name @first @flatten { family given } }")
    assert response.json() == {"data": {"id": "p1", "family": "Martin", "given": ["Zoé"]}}
