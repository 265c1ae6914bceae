"""Idempotency-Key on FHIR's writes: the first answer is told again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.builders import patient
from tests.unit.web.rest.outcomes import body, codes, fields, issues

if TYPE_CHECKING:
    from tests.conftest import Start

KEY = {"Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}
P1 = "/fhir/Patient/p1"


async def test_a_create_that_is_sent_again_is_not_done_again(start: Start) -> None:
    product = await start()
    first, again = [await product.http.post("/fhir/Patient", json=patient(), headers=KEY) for _ in range(2)]
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert fields(first) | {"idempotency-replayed": "true"} == fields(again)
    assert body(await product.http.get("/fhir/Patient"))["total"] == 1


async def test_creates_that_race_under_one_key_make_one_resource(start: Start) -> None:
    product = await start()
    asked = [product.http.post("/fhir/Patient", json=patient(), headers=KEY) for _ in range(10)]
    assert len({response.headers["location"] for response in await asyncio.gather(*asked)}) == 1
    assert body(await product.http.get("/fhir/Patient"))["total"] == 1


@pytest.mark.parametrize(
    ("method", "path", "more"),
    [
        ("POST", "/fhir/Patient", {"json": patient(birthDate="1999")}),
        ("POST", "/fhir/Patient", {"json": patient(), "headers": {"If-None-Exist": "family=martin"}}),
        ("POST", "/fhir/Patient?_pretty=true", {"json": patient()}),
        ("PUT", P1, {"json": patient()}),
        ("DELETE", P1, {}),
    ],
)
async def test_another_request_under_the_key_is_422(
    start: Start, method: str, path: str, more: dict[str, dict[str, str]]
) -> None:
    product = await start(patient())
    await product.http.post("/fhir/Patient", json=patient(), headers=KEY)
    response = await product.http.request(method, path, **{**more, "headers": {**KEY, **more.get("headers", {})}})  # type: ignore[arg-type]
    assert codes(response, 422) == ["business-rule"]


async def test_a_refusal_is_not_remembered(start: Start) -> None:
    product = await start(patient(), environment={"DMI_UPDATE_CREATE": "off"})
    headers = {**KEY, "If-Match": 'W/"2"'}
    sent = patient(birthDate="1999")
    assert (await product.http.put(P1, json=sent, headers=headers)).status_code == 412
    await product.http.put(P1, json=patient(birthDate="1998"))
    assert (await product.http.put(P1, json=sent, headers=headers)).status_code == 200


async def test_a_delete_without_a_body_is_told_again(start: Start) -> None:
    product = await start(patient())
    headers = {**KEY, "Prefer": "return=minimal"}
    first, again = [await product.http.delete(P1, headers=headers) for _ in range(2)]
    assert (first.status_code, again.status_code) == (204, 204)
    assert again.headers["idempotency-replayed"] == "true"


async def test_a_transaction_that_is_sent_again_is_not_done_again(start: Start) -> None:
    product = await start()
    entry = {"resource": patient(), "request": {"method": "POST", "url": "Patient"}}
    sent = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
    first, again = [await product.http.post("/fhir", json=sent, headers=KEY) for _ in range(2)]
    assert body(first) == body(again)
    assert body(await product.http.get("/fhir/Patient"))["total"] == 1


async def test_the_key_of_another_client_is_another_key(start: Start) -> None:
    product = await start()
    for name in ("a", "b"):
        await product.http.post("/fhir/Patient", json=patient(), headers={**KEY, "X-Intake-System": name})
    assert body(await product.http.get("/fhir/Patient"))["total"] == 2


async def test_a_key_that_is_none_is_400_and_reads_need_none(start: Start) -> None:
    product = await start(patient())
    bad = {"Idempotency-Key": "x" * 256}
    assert issues(await product.http.post("/fhir/Patient", json=patient(), headers=bad), 400)
    assert (await product.http.get(P1, headers=bad)).status_code == 200
