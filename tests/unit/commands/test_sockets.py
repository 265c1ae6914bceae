"""Clients that abuse web sockets, over real ones."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn
from websockets.server import ServerProtocol

from app.commands import sockets
from app.commands.connections import Connection
from app.commands.sending import Outgoing
from app.commands.sockets import Socket
from tests.eventually import eventually
from tests.freed import freed, without_search

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ASKED = b"Host: dmi\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
KEYED = ASKED + b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
HANDSHAKE = b"GET / HTTP/1.1\r\n" + KEYED + b"\r\n"
CLOSE = 0x88
PING = bytes((0x89, 0x80, 0, 0, 0, 0))
LARGE_PING = bytes((0x89, 0x80 | 125, 0, 0, 0, 0)) + b"x" * 125
PONG = bytes((0x8A, 0x80, 0, 0, 0, 0))
BEGUN = bytes((0x01, 0x80, 0, 0, 0, 0))
PIECE = bytes((0x00, 0x80, 0, 0, 0, 0))


async def app(scope: Any, receive: Any, send: Any) -> None:
    assert scope["type"] == "websocket"
    await send({"type": "websocket.accept"})
    while (await receive())["type"] != "websocket.disconnect":
        pass


@pytest.fixture
async def server() -> AsyncIterator[uvicorn.Server]:
    made: Any = partial(Socket, seconds=10)
    http: Any = partial(Connection, seconds=10, max_head=65_536, outgoing=Outgoing())
    server = uvicorn.Server(uvicorn.Config(app, port=0, http=http, ws=made, lifespan="off", log_level="critical"))
    serving = asyncio.create_task(server._serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    yield server
    server.should_exit = server.force_exit = True
    await serving


async def opened(server: uvicorn.Server, said: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection to the server on which something was said."""
    port = server.servers[0].sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1_024)
    writer.write(said)
    return reader, writer


@pytest.mark.parametrize(
    "said",
    [
        b"POST / HTTP/1.1\r\n" + KEYED + b"Content-Length: 2\r\n\r\n{}",
        b"GET / HTTP/1.1\r\n" + KEYED + b"Content-Length: 2\r\n\r\n{}",
        b"GET / HTTP/1.1\r\n" + KEYED + b"X: " + b"x" * 10_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + KEYED + b"X: x\r\n" * 200 + b"\r\n",
    ],
    ids=["POST", "body", "long field", "many fields"],
)
async def test_what_is_no_handshake_is_refused_and_the_connection_closed(server: uvicorn.Server, said: bytes) -> None:
    reader, writer = await opened(server, said)
    async with asyncio.timeout(10):
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert "web socket" in json.loads(body)["issue"][0]["details"]["text"]
    writer.close()


@pytest.mark.parametrize(
    ("begun", "frame"), [(b"", PING), (b"", PONG), (BEGUN, PIECE)], ids=["pings", "pongs", "pieces of a message"]
)
async def test_who_sends_too_many_frames_is_closed(server: uvicorn.Server, begun: bytes, frame: bytes) -> None:
    reader, writer = await opened(server, HANDSHAKE)
    async with asyncio.timeout(10):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(begun + frame * (sockets.FRAMES + 1))
        answer = await reader.read()
    closing = answer[answer.index(CLOSE) :]
    assert int.from_bytes(closing[2:4], "big") == 1008
    writer.close()


async def test_pings_of_who_does_not_read_take_no_memory(
    server: uvicorn.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "FRAMES", 1_000_000)
    reader, writer = await opened(server, HANDSHAKE)
    await reader.readuntil(b"\r\n\r\n")
    [connection] = server.server_state.connections
    most = 0
    for _ in range(200):
        writer.write(LARGE_PING * 700)
        await writer.drain()
        most = max(most, connection.transport.get_write_buffer_size())
    assert most < 1_000_000
    writer.close()


async def test_a_socket_that_is_closed_leaves_nothing_for_which_memory_is_searched(server: uvicorn.Server) -> None:
    with without_search():
        reader, writer = await opened(server, HANDSHAKE)
        await reader.readuntil(b"\r\n\r\n")
        writer.close()
        await eventually(lambda: not server.server_state.connections)
        await eventually(lambda: freed(Connection, Socket, ServerProtocol))
