"""GraphQL over HTTP, and every bad request. https://graphql.github.io/graphql-over-http/draft/"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.builders import patient, procedure

if TYPE_CHECKING:
    import httpx

    from tests.conftest import Product, Start

GRAPHQL_JSON = "application/graphql-response+json"
SECRET = "Dupont-Secret"


def error_of(response: httpx.Response) -> dict[str, Any]:
    (error,) = response.json()["errors"]
    assert error["extensions"]["resource"]["resourceType"] == "OperationOutcome"
    assert "Traceback" not in response.text
    assert SECRET not in response.text
    result: dict[str, Any] = error
    return result


async def post(product: Product, body: object, **headers: str) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    names = {"content-type": "application/json", **{k.replace("_", "-"): v for k, v in headers.items()}}
    return await product.http.post("/graphql", content=content, headers=names)


async def test_a_query_by_post_is_answered(start: Start) -> None:
    product = await start(patient())
    response = await post(product, {"query": '{ Patient(id: "p1") { birthDate } }'})
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert response.json() == {"data": {"Patient": {"birthDate": "1980-07-01"}}}


async def test_a_query_by_get_is_answered(start: Start) -> None:
    product = await start(patient())
    params = {
        "query": "query Q($id: ID!) { Patient(id: $id) { id } }",
        "variables": '{"id": "p1"}',
        "operationName": "Q",
    }
    response = await product.http.get("/graphql", params=params)
    assert response.json() == {"data": {"Patient": {"id": "p1"}}}


async def test_the_newer_media_type_is_answered_in_kind(start: Start) -> None:
    response = await post(await start(), {"query": "{ __typename }"}, accept=GRAPHQL_JSON)
    assert response.headers["content-type"] == GRAPHQL_JSON
    assert response.status_code == 200


@pytest.mark.parametrize(("accept", "status"), [(GRAPHQL_JSON, 400), ("application/json", 200)])
async def test_an_unknown_field_is_named_and_nothing_runs(start: Start, accept: str, status: int) -> None:
    response = await post(await start(), {"query": '{ Patient(id: "x") { nom } }'}, accept=accept)
    assert response.status_code == status
    assert "data" not in response.json()
    error = error_of(response)
    assert "'nom'" in error["message"]
    assert error["extensions"]["code"] == "invalid"


async def test_a_syntax_error_tells_the_place_and_not_the_text(start: Start) -> None:
    response = await post(await start(), {"query": f'{{ Patient(id: "x") "{SECRET}" }}'})
    error = error_of(response)
    assert error["message"].startswith("Syntax Error")
    assert error["locations"]


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("query($id: ID!) { Patient(id: $id) { id } }", {"id": {"name": SECRET}}),
        ("query($n: Int) { PatientList(_count: $n) { id } }", {"n": SECRET}),
        ("query($l: [String]) { PatientList(family: $l) { id } }", {"l": [{"x": SECRET}]}),
        ("mutation($r: FHIR!) { PatientCreate(resource: $r) { location } }", {"r": 20240229}),
        (f'{{ PatientList(_count: "{SECRET}") {{ id }} }}', None),
        (f'{{ Patient(id: {{ x: "{SECRET}" }}) {{ id }} }}', None),
        ("mutation { PatientCreate(resource: 20240229) { location } }", None),
    ],
)
async def test_a_value_of_the_wrong_type_is_refused_without_being_repeated(
    start: Start, query: str, variables: object
) -> None:
    response = await post(await start(), {"query": query, "variables": variables}, accept=GRAPHQL_JSON)
    assert response.status_code == 400
    assert "not fit" in error_of(response)["message"]


async def test_a_missing_variable_is_named(start: Start) -> None:
    response = await post(await start(), {"query": "query($id: ID!) { Patient(id: $id) { id } }"})
    assert "$id" in error_of(response)["message"]


@pytest.mark.parametrize(
    "body", [b"{", b"", b'{"query": "{ __typename }"', b"\xff\xfe", b'{"query": NaN}', b"[" * 5000]
)
async def test_malformed_json_is_400_with_the_place(start: Start, body: bytes) -> None:
    response = await post(await start(), body)
    assert response.status_code == 400
    assert error_of(response)["extensions"]["code"] == "structure"


@pytest.mark.parametrize(
    "body",
    [
        [],
        [{"query": "{ __typename }"}],
        "query",
        7,
        None,
        {},
        {"query": 7},
        {"query": ""},
        {"query": "  "},
        {"query": "{ __typename }", "variables": [1]},
        {"query": "{ __typename }", "operationName": 5},
        {"query": "query A { __typename }", "operationName": "B"},
    ],
)
async def test_json_that_is_no_request_is_400(start: Start, body: object) -> None:
    response = await post(await start(), body)
    assert response.status_code == 400
    error_of(response)


@pytest.mark.parametrize("address", ["/graphql", "/fhir/$graphql", "/fhir/Organization/o1/$graphql"])
async def test_an_array_of_requests_is_refused_whole(start: Start, address: str) -> None:
    product = await start()
    create = 'mutation { OrganizationCreate(resource: {resourceType: "Organization", name: "x"}) { location } }'
    response = await product.http.post(address, json=[{"query": create}, {"query": create}])
    assert response.status_code == 400
    assert "one by one" in error_of(response)["message"]
    assert (await product.data("{ OrganizationList { id } }"))["OrganizationList"] == []


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "application/json; charset=latin-1", ""])
async def test_another_media_type_is_415(start: Start, content_type: str) -> None:
    response = await post(await start(), {"query": "{ __typename }"}, content_type=content_type)
    assert response.status_code == 415
    assert error_of(response)["extensions"]["code"] == "not-supported"


async def test_a_body_over_the_limit_is_413(start: Start) -> None:
    product = await start(environment={"DMI_MAX_BODY": "2000"})
    response = await post(product, {"query": "{ __typename }", "variables": {"x": "y" * 3000}})
    assert response.status_code == 413
    error = error_of(response)
    assert error["extensions"]["code"] == "too-long"
    assert "2000" in error["message"]


async def test_a_body_over_the_limit_without_a_length_is_413(start: Start) -> None:
    product = await start(environment={"DMI_MAX_BODY": "2000"})

    async def chunks() -> Any:
        for _ in range(10):
            yield b" " * 1000

    response = await product.http.post("/graphql", content=chunks(), headers={"content-type": "application/json"})
    assert response.status_code == 413


async def test_a_mutation_by_get_is_405_and_nothing_is_stored(start: Start) -> None:
    product = await start()
    query = 'mutation { OrganizationCreate(resource: {resourceType: "Organization", name: "x"}) { location } }'
    response = await product.http.get("/graphql", params={"query": query})
    assert (response.status_code, response.headers["allow"]) == (405, "POST")
    assert (await product.data("{ OrganizationList { id } }"))["OrganizationList"] == []


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
async def test_another_method_is_405(start: Start, method: str) -> None:
    response = await (await start()).http.request(method, "/graphql")
    assert (response.status_code, response.headers["allow"]) == (405, "GET, POST")


@pytest.mark.parametrize("bad", ["", "a b", "é", "x" * 65, "a/b", "../x", "x\n"])
async def test_an_id_with_illegal_characters_is_refused(start: Start, bad: str) -> None:
    product = await start()
    answer = await product.ask("query($id: ID!) { Patient(id: $id) { id } }", {"id": bad})
    assert answer["data"] == {"Patient": None}
    assert answer["errors"][0]["extensions"]["code"] == "invalid"


async def test_an_unknown_id_is_null_without_an_error(start: Start) -> None:
    assert await (await start()).data('{ Patient(id: "nobody") { id } }') == {"Patient": None}


@pytest.mark.parametrize(
    "arguments", ['family: ""', "family: []", "family: [null]", 'date: "x"', 'status: "gibberish"']
)
async def test_an_empty_or_malformed_search_value_names_the_parameter(start: Start, arguments: str) -> None:
    kind = "Patient" if "family" in arguments else "Procedure"
    answer = await (await start()).ask(f"{{ {kind}List({arguments}) {{ id }} }}")
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "invalid"
    assert arguments.partition(":")[0] in error["message"]


async def test_deep_nesting_is_refused_and_does_not_crash(start: Start) -> None:
    query = (
        '{ Procedure(id: "x") ' + "{ partOf { resource { ... on Procedure " * 1500 + "{ id }" + " } } }" * 1500 + "}"
    )
    response = await post(await start(), {"query": query})
    assert error_of(response)["extensions"]["code"] == "too-costly"
    assert "DMI_MAX_DEPTH" in error_of(response)["message"]


async def test_a_look_at_the_schema_beyond_its_depth_is_told_with_the_limit(start: Start) -> None:
    query = "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }"
    error = error_of(await post(await start(), {"query": query}))
    issue = error["extensions"]["resource"]["issue"][0]
    assert (issue["code"], issue["details"]["coding"][0]["code"]) == ("too-costly", "introspection-depth")
    assert "twice at most" in error["message"]


async def test_an_error_is_told_in_the_language_of_the_client(start: Start) -> None:
    answer = await (await start()).ask("{ PatientList(_count: 0) { id } }", accept_language="fr-FR,fr;q=0.9,en;q=0.8")
    (error,) = answer["errors"]
    assert error["message"].startswith("_count doit être")
    details = error["extensions"]["resource"]["issue"][0]["details"]
    assert details["text"] == error["message"]
    assert "_count must be" in str(details["_text"])


async def test_a_stored_value_that_does_not_fit_its_type_is_an_error_without_the_value(start: Start) -> None:
    product = await start(patient(multipleBirthInteger=SECRET, name=[{"family": ["x", SECRET]}]))
    response = await post(product, {"query": '{ Patient(id: "p1") { id multipleBirthInteger name { family } } }'})
    body = response.json()
    assert body["data"]["Patient"] == {"id": "p1", "multipleBirthInteger": None, "name": [{"family": None}]}
    assert {e["extensions"]["code"] for e in body["errors"]} == {"structure"}
    assert SECRET not in response.text


async def test_decimals_keep_their_digits_from_request_to_response(start: Start) -> None:
    product = await start()
    body = (
        b'{"query": "mutation($r: FHIR!) { ObservationCreate(resource: $r) { resource { valueQuantity { value } } } }",'
        b'"variables": {"r": {"resourceType": "Observation", "status": "final", "code": {"text": "x"},'
        b'"valueQuantity": {"value": 1.50}}}}'
    )
    response = await post(product, body)
    assert b'"value":1.50' in response.content


async def test_nothing_is_cached_by_the_way(start: Start) -> None:
    response = await post(await start(), {"query": "{ __typename }"})
    assert response.headers["cache-control"] == "no-store"


async def test_introspection_can_be_switched_off(start: Start) -> None:
    product = await start(environment={"DMI_INTROSPECTION": "off"})
    answer = await product.ask("{ __schema { types { name } } }")
    assert "data" not in answer
    answer = await product.ask("{ Patientt { id } }")
    assert "Did you mean" not in answer["errors"][0]["message"]


async def test_a_procedure_with_a_date_is_found_by_date(start: Start) -> None:
    product = await start(procedure(id="a"), procedure(id="b", performedDateTime="2025-01-01"))
    data = await product.data('{ ProcedureList(date: "2024") { id } }')
    assert data["ProcedureList"] == [{"id": "a"}]


async def test_an_unexpected_error_is_told_and_logged_without_its_text(
    start: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    product = await start()

    async def broken(*_: object) -> None:
        raise ValueError(SECRET)

    monkeypatch.setattr(product.store, "read", broken)
    response = await post(product, {"query": '{ Patient(id: "p1") { id } }'})
    assert response.json()["data"] == {"Patient": None}
    assert error_of(response)["extensions"]["code"] == "exception"
    assert "unexpected ValueError at " in caplog.text
    assert SECRET not in caplog.text
    assert "Traceback" not in caplog.text


async def test_several_operations_without_a_name_run_none(start: Start) -> None:
    product = await start()
    create = 'mutation A { OrganizationCreate(resource: {resourceType: "Organization", name: "x"}) { location } }'
    response = await post(product, {"query": create + " query B { __typename }"}, accept=GRAPHQL_JSON)
    assert response.status_code == 400
    assert "operationName" in error_of(response)["message"]
    assert (await product.data("{ OrganizationList { id } }"))["OrganizationList"] == []


async def test_the_named_one_of_several_operations_runs(start: Start) -> None:
    body = {"query": "query A { a: __typename } query B { b: __typename }", "operationName": "B"}
    assert (await post(await start(), body)).json() == {"data": {"b": "Query"}}


async def test_empty_parameters_of_get_are_absent_ones(start: Start) -> None:
    params = {"query": "{ __typename }", "variables": "", "operationName": ""}
    response = await (await start()).http.get("/graphql", params=params)
    assert response.json() == {"data": {"__typename": "Query"}}


async def test_a_media_type_is_read_without_regard_to_case(start: Start) -> None:
    response = await post(await start(), {"query": "{ __typename }"}, content_type="Application/JSON; Charset=UTF-8")
    assert response.status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        f"{{ PatientList(_count: {'9' * 5000}) {{ id }} }}",
        f"mutation {{ PatientCreate(resource: {{a: {'9' * 5000}}}) {{ location }} }}",
        "mutation { PatientCreate(resource: {a: 1e9999999999999999999999}) { location } }",
    ],
)
async def test_a_number_beyond_all_measure_does_not_fit(start: Start, query: str) -> None:
    error = error_of(await post(await start(), {"query": query}))
    assert error["extensions"]["code"] == "invalid"
    assert "not fit" in error["message"]


async def test_null_for_an_argument_that_needs_a_value_is_the_callers_error(start: Start) -> None:
    body = {"query": 'query($id: ID = "x") { Patient(id: $id) { id } }', "variables": {"id": None}}
    assert error_of(await post(await start(), body))["extensions"]["code"] == "invalid"


@pytest.mark.parametrize(
    "broken", [{"name": "text"}, {"name": ["text"]}, {"maritalStatus": [5]}, {"contact": {"a": 1}}]
)
async def test_stored_data_of_another_shape_is_told_as_such(
    start: Start, broken: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    product = await start(patient(**broken))
    query = '{ Patient(id: "p1") { name { family } maritalStatus { text } contact { gender } } }'
    answer = await product.ask(query)
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"structure"}
    assert caplog.text == ""


async def test_a_client_that_goes_away_is_no_error(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    product = await start()
    application = product.http._transport.app  # type: ignore[attr-defined]
    messages = iter([{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}])
    sent: list[Any] = []

    async def receive() -> Any:
        return next(messages)

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"host", b"localhost"), (b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": "/graphql", "headers": headers, "query_string": b""}
    await application(scope, receive, send)
    assert sent == []
    assert caplog.text == ""


async def test_a_name_that_is_not_this_servers_is_refused_on_loopback(start: Start) -> None:
    response = await post(await start(), {"query": "{ __typename }"}, host="evil.example")
    assert response.status_code == 400
    assert "data" not in response.text


async def test_the_name_of_the_base_url_is_this_servers(start: Start) -> None:
    product = await start(environment={"DMI_BASE_URL": "https://dmi.example/fhir"})
    response = await post(product, {"query": "{ __typename }"}, host="dmi.example")
    assert response.status_code == 200


async def test_graphqls_own_message_has_a_french_frame(start: Start) -> None:
    answer = await (await start()).ask("{ Patient { id } }", accept_language="fr")
    assert answer["errors"][0]["message"].startswith("La requête GraphQL n’est pas valable.")


async def test_a_document_of_too_many_tokens_names_the_setting(start: Start) -> None:
    product = await start(environment={"DMI_MAX_TOKENS": "100"})
    error = error_of(await post(product, {"query": "{ " + "__typename " * 200 + "}"}))
    assert error["extensions"]["code"] == "too-costly"
    assert "more than 100 tokens (DMI_MAX_TOKENS)" in error["message"]


@pytest.mark.parametrize("query", ["{ Patient { idd } }", "{ Patientt { id } }", "{ Patient(idd: 1) { id } }"])
async def test_a_closed_schema_is_not_given_away_by_suggestions(start: Start, query: str) -> None:
    answer = await (await start(environment={"DMI_INTROSPECTION": "off"})).ask(query)
    assert "Did you mean" not in str(answer)


@pytest.mark.parametrize("padding", ["", " " * 70_000])
async def test_a_name_that_comes_twice_in_the_body_is_refused_with_its_place(start: Start, padding: str) -> None:
    body = b'{"query": "{ __typename }", "variables": {"a": 1, "\\u0061": 2}' + padding.encode() + b"}"
    response = await post(await start(), body)
    assert response.status_code == 400
    assert "line 1" in error_of(response)["message"]
