"""Subscriptions: the same rights as through every other door, for each change that is told."""

from __future__ import annotations

import json
from time import time
from typing import TYPE_CHECKING, Any

import pytest

from app.fhir.served import SERVED
from app.store.repository import Write
from app.web.live import connection
from tests.authorization.holders import BY_NAME, HOLDERS, REFUSED, Holder
from tests.authorization.world import SECRET, documents
from tests.issuer import after, token
from tests.sockets import socket_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.authorization.conftest import Guarded
    from tests.builders import Document
    from tests.sockets import Socket

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATIENT, ONE_TYPE = BY_NAME["patient"], BY_NAME["of one type"]
CHANGED = "subscription ($cursor: String) { ProcedureChanged(cursor: $cursor) { operation id version cursor } }"
STORED = {(each["resourceType"], each["id"]): each for each in documents()}


async def written(guarded: Guarded, *resources: Document) -> None:
    """Store further versions."""
    await guarded.store.write([Write(each["resourceType"], each["id"], each) for each in resources])


async def other(guarded: Guarded, type_name: str, id_: str) -> Document:
    """The resource of the world, different from what is stored now."""
    heads = await guarded.store.heads(type_name, [id_])
    return {**STORED[type_name, id_], "language": f"x-{heads[id_].version}"}


def authorization(holder: Holder) -> dict[str, str]:
    """What a holder says first."""
    return {"authorization": holder.headers["Authorization"]}


async def codes(client: Socket) -> set[str]:
    """The codes of the errors that end a subscription."""
    message = await client.heard()
    assert message["type"] == "error", message
    return {each["extensions"]["code"] for each in message["payload"]}


@pytest.mark.parametrize("holder", HOLDERS, ids=lambda holder: holder.name)
async def test_each_token_is_told_of_what_it_may_read_and_search(guarded: Guarded, holder: Holder) -> None:
    expected = {name for name in SERVED if holder.may("r", name) and holder.may("s", name)}
    refused: dict[str, Any] = {}
    told: dict[str, list[str]] = {name: [] for name in expected}
    async with socket_of(guarded.app) as client:
        await client.greet(**authorization(holder))
        for name in SERVED:
            query = f"subscription {{ {name}Changed {{ id resource {{ implicitRules }} }} }}"
            await client.say(type="subscribe", id=name, payload={"query": query})
        await client.say(type="ping")
        while (message := await client.heard())["type"] != "pong":
            assert message["type"] == "error"
            refused[message["id"]] = {each["extensions"]["code"] for each in message["payload"]}
        # What is about patient a comes last: whoever is told of that would have been told of all else.
        for id_ in ("b", "a"):
            await written(guarded, *[await other(guarded, name, id_) for name in SERVED])
        while any("a" not in ids for ids in told.values()):
            message = await client.heard()
            [change] = message["payload"]["data"].values()
            told[message["id"]].append(change["id"])
            assert holder.sees(message["id"], change["id"]), message
    assert refused == {name: {"forbidden"} for name in SERVED if name not in expected}
    assert told == {name: [id_ for id_ in ("b", "a") if holder.sees(name, id_)] for name in expected}


async def test_what_a_change_refers_to_is_held_to_the_rights_too(guarded: Guarded) -> None:
    query = (
        'subscription { ProcedureChanged { id resource { raw encounter { resource(type: "Encounter") { '
        "implicitRules } } } } }"
    )
    async with socket_of(guarded.app) as client:
        await client.greet(**authorization(PATIENT))
        await client.subscribe(query)
        await written(guarded, await other(guarded, "Procedure", "ab"))
        message = await client.heard()
    assert message["payload"]["data"]["ProcedureChanged"]["id"] == "ab"
    assert {each["extensions"]["code"] for each in message["payload"]["errors"]} == {"forbidden"}
    assert SECRET not in json.dumps(message)


@pytest.mark.parametrize("argument", ['lot: "LOT-1"', 'lot: "none"'])
async def test_a_filter_over_a_forbidden_type_is_refused(guarded: Guarded, argument: str) -> None:
    query = f"subscription {{ ProcedureChanged({argument}) {{ id }} }}"
    async with socket_of(guarded.app) as client:
        await client.greet(**authorization(ONE_TYPE))
        await client.say(type="subscribe", id="1", payload={"query": query})
        assert await codes(client) == {"forbidden"}


async def test_a_filter_matches_no_device_that_may_not_be_seen(guarded: Guarded) -> None:
    query = 'subscription { ProcedureChanged(lot: "LOT-1") { id } }'
    async with socket_of(guarded.app) as client:
        await client.greet(**authorization(PATIENT))
        await client.subscribe(query)
        for id_ in ("ab", "a"):
            focal = [{"manipulated": {"reference": f"Device/{id_[-1]}"}}]
            await written(
                guarded, {**await other(guarded, "Procedure", id_), "focalDevice": focal, "usedReference": []}
            )
        assert await client.told() == [{"id": "a"}]


async def test_who_resumes_is_not_told_of_what_is_somebody_elses_by_now(guarded: Guarded) -> None:
    async with socket_of(guarded.app) as client:
        await client.greet(**authorization(PATIENT))
        await client.subscribe(CHANGED)
        await written(guarded, await other(guarded, "Procedure", "a"))
        [first] = await client.told()
    moved = {**STORED["Procedure", "a"], "subject": {"reference": "Patient/b"}}
    try:
        await written(guarded, {**STORED["Procedure", "a"], "language": "fr"}, moved)
        await written(guarded, await other(guarded, "Procedure", "ab"))
        async with socket_of(guarded.app) as client:
            await client.greet(**authorization(PATIENT))
            payload = {"query": CHANGED, "variables": {"cursor": first["cursor"]}}
            await client.say(type="subscribe", id="1", payload=payload)
            assert [each["id"] for each in await client.told()] == ["ab"]
    finally:
        await written(guarded, STORED["Procedure", "a"])


async def test_a_deletion_is_told_to_those_who_saw_what_is_deleted(guarded: Guarded) -> None:
    async with socket_of(guarded.app) as client:
        await client.greet(**authorization(PATIENT))
        await client.subscribe(CHANGED)
        try:
            await guarded.store.write([Write("Procedure", id_, None) for id_ in ("b", "ba", "a")])
            [told] = await client.told()
        finally:
            await written(guarded, *(STORED["Procedure", id_] for id_ in ("b", "ba", "a")))
    assert (told["operation"], told["id"]) == ("delete", "a")


async def test_a_device_that_names_nobody_is_told_of_as_long_as_a_procedure_leads_to_it(guarded: Guarded) -> None:
    free = {"resourceType": "Device", "id": "free"}
    using = {**STORED["Procedure", "a"], "focalDevice": [{"manipulated": {"reference": "Device/free"}}]}
    await written(guarded, free, using)
    async with socket_of(guarded.app) as client:
        await client.greet(**authorization(PATIENT))
        await client.subscribe("subscription { DeviceChanged { operation id } }")
        try:
            await written(guarded, {**free, "lotNumber": "1"})
            found = await client.told()
            await guarded.store.write([Write("Device", "free", None)])
        finally:
            await written(guarded, STORED["Procedure", "a"])
        await written(guarded, await other(guarded, "Device", "a"))
        found += await client.told()
    assert [(each["operation"], each["id"]) for each in found] == [("update", "free"), ("update", "a")]


@pytest.mark.parametrize("bad", REFUSED.values(), ids=REFUSED.keys())
async def test_who_sends_no_good_token_is_let_in_by_no_door(guarded: Guarded, bad: Callable[[], str]) -> None:
    async with socket_of(guarded.app) as client:
        said = bad()
        await client.say(type="connection_init", payload={"authorization": f"Bearer {said}"} if said else {})
        code, _ = await client.closed()
    assert code == 4401


async def test_a_token_in_the_handshake_does_too(guarded: Guarded) -> None:
    async with socket_of(guarded.app, authorization=PATIENT.headers["Authorization"]) as client:
        assert await client.greet() == {"type": "connection_ack"}


async def test_a_token_ends_by_the_clock_which_may_be_set(guarded: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "LOOK", 0.01)
    async with socket_of(guarded.app) as client:
        await client.greet(**authorization(PATIENT))
        await client.say(type="ping")
        assert await client.heard() == {"type": "pong"}
        monkeypatch.setattr(connection, "time", lambda: time() + 7_200)
        assert (await client.closed())[0] == 4403


async def test_the_end_of_its_token_closes_the_socket(guarded: Guarded) -> None:
    soon = token(exp=after(-59))  # beside DMI_JWT_SKEW
    async with socket_of(guarded.app) as client:
        await client.greet(authorization=f"Bearer {soon}")
        code, reason = await client.closed()
    assert code == 4403
    assert "new one" in reason
