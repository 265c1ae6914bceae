"""The transaction Bundle over REST. https://hl7.org/fhir/R4/http.html#transaction"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.demo.examples import guide_examples
from app.profiles import DEFAULTS, Validator, load_profiles
from tests.builders import device, patient, procedure
from tests.unit.web.rest.outcomes import body, ids, issues

if TYPE_CHECKING:
    from tests.builders import Document
    from tests.conftest import Start

P, D = "urn:uuid:00000000-0000-4000-8000-000000000001", "urn:uuid:00000000-0000-4000-8000-000000000002"
ADDRESSES = ("/fhir", "/fhir/", "/fhir/Bundle")


def transaction(*entries: Document, kind: str = "transaction") -> Document:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def post(resource: Document, url: str = "", **request: Any) -> Document:
    given = {"resource": resource, "request": {"method": "POST", "url": "DMIResource", **request}}
    return {"fullUrl": url, **given} if url else given


TRACE = transaction(
    post(patient(), P),
    post(device(), D),
    post(procedure(subject={"reference": P}, focalDevice=[{"manipulated": {"reference": D}}])),
)


@pytest.mark.parametrize("address", ADDRESSES)
async def test_all_entries_are_stored_and_answered_in_their_order(start: Start, address: str) -> None:
    product = await start()
    response = await product.http.post(address, json=TRACE)
    bundle = body(response)
    assert (response.status_code, bundle["type"]) == (200, "transaction-response")
    assert [each["response"]["status"] for each in bundle["entry"]] == ["201 Created"] * 3
    patient_place, _, place = [each["response"]["location"].partition("/_history")[0] for each in bundle["entry"]]
    stored = body(await product.http.get(f"/fhir/{place}"))
    assert stored["subject"]["reference"] == patient_place
    assert Validator(load_profiles(), DEFAULTS).validate(bundle, "Bundle") == ()


@pytest.mark.parametrize("address", ADDRESSES)
async def test_an_error_in_the_last_entry_leaves_nothing(start: Start, address: str) -> None:
    product = await start()
    response = await product.http.post(address, json=transaction(post(patient()), post(procedure(status=None))))
    places = [each["expression"][0] for each in issues(response, 422) if each["severity"] == "error"]
    assert places == ["Bundle.entry[1].resource.status"]
    assert ids(body(await product.http.get("/fhir/Patient"))) == []


async def test_the_resources_are_answered_to_who_wants_them(start: Start) -> None:
    response = await (await start()).http.post("/fhir", json=TRACE, headers={"prefer": "return=representation"})
    assert [each["resource"]["resourceType"] for each in body(response)["entry"]] == ["Patient", "Device", "Procedure"]


async def test_the_bundles_of_the_guide_go_through(start: Start) -> None:
    product = await start()
    sent = [each for each in guide_examples() if each.get("type") == "transaction"]
    assert sent
    for bundle in sent:
        response = await product.http.post("/fhir/Bundle", json=bundle)
        assert response.status_code == 200, response.text


@pytest.mark.parametrize("kind", ["batch", "collection", "searchset"])
async def test_another_bundle_is_refused_at_the_base(start: Start, kind: str) -> None:
    product = await start()
    response = await product.http.post("/fhir", json={"resourceType": "Bundle", "type": kind})
    assert [each["details"]["coding"][0]["code"] for each in issues(response, 422)] == ["transaction-type"]


async def test_a_batch_at_bundle_is_stored_as_a_document(start: Start) -> None:
    product = await start()
    response = await product.http.post("/fhir/Bundle", json={"resourceType": "Bundle", "type": "batch"})
    assert (response.status_code, body(response)["type"]) == (201, "batch")


async def test_a_resource_that_is_no_bundle_is_422(start: Start) -> None:
    product = await start()
    for address in ADDRESSES:
        assert (await product.http.post(address, json=patient())).status_code == 422


async def test_a_second_procedure_with_the_same_intervention_is_409_and_leaves_nothing(start: Start) -> None:
    product = await start()
    await product.http.post("/fhir/Procedure", json=procedure())
    response = await product.http.post("/fhir", json=transaction(post(patient()), post(procedure())))
    assert [each["code"] for each in issues(response, 409)] == ["duplicate"]
    assert ids(body(await product.http.get("/fhir/Patient"))) == []


async def test_a_version_that_is_not_the_current_one_is_412_as_for_one_resource(start: Start) -> None:
    product = await start(device())
    update = {"resource": device(lotNumber="B"), "request": {"method": "PUT", "url": "Device/d1", "ifMatch": 'W/"7"'}}
    response = await product.http.post("/fhir", json=transaction(update))
    assert [each["code"] for each in issues(response, 412) if each["severity"] == "error"] == ["conflict"]
