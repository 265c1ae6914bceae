"""Subscriptions through the client libraries that people use: npm's graphql-ws and Python's gql."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from gql import Client, gql
from gql.transport.websockets import WebsocketsTransport

from tests.builders import procedure
from tests.end_to_end.node import found_by, needs
from tests.end_to_end.processes import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.end_to_end.processes import Server

NUMBER, BREAKS = 12, 5
CREATE = "mutation ($resource: FHIR!) { ProcedureCreate(resource: $resource) { resource { id } } }"
CHANGED = "subscription ($status: [String]) { ProcedureChanged(status: $status) { id operation } }"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("store")
    with serving(DMI_STORE=f"embedded:{folder}", DMI_EXAMPLE_DATA="off", DMI_UNIQUE_INTERVENTIONS="off") as running:
        yield running


async def creating(server: Server, made: list[str]) -> None:
    """Create procedures until somebody has heard enough of them."""
    while True:
        answer = await asyncio.to_thread(server.ask, CREATE, {"resource": procedure()})
        made.append(answer["data"]["ProcedureCreate"]["resource"]["id"])
        await asyncio.sleep(0.02)


async def test_graphql_ws_goes_on_where_its_socket_broke(server: Server) -> None:
    needs("graphql-ws")
    made: list[str] = []
    writing = asyncio.create_task(creating(server, made))
    try:
        told = await asyncio.to_thread(
            found_by, "following.mjs", server.url, str(NUMBER), str(BREAKS), NODE_OPTIONS="--experimental-websocket"
        )
    finally:
        writing.cancel()
    first = made.index(told[0][0])
    assert told == [[id_, "1"] for id_ in made[first : first + NUMBER]]


async def test_gql_is_told(server: Server) -> None:
    made: list[str] = []
    writing = asyncio.create_task(creating(server, made))
    transport = WebsocketsTransport(url=f"{server.url.replace('http', 'ws')}/graphql")
    told = []
    try:
        async with Client(transport=transport) as session:
            asked = gql(CHANGED)
            asked.variable_values = {"status": ["completed"]}
            async for data in session.subscribe(asked):
                told.append(data["ProcedureChanged"])
                if len(told) == NUMBER:
                    break
    finally:
        writing.cancel()
    first = made.index(told[0]["id"])
    assert told == [{"id": id_, "operation": "create"} for id_ in made[first : first + NUMBER]]
