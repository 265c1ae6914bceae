"""Subscriptions as programs use them, npm's graphql-ws and Python's gql among them: sockets at the real server."""

from __future__ import annotations

import asyncio
import re
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from gql import Client, gql
from gql.transport.websockets import WebsocketsTransport
from websockets.exceptions import InvalidStatus

from tests.builders import device, patient, procedure
from tests.contract.operations import operation
from tests.end_to_end.node import found_by, needs
from tests.end_to_end.processes import ROOT, serving
from tests.sockets import socket

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from tests.end_to_end.processes import Server

CREATE = "mutation ($resource: FHIR!) { ProcedureCreate(resource: $resource) { resource { id } } }"
UPDATE = "mutation ($id: ID!, $resource: FHIR!) { ProcedureUpdate(id: $id, resource: $resource) { location } }"
DELETE = "mutation ($id: ID!) { ProcedureDelete(id: $id) { information { issue { code } } } }"
MADE = """mutation ($device: FHIR!, $patient: FHIR!) {
  DeviceCreate(resource: $device) { resource { id } }
  PatientCreate(resource: $patient) { resource { id } }
}"""
[SHOWN] = re.findall(r"```graphql\n(subscription.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
NUMBER, BREAKS = 12, 5
"""So many changes does a client library hear, and its socket breaks after so many."""
FIELDS = "operation id version cursor resource { status }"
CHANGED = f"subscription ($cursor: String) {{ ProcedureChanged(cursor: $cursor) {{ {FIELDS} }} }}"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("store")
    with serving(DMI_STORE=f"embedded:{folder}", DMI_EXAMPLE_DATA="off", DMI_UNIQUE_INTERVENTIONS="off") as running:
        yield running


async def done(server: Server, query: str, **variables: Any) -> dict[str, Any]:
    """The data of a request that must have no error."""
    answer = await asyncio.to_thread(server.ask, query, variables)
    assert "errors" not in answer
    data: dict[str, Any] = answer["data"]
    return data


async def created(server: Server, **changes: Any) -> str:
    """The id of a new procedure."""
    data = await done(server, CREATE, resource=procedure(**changes))
    id_: str = data["ProcedureCreate"]["resource"]["id"]
    return id_


async def test_what_is_created_changed_and_deleted_is_told(server: Server) -> None:
    async with socket(server.url) as client:
        await client.greet()
        await client.subscribe(CHANGED)
        id_ = await created(server)
        await done(server, UPDATE, id=id_, resource=procedure(status="stopped"))
        await done(server, DELETE, id=id_)
        found = await client.told(3)
    assert [(each["operation"], each["id"], each["version"], each["resource"]) for each in found] == [
        ("create", id_, "1", {"status": "completed"}),
        ("update", id_, "2", {"status": "stopped"}),
        ("delete", id_, "3", None),
    ]


@pytest.mark.parametrize("query", [operation("15-live"), SHOWN], ids=["published", "README"])
async def test_what_is_published_tells_of_a_lot(server: Server, query: str) -> None:
    async with socket(server.url) as client:
        await client.greet()
        await client.subscribe(query, {"lot": ["RPG23029001"]})
        made = await done(server, MADE, device=device(lotNumber="RPG23029001"), patient=patient())
        focal = [{"manipulated": {"reference": f"Device/{made['DeviceCreate']['resource']['id']}"}}]
        subject = {"reference": f"Patient/{made['PatientCreate']['resource']['id']}"}
        id_ = await created(server, focalDevice=focal, subject=subject)
        [found] = await client.told()
    assert found["id"] == id_
    assert found["resource"]["status"] == "completed"


async def test_only_what_meets_the_arguments_is_told(server: Server) -> None:
    lot = f'subscription {{ ProcedureChanged(lot: "live-1", status: ["stopped"]) {{ {FIELDS} }} }}'
    async with socket(server.url) as client:
        await client.greet()
        await client.subscribe(lot)
        made = await done(server, MADE, device=device(lotNumber="LIVE-1"), patient=patient())
        focal = [{"manipulated": {"reference": f"Device/{made['DeviceCreate']['resource']['id']}"}}]
        await created(server, focalDevice=focal)
        await created(server, status="stopped")
        id_ = await created(server, status="stopped", focalDevice=focal)
        await done(server, DELETE, id=id_)
        found = await client.told(2)
    assert [(each["operation"], each["id"]) for each in found] == [("create", id_), ("delete", id_)]


async def test_who_comes_with_a_cursor_goes_on_behind_it(server: Server) -> None:
    async with socket(server.url) as client:
        await client.greet()
        await client.subscribe(CHANGED)
        await created(server)
        [first] = await client.told()
    missed = [await created(server), await created(server)]
    async with socket(server.url) as client:
        await client.greet()
        await client.say(type="subscribe", id="1", payload={"query": CHANGED, "variables": {"cursor": first["cursor"]}})
        found = await client.told(2)
        next_ = await created(server)
        found += await client.told()
    assert [each["id"] for each in found] == [*missed, next_]


async def test_a_message_has_as_many_bytes_as_a_body(server: Server) -> None:
    async with socket(server.url) as client:
        await client.greet()
        await client.say(type="ping", payload={"x": "x" * 1_048_576})
        assert (await client.closed())[0] == 1009


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://other.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
async def test_no_page_of_another_site_is_let_in(server: Server, headers: dict[str, str], status: int) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with socket(server.url, additional_headers=headers):
            pass
    assert refused.value.response.status_code == status


async def test_no_name_but_the_servers_own_leads_to_it(server: Server) -> None:
    address = urlsplit(server.url)
    with pytest.raises(InvalidStatus) as refused:
        async with socket("http://other.example", host=address.hostname, port=address.port):
            pass
    assert refused.value.response.status_code == 400


async def test_the_servers_own_page_is_let_in(server: Server) -> None:
    async with socket(server.url, origin=server.url) as client:
        assert await client.greet() == {"type": "connection_ack"}
        assert client.wire.response.headers["X-Request-Id"]


@asynccontextmanager
async def creating(server: Server) -> AsyncIterator[list[str]]:
    """The ids of procedures that are created meanwhile; in the end each that was created has its answer."""
    made: list[str] = []
    enough = asyncio.Event()

    async def create() -> None:
        while not enough.is_set():
            answer = await asyncio.to_thread(server.ask, CREATE, {"resource": procedure()})
            made.append(answer["data"]["ProcedureCreate"]["resource"]["id"])
            await asyncio.sleep(0.02)

    task = asyncio.create_task(create())
    try:
        yield made
    finally:
        enough.set()
        await task


async def test_graphql_ws_goes_on_where_its_socket_broke(server: Server) -> None:
    needs("graphql-ws")
    async with creating(server) as made:
        told = await asyncio.to_thread(
            found_by, "following.mjs", server.url, str(NUMBER), str(BREAKS), NODE_OPTIONS="--experimental-websocket"
        )
    first = made.index(told[0][0])
    assert told == [[id_, "1"] for id_ in made[first : first + NUMBER]]


async def test_gql_is_told(server: Server) -> None:
    transport = WebsocketsTransport(url=f"{server.url.replace('http', 'ws')}/graphql")
    asked = gql("subscription ($s: [String]) { ProcedureChanged(status: $s) { id operation } }")
    asked.variable_values = {"s": ["completed"]}
    told = []
    async with creating(server) as made, Client(transport=transport) as session:
        async for data in session.subscribe(asked):
            told.append(data["ProcedureChanged"])
            if len(told) == NUMBER:
                break
    first = made.index(told[0]["id"])
    assert told == [{"id": id_, "operation": "create"} for id_ in made[first : first + NUMBER]]
