"""The header X-Intake-System: who a client says it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.builders import patient

if TYPE_CHECKING:
    from tests.conftest import Start

CREATE = "mutation($r: FHIR!) { PatientCreate(resource: $r) { resource { history { edges { author } } } } }"


@pytest.mark.parametrize(
    ("name", "author"), [("bloc-3", "bloc-3"), ("  Intake 2.0 (theatre) ", "Intake 2.0 (theatre)"), ("", None)]
)
async def test_the_name_is_the_author_of_what_is_written(start: Start, name: str, author: str | None) -> None:
    body = {"query": CREATE, "variables": {"r": patient()}}
    response = await (await start()).http.post("/graphql", json=body, headers={"X-Intake-System": name})
    assert response.json()["data"]["PatientCreate"]["resource"]["history"]["edges"] == [{"author": author}]


@pytest.mark.parametrize("name", [b"x" * 65, "opéra".encode(), b"a\tb", b"a\x7fb"])
async def test_a_name_that_is_too_long_or_not_printable_is_refused(start: Start, name: bytes) -> None:
    product = await start()
    body = {"query": CREATE, "variables": {"r": patient()}}
    response = await product.http.post("/graphql", json=body, headers={b"X-Intake-System": name})
    assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (400, "invalid")
    assert await product.data("{ PatientList { id } }") == {"PatientList": []}


async def test_a_refusal_does_not_repeat_the_name(start: Start) -> None:
    body = {"query": CREATE, "variables": {"r": patient()}}
    response = await (await start()).http.post("/graphql", json=body, headers={"X-Intake-System": "secret" * 20})
    assert "secret" not in response.text
