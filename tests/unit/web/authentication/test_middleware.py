"""Who gets in where a token is needed, and what the others are told."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from app.errors import SettingsError
from app.main import create_app
from app.search.algebra import And
from app.settings import read_settings
from tests.builders import patient
from tests.issuer import AUDIENCE, NAME, after, issuing, jwk, jwks, token

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.conftest import Product, Start
    from tests.issuer import Published

QUERY = {"query": '{ Patient(id: "p1") { birthDate } }'}
CREATE = "mutation($r: FHIR!) { PatientCreate(resource: $r) { resource { history { edges { author } } } } }"


@pytest.fixture
def issuer() -> Iterator[Published]:
    with issuing() as published:
        yield published


def environment(issuer: Published, **more: str) -> Mapping[str, str]:
    given = {"DMI_AUTH": "jwt", "DMI_JWT_ISSUER": NAME, "DMI_JWT_AUDIENCE": AUDIENCE, "DMI_JWT_KEYS": issuer.address}
    return {**given, **more}


def bearing(sent: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {sent}"}


async def asked(product: Product, sent: str) -> int:
    response = await product.http.post("/graphql", json=QUERY, headers=bearing(sent))
    return response.status_code


async def test_a_token_opens_the_door(start: Start, issuer: Published) -> None:
    product = await start(patient(), environment=environment(issuer))
    response = await product.http.post("/graphql", json=QUERY, headers=bearing(token()))
    assert (response.status_code, response.json()) == (200, {"data": {"Patient": {"birthDate": "1980-07-01"}}})


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/graphql"),
        ("GET", "/graphql?query={PatientList{id}}"),
        ("GET", "/fhir/$graphql?query={PatientList{id}}"),
        ("POST", "/fhir/Patient/p1/$graphql"),
    ],
)
async def test_without_a_token_graphql_says_login(start: Start, issuer: Published, method: str, path: str) -> None:
    product = await start(patient(), environment=environment(issuer))
    response = await product.http.request(method, path)
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == 'Bearer realm="dmi-graph"'
    (error,) = response.json()["errors"]
    assert error["extensions"]["code"] == "login"
    assert error["extensions"]["resource"]["issue"][0]["code"] == "login"
    assert "data" not in response.json()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/fhir/Patient/p1"),
        ("GET", "/fhir/Patient"),
        ("POST", "/fhir/Patient/_search"),
        ("GET", "/fhir/Patient/p1/_history"),
        ("DELETE", "/fhir/Patient/p1"),
        ("POST", "/fhir"),
        ("GET", "/recall.csv?lot=LOT-1"),
        ("GET", "/nothing/here"),
        ("GET", "/health/../fhir/Patient/p1"),
    ],
)
async def test_without_a_token_fhir_says_login(start: Start, issuer: Published, method: str, path: str) -> None:
    product = await start(patient(), environment=environment(issuer))
    response = await product.http.request(method, path)
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == 'Bearer realm="dmi-graph"'
    assert response.headers["content-type"] == "application/fhir+json"
    assert [each["code"] for each in response.json()["issue"]] == ["login"]


@pytest.mark.parametrize("path", ["/", "/page.json", "/health", "/ready", "/fhir/metadata"])
async def test_what_holds_no_data_needs_no_token(start: Start, issuer: Published, path: str) -> None:
    product = await start(environment=environment(issuer))
    assert (await product.http.get(path)).status_code == 200


async def test_a_browser_gets_the_page_and_no_data_by_it(start: Start, issuer: Published) -> None:
    product = await start(patient(), environment=environment(issuer))
    html = {"Accept": "text/html"}
    assert (await product.http.get("/graphql", headers=html)).headers["content-type"].startswith("text/html")
    asking = await product.http.get("/graphql?query={PatientList{id}}", headers=html)
    assert asking.status_code == 401
    posting = await product.http.post("/graphql", json=QUERY, headers=html)
    assert posting.status_code == 401


@pytest.mark.parametrize(
    "given",
    ["Bearer", "Bearer ", "Basic bWFyaWU6eA==", "Bearer a b", "Bearer x, Bearer y", "bearer\t{}", "{}", "Bearer {} "],
)
async def test_what_is_no_bearer_token_is_refused(start: Start, issuer: Published, given: str) -> None:
    product = await start(patient(), environment=environment(issuer))
    response = await product.http.post("/graphql", json=QUERY, headers={"Authorization": given.format(token(sub=7))})
    assert response.status_code == 401
    assert 'error="invalid_token"' in response.headers["www-authenticate"]


async def test_two_tokens_are_none(start: Start, issuer: Published) -> None:
    product = await start(patient(), environment=environment(issuer))
    headers = [("Authorization", f"Bearer {token()}"), ("Authorization", f"Bearer {token()}")]
    assert (await product.http.post("/graphql", json=QUERY, headers=headers)).status_code == 401


async def test_a_token_in_the_address_is_not_looked_at(start: Start, issuer: Published) -> None:
    product = await start(patient(), environment=environment(issuer))
    assert (await product.http.get(f"/fhir/Patient/p1?access_token={token()}")).status_code == 401


async def test_a_refusal_says_why_and_repeats_nothing(start: Start, issuer: Published) -> None:
    product = await start(environment=environment(issuer))
    sent = token(exp=after(-100), sub="dupont-secret")
    headers = {**bearing(sent), "Accept-Language": "fr"}
    response = await product.http.get("/fhir/Patient/p1", headers=headers)
    assert response.headers["www-authenticate"].endswith('error="invalid_token", error_description="it has expired"')
    assert response.json()["issue"][0]["details"]["text"].startswith("Le jeton d’accès n’est pas accepté")
    assert "dupont" not in response.text + str(response.headers)
    assert sent[-20:] not in response.text + str(response.headers)


async def test_the_subject_is_the_author_and_no_header_changes_that(start: Start, issuer: Published) -> None:
    product = await start(environment=environment(issuer))
    body = {"query": CREATE, "variables": {"r": patient()}}
    headers = {**bearing(token()), "X-Intake-System": "somebody-else"}
    response = await product.http.post("/graphql", json=body, headers=headers)
    edges = response.json()["data"]["PatientCreate"]["resource"]["history"]["edges"]
    assert edges == [{"author": "marie (bloc-3)"}]


async def test_a_repeat_of_another_one_is_another_request(start: Start, issuer: Published) -> None:
    product = await start(environment=environment(issuer))
    body = {"query": CREATE, "variables": {"r": patient()}}

    async def sent(subject: str, **headers: str) -> str | None:
        given = {**bearing(token(sub=subject)), "Idempotency-Key": "k", **headers}
        response = await product.http.post("/graphql", json=body, headers=given)
        replayed: str | None = response.headers.get("idempotency-replayed")
        return replayed

    assert [await sent("marie"), await sent("marie"), await sent("paul")] == [None, "true", None]
    assert await product.store.count("Patient", And()) == 2


async def test_an_issuer_that_is_away_is_told_with_503(start: Start, issuer: Published) -> None:
    issuer.status = 500
    product = await start(environment=environment(issuer))
    response = await product.http.get("/fhir/Patient/p1", headers=bearing(token()))
    assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    assert response.json()["issue"][0]["code"] == "transient"


async def test_a_storm_of_invented_keys_asks_the_issuer_once(start: Start, issuer: Published) -> None:
    product = await start(environment=environment(issuer))
    statuses = await asyncio.gather(*(asked(product, token(kid=f"k{n}-invented")) for n in range(60)))
    assert set(statuses) == {401}
    assert issuer.asked <= 2
    assert await asked(product, token()) == 200


async def test_a_new_key_of_the_issuer_is_found(
    start: Start, issuer: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    product = await start(environment=environment(issuer))
    assert await asked(product, token()) == 200
    monkeypatch.setattr("app.web.authentication.keys.PAUSE", 0.0)
    issuer.body = jwks(jwk("EdDSA", kid="new"))
    assert await asked(product, token("EdDSA", kid="new")) == 200


async def test_a_web_socket_with_a_token_that_is_not_accepted_is_closed_ahead_of_its_handshake(
    issuer: Published,
) -> None:
    app = create_app(read_settings({"DMI_STORE": "memory:", **environment(issuer)}))
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    headers = [(b"host", b"localhost"), (b"authorization", b"Bearer x")]
    await app({"type": "websocket", "path": "/graphql", "headers": headers, "query_string": b""}, receive, send)
    assert sent == [{"type": "websocket.close", "code": 1008}]


def test_a_file_of_keys_is_looked_at_when_the_server_starts(tmp_path: Path, issuer: Published) -> None:
    file = tmp_path / "keys.json"
    given = {"DMI_STORE": "memory:", **environment(issuer), "DMI_JWT_KEYS": str(file)}
    with pytest.raises(SettingsError, match="DMI_JWT_KEYS"):
        create_app(read_settings(given))
    file.write_text('{"keys": []}')
    with pytest.raises(SettingsError, match="DMI_JWT_KEYS"):
        create_app(read_settings(given))
    file.write_bytes(jwks())
    create_app(read_settings(given))


async def test_an_open_server_asks_for_no_token_and_believes_none(start: Start) -> None:
    product = await start(patient())
    for headers in ({}, bearing("x"), bearing(token(sub="root"))):
        assert (await product.http.get("/fhir/Patient/p1", headers=headers)).status_code == 200
