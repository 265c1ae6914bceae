from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.builders import patient

if TYPE_CHECKING:
    from tests.conftest import Start

ASKED = [
    ("POST", "/graphql"),
    ("GET", "/graphql?query={__typename}"),
    ("PUT", "/graphql"),
    ("GET", "/fhir/$graphql?query={__typename}"),
    ("GET", "/fhir/Patient/p1/$graphql?query={id}"),
    ("GET", "/fhir/Patient/none/$graphql?query={id}"),
    ("GET", "/fhir/Patient/p1"),
    ("GET", "/fhir/Patient/none"),
    ("GET", "/fhir/Patient"),
    ("GET", "/fhir/Patient/p1/_history"),
    ("DELETE", "/fhir/Patient/p1"),
    ("GET", "/recall.csv"),
    ("GET", "/recall.csv?lot=x"),
    ("GET", "/health"),
    ("GET", "/ready"),
    ("GET", "/"),
    ("GET", "/nowhere"),
    ("GET", "/fhir/nowhere/at/all"),
]


@pytest.mark.parametrize(("method", "address"), ASKED)
async def test_every_answer_says_what_must_not_be_done_with_it(start: Start, method: str, address: str) -> None:
    response = await (await start(patient())).http.request(method, address)
    assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
    assert response.headers["cross-origin-resource-policy"] == "same-origin"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cache-control"] == ("no-cache" if address == "/" else "no-store")


async def test_a_refused_host_gets_the_fields_too(start: Start) -> None:
    response = await (await start()).http.get("/health", headers={"Host": "elsewhere.example"})
    assert response.status_code == 400
    assert response.headers["x-content-type-options"] == "nosniff"


async def test_an_answer_keeps_the_fields_of_its_own(start: Start) -> None:
    response = await (await start()).http.get("/fhir/metadata")
    assert response.headers.get_list("cache-control") == ["no-cache"]
    assert response.headers.get_list("content-security-policy") == ["default-src 'none'; frame-ancestors 'none'"]
