"""Create, update, patch, delete. https://hl7.org/fhir/R4/http.html"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.builders import organization, patient, procedure
from tests.unit.web.rest.outcomes import body, codes, issues

if TYPE_CHECKING:
    import httpx

    from tests.conftest import Product, Start

P1 = "/fhir/Patient/p1"
JSON_PATCH = {"content-type": "application/json-patch+json"}


async def patched(product: Product, *operations: Any, **headers: str) -> httpx.Response:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return await product.http.patch(P1, content=json.dumps(operations), headers={**JSON_PATCH, **names})


async def test_create_answers_201_with_place_version_time_and_the_resource(start: Start) -> None:
    product = await start()
    response = await product.http.post("/fhir/Patient", json=patient())
    resource = body(response)
    assert response.status_code == 201
    assert response.headers["location"] == f"http://localhost/fhir/Patient/{resource['id']}/_history/1"
    assert response.headers["etag"] == 'W/"1"'
    assert response.headers["last-modified"].endswith("GMT")
    assert resource == {**patient(), "id": resource["id"], "meta": resource["meta"]}
    assert body(await product.http.get(f"/fhir/Patient/{resource['id']}")) == resource


async def test_an_id_that_is_sent_with_a_create_is_not_used(start: Start) -> None:
    product = await start(patient(birthDate="1950"))
    response = await product.http.post("/fhir/Patient", json=patient(id="p1"))
    assert body(response)["id"] != "p1"
    assert body(await product.http.get(P1))["birthDate"] == "1950"


async def test_decimals_are_stored_with_their_digits(start: Start) -> None:
    product = await start()
    sent = b'{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.50}}'
    response = await product.http.post("/fhir/Observation", content=sent, headers={"content-type": "application/json"})
    assert b'"value":1.50' in response.content


@pytest.mark.parametrize("media", ["application/fhir+json", "application/json; charset=UTF-8", "Application/FHIR+JSON"])
async def test_fhir_json_and_json_are_read(start: Start, media: str) -> None:
    response = await (await start()).http.post(
        "/fhir/Patient", content=json.dumps(patient()), headers={"content-type": media}
    )
    assert response.status_code == 201


@pytest.mark.parametrize(
    "media",
    [
        "application/fhir+xml",
        "text/xml",
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/fhir+json; charset=latin-1",
        "application/fhir+json; fhirVersion=3.0",
        "",
    ],
)
@pytest.mark.parametrize(("method", "path"), [("POST", "/fhir/Patient"), ("PUT", P1), ("PATCH", P1), ("POST", "/fhir")])
async def test_another_media_type_is_415(start: Start, media: str, method: str, path: str) -> None:
    product = await start(patient())
    headers = {"content-type": media} if media else {}
    response = await product.http.request(method, path, content=json.dumps(patient()), headers=headers)
    assert codes(response, 415) == ["not-supported"]


@pytest.mark.parametrize(("coding", "status"), [("gzip", 415), ("br, identity", 415), ("identity", 201)])
async def test_a_body_is_sent_as_it_is(start: Start, coding: str, status: int) -> None:
    headers = {"content-type": "application/fhir+json", "content-encoding": coding}
    response = await (await start()).http.post("/fhir/Patient", content=json.dumps(patient()), headers=headers)
    assert response.status_code == status


async def test_a_patch_is_not_read_as_a_resource_nor_the_other_way_round(start: Start) -> None:
    product = await start(patient())
    assert (await product.http.patch(P1, json=[])).status_code == 415
    assert (await product.http.put(P1, content=b"{}", headers=JSON_PATCH)).status_code == 415


@pytest.mark.parametrize("sent", [b"", b"{", b"\xff", b'{"a":1,"a":2}', b"[" * 5_000, b'{"resourceType":"Patient"}x'])
async def test_what_is_no_json_is_400(start: Start, sent: bytes) -> None:
    response = await (await start()).http.post(
        "/fhir/Patient", content=sent, headers={"content-type": "application/json"}
    )
    assert codes(response, 400) == ["structure"]


@pytest.mark.parametrize(
    "sent", [b"null", b"[]", b"3", b"true", b'"x"', b'"{\\"resourceType\\":\\"Patient\\"}"', b"{}"]
)
@pytest.mark.parametrize(("method", "path"), [("POST", "/fhir/Patient"), ("PUT", P1), ("POST", "/fhir")])
async def test_json_that_is_no_resource_is_422(start: Start, sent: bytes, method: str, path: str) -> None:
    product = await start(patient())
    response = await product.http.request(method, path, content=sent, headers={"content-type": "application/json"})
    assert "error" in {issue["severity"] for issue in issues(response, 422)}


@pytest.mark.parametrize(("method", "path"), [("POST", "/fhir/Patient"), ("PUT", P1)])
async def test_a_resource_of_another_type_than_the_address_is_422(start: Start, method: str, path: str) -> None:
    product = await start(patient())
    assert (await product.http.request(method, path, json=organization())).status_code == 422


async def test_an_invalid_resource_is_422_with_every_finding_and_stores_nothing(start: Start) -> None:
    product = await start()
    response = await product.http.post(
        "/fhir/Procedure",
        json=procedure(status="Secret", bodySite=None, performer=None),
        headers={"accept-language": "fr"},
    )
    found = issues(response, 422)
    assert {"Procedure.status", "Procedure.bodySite", "Procedure.performer"} <= {
        each["expression"][0] for each in found
    }
    assert "Secret" not in response.text
    assert body(await product.http.get("/fhir/Procedure"))["total"] == 0


async def test_a_body_over_the_limit_is_413(start: Start) -> None:
    product = await start(environment={"DMI_MAX_BODY": "2000"})
    response = await product.http.post("/fhir/Patient", json=patient(text="x" * 3_000))
    assert codes(response, 413) == ["too-long"]


async def test_what_the_client_would_rather_have_in_the_body_is_heard(start: Start) -> None:
    product = await start()

    async def asked(prefer: str) -> httpx.Response:
        return await product.http.post("/fhir/Patient", json=patient(), headers={"prefer": prefer})

    minimal = await asked("respond-async, return=minimal; wait=3")
    assert (minimal.status_code, minimal.content) == (201, b"")
    assert minimal.headers["location"]
    assert body(await asked("return=OperationOutcome"))["resourceType"] == "OperationOutcome"
    assert body(await asked('Return="representation"'))["resourceType"] == "Patient"
    assert body(await asked("return=everything"))["resourceType"] == "Patient"


async def test_an_outcome_tells_what_was_noticed(start: Start) -> None:
    response = await (await start()).http.post(
        "/fhir/Procedure", json=procedure(), headers={"prefer": "return=OperationOutcome"}
    )
    assert {issue["severity"] for issue in issues(response, 201)} == {"warning"}


async def test_a_second_procedure_with_the_same_intervention_is_409(start: Start) -> None:
    product = await start()
    first, second = [await product.http.post("/fhir/Procedure", json=procedure()) for _ in range(2)]
    assert first.status_code == 201
    assert codes(second, 409) == ["duplicate"]


# Conditional create: https://hl7.org/fhir/R4/http.html#ccreate


async def test_a_create_whose_condition_is_met_answers_200_with_what_is_there(start: Start) -> None:
    product = await start(patient())
    response = await product.http.post(
        "/fhir/Patient", json=patient(birthDate="1999"), headers={"if-none-exist": "identifier=280079912345678"}
    )
    assert response.status_code == 200
    assert response.headers["location"] == "http://localhost/fhir/Patient/p1/_history/1"
    assert body(response)["birthDate"] == "1980-07-01"


async def test_a_create_whose_condition_is_not_met_creates(start: Start) -> None:
    product = await start(patient())
    response = await product.http.post(
        "/fhir/Patient", json=patient(), headers={"if-none-exist": "?identifier=another"}
    )
    assert response.status_code == 201


async def test_a_create_whose_condition_several_meet_is_412(start: Start) -> None:
    product = await start(patient(), patient(id="p2"))
    response = await product.http.post("/fhir/Patient", json=patient(), headers={"if-none-exist": "family=martin"})
    assert codes(response, 412) == ["conflict"]


@pytest.mark.parametrize("condition", ["", "nonsense=1", "family=", "x", "family:exact=x"])
async def test_a_condition_that_means_nothing_is_400(start: Start, condition: str) -> None:
    response = await (await start()).http.post("/fhir/Patient", json=patient(), headers={"if-none-exist": condition})
    assert issues(response, 400)


@pytest.mark.parametrize("condition", ["given=Zoé", "given=Zo%C3%A9"])
async def test_a_condition_is_read_as_utf_8(start: Start, condition: str) -> None:
    response = await (await start(patient())).http.post(
        "/fhir/Patient", json=patient(), headers={b"if-none-exist": condition.encode()}
    )
    assert response.headers["location"].endswith("/Patient/p1/_history/1")


async def test_a_condition_that_is_not_utf_8_is_400(start: Start) -> None:
    response = await (await start(patient())).http.post(
        "/fhir/Patient", json=patient(), headers={b"if-none-exist": b"given=Zo\xe9"}
    )
    assert issues(response, 400)


@pytest.mark.parametrize(
    ("method", "path", "name"), [("POST", "/fhir/Patient", "If-None-Exist"), ("PUT", P1, "If-Match")]
)
async def test_a_condition_that_comes_twice_is_400(start: Start, method: str, path: str, name: str) -> None:
    product = await start(patient())
    twice = [("content-type", "application/fhir+json"), (name, "family=a"), (name, "family=b")]
    response = await product.http.request(method, path, content=json.dumps(patient(birthDate="1981")), headers=twice)
    (issue,) = issues(response, 400)
    assert issue["expression"] == [name]


async def test_racing_conditional_creates_make_one_resource(start: Start) -> None:
    product = await start()
    headers = {"if-none-exist": "identifier=280079912345678"}
    asked = [product.http.post("/fhir/Patient", json=patient(), headers=headers) for _ in range(20)]
    found = [response.status_code for response in await asyncio.gather(*asked)]
    assert sorted(found) == [200] * 19 + [201]
    assert body(await product.http.get("/fhir/Patient"))["total"] == 1


# Update: https://hl7.org/fhir/R4/http.html#update


async def test_update_answers_200_with_the_next_version(start: Start) -> None:
    product = await start(patient())
    response = await product.http.put(P1, json=patient(birthDate="1981"))
    assert (response.status_code, response.headers["etag"]) == (200, 'W/"2"')
    assert body(response)["birthDate"] == "1981"


async def test_an_equal_update_makes_no_version(start: Start) -> None:
    response = await (await start(patient())).http.put(P1, json=patient())
    assert (response.status_code, response.headers["etag"]) == (200, 'W/"1"')


async def test_an_update_of_another_id_than_the_address_is_422(start: Start) -> None:
    response = await (await start(patient())).http.put(P1, json=patient(id="p2"))
    assert [each["expression"] for each in issues(response, 422)] == [["Patient.id"]]


async def test_an_update_of_an_unknown_id_is_404_unless_it_may_create(start: Start) -> None:
    assert codes(await (await start()).http.put(P1, json=patient()), 404) == ["not-found"]
    product = await start(environment={"DMI_UPDATE_CREATE": "on"})
    response = await product.http.put(P1, json=patient())
    assert response.status_code == 201
    assert response.headers["location"] == "http://localhost/fhir/Patient/p1/_history/1"


@pytest.mark.parametrize("tag", ['W/"1"', '"1"', "1", "*"])
async def test_the_version_that_is_expected_may_be_written_as_clients_do(start: Start, tag: str) -> None:
    response = await (await start(patient())).http.put(P1, json=patient(birthDate="1981"), headers={"if-match": tag})
    assert response.status_code == 200


async def test_a_stale_version_is_412_with_the_current_one(start: Start) -> None:
    product = await start(patient())
    await product.http.put(P1, json=patient(birthDate="1981"))
    stale = {"if-match": 'W/"1"'}
    asked = [
        await product.http.put(P1, json=patient(birthDate="1982"), headers=stale),
        await patched(product, {"op": "remove", "path": "/birthDate"}, if_match='W/"1"'),
        await product.http.delete(P1, headers=stale),
    ]
    for response in asked:
        assert codes(response, 412) == ["conflict"]
        assert response.headers["etag"] == 'W/"2"'
    assert body(await product.http.get(P1))["birthDate"] == "1981"


async def test_of_racing_updates_of_one_version_one_wins(start: Start) -> None:
    product = await start(patient())
    asked = [
        product.http.put(P1, json=patient(birthDate=f"19{n}"), headers={"if-match": 'W/"1"'}) for n in range(50, 70)
    ]
    found = [response.status_code for response in await asyncio.gather(*asked)]
    assert sorted(found) == [200] + [412] * 19


@pytest.mark.parametrize("tag", ["", "x", 'W/"x"', '"1", "2"', "-1", '"1', "9" * 40])
async def test_a_tag_that_names_no_version_is_400(start: Start, tag: str) -> None:
    response = await (await start(patient())).http.put(P1, json=patient(birthDate="1981"), headers={"if-match": tag})
    assert issues(response, 400)


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("PUT", P1, "If-None-Match"),
        ("PUT", P1, "If-None-Exist"),
        ("PUT", P1, "If-Unmodified-Since"),
        ("POST", "/fhir/Patient", "If-Match"),
        ("DELETE", P1, "If-None-Match"),
        ("POST", "/fhir", "If-None-Exist"),
    ],
)
async def test_a_condition_that_is_not_kept_is_refused_and_not_passed_over(
    start: Start, method: str, path: str, name: str
) -> None:
    product = await start(patient())
    response = await product.http.request(method, path, json=patient(birthDate="1981"), headers={name: "*"})
    (issue,) = issues(response, 400)
    assert issue["expression"] == [name]
    assert body(await product.http.get(P1))["meta"]["versionId"] == "1"


# Patch: https://hl7.org/fhir/R4/http.html#patch


async def test_a_patch_answers_200_with_the_next_version(start: Start) -> None:
    response = await patched(await start(patient()), {"op": "replace", "path": "/birthDate", "value": "1981"})
    assert (response.status_code, response.headers["etag"]) == (200, 'W/"2"')
    assert body(response)["birthDate"] == "1981"


async def test_a_patch_whose_result_is_invalid_is_422(start: Start) -> None:
    response = await patched(await start(patient()), {"op": "replace", "path": "/birthDate", "value": "x"})
    assert [each["expression"] for each in issues(response, 422)] == [["Patient.birthDate"]]


async def test_a_patch_whose_test_fails_is_412(start: Start) -> None:
    response = await patched(await start(patient()), {"op": "test", "path": "/birthDate", "value": "x"})
    assert codes(response, 412) == ["conflict"]


@pytest.mark.parametrize("sent", [b"", b"null", b"{}", b'"[]"', b'[{"op":"x"}]', b'[{"op":"remove","path":"/x"}]'])
async def test_what_is_no_patch_is_400(start: Start, sent: bytes) -> None:
    response = await (await start(patient())).http.patch(P1, content=sent, headers=JSON_PATCH)
    assert issues(response, 400)


async def test_a_patch_of_an_unknown_id_is_404_and_of_a_deleted_one_410(start: Start) -> None:
    assert codes(await patched(await start(), {"op": "remove", "path": "/birthDate"}), 404) == ["not-found"]
    product = await start(patient())
    await product.http.delete(P1)
    assert codes(await patched(product, {"op": "remove", "path": "/birthDate"}), 410) == ["deleted"]


# Delete: https://hl7.org/fhir/R4/http.html#delete


async def test_delete_tells_what_was_done_or_nothing(start: Start) -> None:
    product = await start(patient(), patient(id="p2"))
    assert codes(await product.http.delete(P1), 200) == ["informational"]
    minimal = await product.http.delete("/fhir/Patient/p2", headers={"prefer": "return=minimal"})
    assert (minimal.status_code, minimal.content, "content-length" in minimal.headers) == (204, b"", False)
    assert body(await product.http.get("/fhir/Patient"))["total"] == 0


async def test_a_second_delete_changes_nothing_and_an_unknown_id_is_404(start: Start) -> None:
    product = await start(patient())
    await product.http.delete(P1)
    assert codes(await product.http.delete(P1), 200) == ["informational"]
    assert codes(await product.http.delete("/fhir/Patient/p2"), 404) == ["not-found"]


async def test_an_update_restores_what_was_deleted_with_201(start: Start) -> None:
    product = await start(patient())
    await product.http.delete(P1)
    response = await product.http.put(P1, json=patient())
    assert (response.status_code, response.headers["etag"]) == (201, 'W/"3"')


async def test_the_author_is_the_one_the_client_names(start: Start) -> None:
    product = await start(patient())
    await product.http.put(P1, json=patient(birthDate="1981"), headers={"X-Intake-System": "bloc-3"})
    version = await product.store.version("Patient", "p1", 2)
    assert version is not None
    assert version.author == "bloc-3"
    refused = await product.http.put(P1, json=patient(), headers={"X-Intake-System": "x" * 65})
    assert issues(refused, 400)
