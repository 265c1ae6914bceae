"""Clients that take their time, over real sockets."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn

from app.commands.connections import Connection

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

LARGE = b"x" * 30_000_000
GET = b"GET / HTTP/1.1\r\nHost: dmi\r\n\r\n"
PATIENT = 0.2


async def app(scope: Any, _receive: Any, send: Any) -> None:
    body = LARGE if scope["path"] == "/large" else b"small"
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    monkeypatch.setattr("app.commands.connections.TICK", 0.02)
    made: Any = partial(Connection, seconds=PATIENT)
    server = uvicorn.Server(uvicorn.Config(app, port=0, http=made, ws="none", lifespan="off", log_level="critical"))
    serving = asyncio.create_task(server._serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = server.force_exit = True
    await serving


async def closed(reader: asyncio.StreamReader) -> bool:
    """Whether the server closes the connection, soon."""
    try:
        async with asyncio.timeout(10):
            while await reader.read(65_536):
                pass
    except ConnectionResetError:
        pass
    return True


async def test_who_says_nothing_is_left(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    assert await closed(reader)
    writer.close()


@pytest.mark.parametrize("before", [b"", GET], ids=["first request", "second request"])
async def test_who_sends_a_head_byte_by_byte_is_left(port: int, before: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(before)
    if before:
        assert b"small" in await reader.readuntil(b"small")
    waiting = asyncio.create_task(closed(reader))
    writer.write(b"GET / HTTP/1.1\r\nX: ")
    while not waiting.done():
        writer.write(b"x")
        await asyncio.sleep(0.02)
    assert await waiting
    writer.close()


async def test_who_does_not_read_the_answer_is_left(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1_024)
    writer.write(GET.replace(b"/ ", b"/large "))
    await asyncio.sleep(PATIENT * 4)
    received = 0
    try:
        while piece := await reader.read(1_000_000):
            received += len(piece)
    except ConnectionResetError:
        pass
    assert received < len(LARGE)
    writer.close()


@pytest.mark.parametrize("connection", [b"close", b"keep-alive"])
async def test_who_reads_slowly_gets_all_of_the_answer(port: int, connection: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1_024)
    writer.write(GET.replace(b"/ ", b"/large ").replace(b"\r\n\r\n", b"\r\nConnection: " + connection + b"\r\n\r\n"))
    head = await reader.readuntil(b"\r\n\r\n")
    received = 0
    while received < len(LARGE):
        piece = await reader.read(1_000_000)
        assert piece
        received += len(piece)
        await asyncio.sleep(0.5 * PATIENT / 100)
    assert b"200 OK" in head
    assert received == len(LARGE)
    writer.close()


async def test_who_asks_again_within_the_time_is_answered(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(4):
        writer.write(GET)
        assert b"small" in await reader.readuntil(b"small")
        await asyncio.sleep(PATIENT / 2)
    writer.close()
