from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from app.web.compression import accepts_gzip
from tests.builders import organization

if TYPE_CHECKING:
    import httpx

    from tests.conftest import Product, Start

LARGE = [organization(id=f"o{number}", name="Centre hospitalier universitaire") for number in range(100)]
LIST = "{ OrganizationList(_count: 100) { id name } }"


async def answered(product: Product, query: str, accepted: str) -> httpx.Response:
    return await product.http.post("/graphql", json={"query": query}, headers={"Accept-Encoding": accepted})


@pytest.mark.parametrize(
    ("header", "accepted"),
    [
        ("gzip", True),
        ("br, GZIP;q=0.1", True),
        ("*", True),
        ("*;q=0.5, gzip;q=0", False),
        ("gzip;q=0", False),
        ("identity", False),
        ("", False),
        ("x-gzipped", False),
    ],
)
def test_gzip_is_accepted_where_the_header_weighs_it(header: str, accepted: bool) -> None:
    assert accepts_gzip(header) is accepted


@pytest.mark.parametrize(("accepted", "coding"), [("gzip, br", "gzip"), ("gzip;q=0", None), ("identity", None)])
async def test_a_large_answer_is_compressed_for_those_who_accept_it(
    start: Start, accepted: str, coding: str | None
) -> None:
    response = await answered(await start(*LARGE), LIST, accepted)
    assert response.headers.get("content-encoding") == coding
    assert response.headers["vary"] == "Accept-Encoding"
    assert len(response.json()["data"]["OrganizationList"]) == 100


async def test_a_small_answer_is_sent_as_it_is(start: Start) -> None:
    response = await answered(await start(), "{ __typename }", "gzip")
    assert "content-encoding" not in response.headers
    assert int(response.headers["content-length"]) == len(response.content)


async def test_a_large_refusal_is_compressed_too(start: Start) -> None:
    query = f"{{ {' '.join(f'unknown{number}' for number in range(20))} }}"
    response = await answered(await start(), query, "gzip")
    assert response.headers["content-encoding"] == "gzip"
    assert "errors" in json.loads(response.text)


@pytest.mark.parametrize("address", ["/fhir/metadata", "/recall.csv?manufacturer=x"])
async def test_what_else_may_be_large_is_compressed_as_well(start: Start, address: str) -> None:
    response = await (await start()).http.get(address, headers={"Accept-Encoding": "gzip"})
    assert response.headers["content-encoding"] == "gzip"
