"""Who came without leave is told too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.builders import patient
from tests.issuer import AUDIENCE, NAME, issuing, token

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Product, Start
    from tests.issuer import Published


@pytest.fixture
def issuer() -> Iterator[Published]:
    with issuing() as published:
        yield published


async def guarded(start: Start, issuer: Published, **more: str) -> Product:
    given = {"DMI_AUTH": "jwt", "DMI_JWT_ISSUER": NAME, "DMI_JWT_AUDIENCE": AUDIENCE, "DMI_JWT_KEYS": issuer.address}
    return await start(patient(), environment={**given, **more})


async def test_a_request_without_a_token_has_an_event(start: Start, issuer: Published) -> None:
    product = await guarded(start, issuer, DMI_AUDIT="required")
    assert (await product.http.get("/fhir/Patient/p1")).status_code == 401
    (event,) = [each.resource for each in await product.store.events("", 10)]
    assert (event["outcome"], event["outcomeDesc"]) == ("4", "login")


async def test_the_subject_of_a_token_is_the_one_who_asked(start: Start, issuer: Published) -> None:
    product = await guarded(start, issuer, DMI_AUDIT="required")
    sent = token(sub="dr-7", scope="system/*.cruds")
    assert (await product.http.get("/fhir/Patient/p1", headers={"Authorization": f"Bearer {sent}"})).status_code == 200
    (event,) = [each.resource for each in await product.store.events("", 10)]
    agent: dict[str, Any] = event["agent"][0]
    assert agent["who"]["identifier"]["value"].startswith("dr-7")


async def test_figures_need_a_token(start: Start, issuer: Published) -> None:
    product = await guarded(start, issuer, DMI_METRICS="on")
    assert (await product.http.get("/metrics")).status_code == 401
    sent = {"Authorization": f"Bearer {token()}"}
    assert (await product.http.get("/metrics", headers=sent)).status_code == 200


async def test_an_explanation_needs_its_scope(start: Start, issuer: Published) -> None:
    product = await guarded(start, issuer)
    asked = {"query": '{ Patient(id: "p1") { id } }', "extensions": {"explain": True}}
    for scope, status in (("system/*.cruds", 403), ("system/*.cruds dmi-graph/explain", 200)):
        sent = {"Authorization": f"Bearer {token(scope=scope)}"}
        assert (await product.http.post("/graphql", json=asked, headers=sent)).status_code == status


async def test_what_was_withheld_is_not_told_as_given(start: Start, issuer: Published) -> None:
    product = await guarded(start, issuer, DMI_AUDIT="required")
    sent = {"Authorization": f"Bearer {token(scope='system/Organization.rs')}"}
    await product.http.post("/graphql", json={"query": '{ Patient(id: "p1") { birthDate } }'}, headers=sent)
    await product.http.get("/fhir/Patient/p1", headers=sent)
    events = [each.resource for each in await product.store.events("", 10)]
    assert [each["outcome"] for each in events] == ["4", "4"]
    assert "Patient/p1" not in {
        entity["what"].get("reference", "") for event in events for entity in event["entity"] if "what" in entity
    }
