"""What is noted of subscriptions: in the access log, and in the audit trail."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
from websockets.exceptions import ConnectionClosed

from app.errors import StoreUnavailable
from app.fhir.json import decode, encode
from app.store.repository import Write
from app.usage import access_log, audit_trail
from tests.builders import patient, procedure
from tests.eventually import eventually
from tests.issuer import AUDIENCE, NAME, jwks
from tests.sockets import socket_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Product, Start

SECRET = "Dupont-Secret"
QUERY = """subscription Ward($patient: [String]) {
  ProcedureChanged(patient: $patient) { id cursor resource { subject { resource(optional: true) { id } } } }
}"""
VALUES = {"patient": ["p1"], "unused": SECRET}


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access_log, "TICK", 0)
    monkeypatch.setattr(audit_trail, "TICK", 0)
    monkeypatch.setattr(audit_trail, "AGAIN", 0.01)
    monkeypatch.setattr(audit_trail, "LAST", 0.05)


def stored(id_: str) -> Write:
    """A procedure to store."""
    return Write("Procedure", id_, procedure(id=id_))


async def lines(path: Path, number: int) -> list[Any]:
    """So many lines of the access log."""
    await eventually(lambda: path.read_bytes().count(b"\n") >= number)
    assert SECRET not in path.read_text()
    return [decode(each) for each in path.read_bytes().splitlines()]


async def events(product: Product, number: int) -> list[dict[str, Any]]:
    """So many events of the audit trail."""
    found: list[dict[str, Any]] = []

    async def look() -> None:
        found[:] = [each.resource for each in await product.store.events("", 100)]

    while len(found) < number:
        await look()
    assert SECRET.encode() not in encode(found)
    return found


def places(event: dict[str, Any]) -> set[str]:
    """What an event names."""
    return {each["what"]["reference"] for each in event["entity"] if "reference" in each.get("what", {})}


async def test_the_end_of_a_subscription_is_a_line_with_what_was_told(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    product = await start(patient(), environment={"DMI_ACCESS_LOG": str(path)})
    async with socket_of(product.app, x_request_id="r-1", x_intake_system="bloc") as client:
        await client.greet()
        await client.subscribe(QUERY, VALUES)
        await product.store.write([stored("a"), stored("b")])
        await client.told(2)
        await client.say(type="complete", id="1")
        (told,) = await lines(path, 1)
    assert told.pop("ms") > 0
    assert told.pop("time")
    assert told.pop("trace")
    assert told == {
        "request": "r-1",
        "status": 200,
        "outcome": "success",
        "client": "127.0.0.1",
        "principal": "bloc",
        "interaction": "subscription",
        "operation": "Ward",
        "document": f"sha256:{sha256(QUERY.encode()).hexdigest()}",
        "events": 2,
        "counts": {"Procedure": 2, "Patient": 2},
        "read": {"Procedure": ["a", "b"], "Patient": ["p1"]},
    }


async def test_a_subscription_that_is_refused_is_a_line(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    product = await start(environment={"DMI_ACCESS_LOG": str(path)})
    async with socket_of(product.app) as client:
        await client.greet()
        await client.say(type="subscribe", id="1", payload={"query": "{ PatientList { id } }"})
        await client.heard()
        (told,) = await lines(path, 1)
    assert (told["interaction"], told["outcome"], told["errors"]) == ("subscription", "refused", {"invalid": 1})


async def test_a_handshake_that_is_refused_is_a_line(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    product = await start(environment={"DMI_ACCESS_LOG": str(path)})
    with pytest.raises(ConnectionClosed):
        async with socket_of(product.app, origin="https://other.example"):
            pass
    (told,) = await lines(path, 1)
    assert (told["status"], told["outcome"]) == (403, "refused")


@pytest.mark.parametrize("audit", ["on", "required"])
async def test_who_has_no_token_is_a_line_and_an_event(start: Start, tmp_path: Path, audit: str) -> None:
    path, keys = tmp_path / "access.log", tmp_path / "keys.json"
    keys.write_bytes(jwks())
    tokens = {"DMI_AUTH": "jwt", "DMI_JWT_ISSUER": NAME, "DMI_JWT_AUDIENCE": AUDIENCE, "DMI_JWT_KEYS": str(keys)}
    product = await start(environment={"DMI_ACCESS_LOG": str(path), "DMI_AUDIT": audit, **tokens})
    async with socket_of(product.app) as client:
        await client.say(type="connection_init", payload={"authorization": f"Bearer {SECRET}"})
        assert (await client.closed())[0] == 4401
        (told,) = await lines(path, 1)
        (event,) = await events(product, 1)
    assert (told["status"], told["outcome"]) == (401, "refused")
    assert event["outcome"] == "4"


@pytest.mark.parametrize("audit", ["on", "required"])
async def test_each_change_that_is_told_has_an_event_with_its_patient(start: Start, audit: str) -> None:
    product = await start(patient(), environment={"DMI_AUDIT": audit})
    async with socket_of(product.app, x_intake_system="bloc") as client:
        await client.greet()
        await client.subscribe(QUERY, VALUES, id="1")
        await client.subscribe(QUERY, VALUES, id="2")
        await product.store.write([stored("a")])
        await client.told(2)
        (event,) = await events(product, 1)
    assert places(event) == {"Procedure/a", "Patient/p1"}
    assert event["agent"][0]["who"] == {"identifier": {"value": "bloc"}}
    assert {each["code"] for each in event["subtype"]} == {"operation", "subscription"}


async def test_what_was_not_told_has_no_event(start: Start) -> None:
    product = await start(patient(), environment={"DMI_AUDIT": "required"})
    async with socket_of(product.app) as client:
        await client.greet()
        await client.subscribe(QUERY, VALUES)
        other = procedure(id="o", subject={"reference": "Patient/p2"})
        await product.store.write([Write("Procedure", "o", other), stored("a")])
        await client.told()
        (event,) = await events(product, 1)
    assert "Procedure/o" not in places(event)


async def test_nothing_is_told_that_the_trail_cannot_keep(start: Start) -> None:
    def breaking(store: Any) -> Any:
        async def away(*_: Any) -> None:
            raise StoreUnavailable("away", "absent")

        store.keep_events = away
        return store

    product = await start(patient(), environment={"DMI_AUDIT": "required"}, wrap=breaking)
    async with socket_of(product.app) as client:
        await client.greet()
        await client.subscribe(QUERY, VALUES)
        await product.store.write([stored("a")])
        message = await client.heard()
    assert message["type"] == "error"
    assert [each["extensions"]["code"] for each in message["payload"]] == ["transient"]
