"""Clients that take their time, over real sockets."""

from __future__ import annotations

import asyncio
import re
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn

from app.commands.connections import Connection
from app.commands.sending import FEW, SMALL, Outgoing
from app.commands.sockets import Socket
from tests.eventually import eventually
from tests.freed import freed, without_search

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

LARGE = b"x" * 30_000_000
MIDDLE = b"m" * (SMALL + 1)
BODIES = {"/large": LARGE, "/middle": MIDDLE}
HELD: dict[str, Callable[[], Awaitable[None]]] = {}
"""What is done ahead of an answer."""
GET = b"GET / HTTP/1.1\r\nHost: dmi\r\n\r\n"
PATIENT: Any = 0.2  # seconds; uvicorn's types have whole ones
MOST = 4_096


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close"})
        return
    if scope["path"] == "/never":
        await asyncio.Event().wait()
    if scope["path"] == "/body":
        await counted(scope, receive, send)
        return
    if scope["path"] in HELD:
        await HELD[scope["path"]]()
    body = BODIES.get(scope["path"], b"small")
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
    if scope["path"] == "/fails":
        raise ValueError


async def counted(scope: Any, receive: Any, send: Any) -> None:
    seen, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        seen += len(message["body"])
        more = message["more_body"]
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"%d bytes, %d field" % (seen, len(scope["headers"]))})


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[uvicorn.Server]:
    monkeypatch.setattr("app.commands.connections.TICK", 0.02)
    monkeypatch.setattr("app.commands.connections.LINGER", 0.2)
    made: Any = partial(Connection, seconds=PATIENT, max_head=MOST, outgoing=Outgoing())
    socket: Any = partial(Socket, seconds=PATIENT)
    config = uvicorn.Config(
        app, port=0, http=made, ws=socket, lifespan="off", log_level="critical", timeout_keep_alive=PATIENT
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    yield server
    server.should_exit = server.force_exit = True
    await serving


@pytest.fixture
def port(server: uvicorn.Server) -> int:
    port: int = server.servers[0].sockets[0].getsockname()[1]
    return port


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
        await asyncio.sleep(PATIENT / 4)
    writer.close()


async def test_who_asks_for_nothing_more_is_left_and_one_who_is_asking_is_not(
    server: uvicorn.Server, port: int
) -> None:
    async def asked(begins: bytes) -> asyncio.StreamReader:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writers.append(writer)
        writer.write(GET)
        await reader.readuntil(b"small")
        writer.write(begins)
        return reader

    writers: list[asyncio.StreamWriter] = []
    asking, idle = await asked(b"GET"), await asked(b"")
    for connection in server.server_state.connections:
        assert isinstance(connection, Connection)
        connection._seconds = 60
    waiting = asyncio.create_task(closed(asking))
    assert await closed(idle)
    assert not waiting.done()
    for writer in writers:
        writer.close()
    await waiting


async def test_requests_sent_ahead_are_answered_in_their_order(port: int) -> None:
    """In one piece, in pieces, and too large to be copied; of many connections at once."""
    bodies = {b"/": b"small", b"/body": b"0 bytes, 1 field", b"/middle": MIDDLE}
    paths = [b"/", b"/", b"/body", b"/", b"/middle", b"/body", b"/"] * 4
    heads = [GET.replace(b"/ ", path + b" ") for path in paths]
    heads[-1] = heads[-1].replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")

    async def ask() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"".join(heads))
        async with asyncio.timeout(30):
            answers = await reader.read()
        assert re.findall(b"|".join(bodies.values()), answers) == [bodies[path] for path in paths]
        writer.close()

    await asyncio.gather(*(ask() for _ in range(2 * FEW)))


@pytest.fixture
def go_on(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """What requests at /held wait for."""
    go_on = asyncio.Event()

    async def held() -> None:
        await go_on.wait()

    monkeypatch.setitem(HELD, "/held", held)
    return go_on


async def test_what_is_answered_when_the_server_stops_goes_out(
    server: uvicorn.Server, port: int, go_on: asyncio.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stop() -> None:
        go_on.set()
        await asyncio.sleep(0)  # in this turn all others are answered
        for connection in list(server.server_state.connections):
            connection.shutdown()

    monkeypatch.setitem(HELD, "/stop", stop)

    async def ask(path: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(GET.replace(b"/ ", path + b" "))
        answer = await reader.read()
        writer.close()
        return answer

    waiting = [asyncio.create_task(ask(b"/held")) for _ in range(2 * FEW)]
    await eventually(lambda: len(server.server_state.tasks) == 2 * FEW)
    answers = await asyncio.gather(ask(b"/stop"), *waiting)
    assert all(answer.endswith(b"\r\n\r\nsmall") for answer in answers)


OFFER = b"\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAAB\r\n"
LENGTH = b"POST /body HTTP/1.1\r\nHost: dmi" + OFFER + b"Content-Length: 5\r\n\r\nhello"
CHUNKS = b"POST /body HTTP/1.1\r\nHost: dmi" + OFFER + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"


@pytest.mark.parametrize("pieces", [1_000, 50, 1])
@pytest.mark.parametrize("request_", [LENGTH, CHUNKS], ids=["length", "chunks"])
async def test_the_body_behind_an_offer_of_another_protocol_is_read(port: int, request_: bytes, pieces: int) -> None:
    """Java's client offers HTTP/2 with each request over a connection that is not encrypted."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    sent = request_ + GET + request_
    for begin in range(0, len(sent), pieces):
        writer.write(sent[begin : begin + pieces])
        await writer.drain()
        await asyncio.sleep(0)
    for answer in (b"5 bytes", b"small", b"5 bytes"):
        assert answer in await reader.readuntil(answer)
    writer.close()


async def test_any_number_of_offers_may_be_sent_ahead(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=10_000_000)
    writer.write((b"GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n") * 1_000)
    for _ in range(1_000):
        await reader.readuntil(b"small")
    writer.close()


async def test_who_asks_for_a_tunnel_is_refused(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"CONNECT dmi:443 HTTP/1.1\r\nHost: dmi" + OFFER + b"\r\n")
    assert (await reader.readline()).startswith(b"HTTP/1.1 400 ")
    writer.close()


async def test_the_answer_to_an_error_goes_out_where_they_are_many(
    server: uvicorn.Server, port: int, go_on: asyncio.Event
) -> None:
    others = [await asyncio.open_connection("127.0.0.1", port) for _ in range(FEW)]
    for _, writer in others:
        writer.write(GET.replace(b"/ ", b"/held "))
    await eventually(lambda: len(server.server_state.tasks) == FEW)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(GET.replace(b"/ ", b"/fails "))
    answer = await reader.read()
    go_on.set()
    for _, each in [*others, (reader, writer)]:
        each.close()
    assert answer.endswith(b"\r\n\r\nsmall")


async def test_who_still_sends_a_body_that_nobody_waits_for_is_no_one_idle(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(GET.replace(b"\r\n\r\n", b"\r\nContent-Length: 1000\r\n\r\n"))
    await reader.readuntil(b"small")
    began = asyncio.get_running_loop().time()
    waiting = asyncio.create_task(closed(reader))
    while not waiting.done():
        writer.write(b"x")
        await asyncio.sleep(0.01)
    assert asyncio.get_running_loop().time() - began > PATIENT
    writer.close()


PIECE = b"x" * 65_536
SENT_AT_MOST = 200 * len(PIECE)
"""Far more than the buffers of both sides hold."""


@pytest.mark.parametrize(
    ("begins", "goes_on"),
    [
        (b"GET /", PIECE),
        (b"GET / HTTP/1.1\r\nX: ", PIECE),
        (b"GET / HTTP/1.1\r\n", b"X: x\r\n" * 10_000),
        (GET + b"GET / HTTP/1.1\r\nX: ", PIECE),
        (b"POST /body HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n", b"X: x\r\n" * 10_000),
        (b"POST /body HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;", PIECE),
    ],
    ids=["address", "field", "fields", "second request", "fields behind a body", "signs beside a chunk"],
)
async def test_a_head_without_end_is_refused(port: int, begins: bytes, goes_on: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(begins)
    answered = asyncio.create_task(reader.readuntil(b"4096 bytes (DMI_MAX_HEAD)"))
    sent = 0
    while not answered.done():
        assert sent < SENT_AT_MOST
        writer.write(goes_on)
        sent += len(goes_on)
        await asyncio.sleep(0.001)
    answer = await answered
    assert b" 431 " in answer
    assert b"x-request-id: " in answer
    writer.close()


@pytest.mark.parametrize(("size", "status"), [(MOST - 40, b" 200 "), (MOST + 1, b" 431 ")])
async def test_a_head_that_comes_at_once_is_measured_to_the_byte(port: int, size: int, status: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(GET[:-2] + b"X: " + b"x" * size + b"\r\n\r\n" + b"POST /body HTTP/1.1\r\nContent-Length: 9000\r\n\r\n")
    assert status in await reader.readuntil(b"\r\n")
    writer.close()


async def test_a_large_body_in_small_chunks_is_no_head(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST /body HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 10_000)
    writer.write(b"0\r\nAuthorization: Bearer x\r\n\r\n")
    assert b"10000 bytes, 1 field" in await reader.readuntil(b"field")
    writer.close()


@pytest.mark.parametrize("sent", [b"\0\r\n\r\n", b"GET / HTTP/9\r\n\r\n", b"GET \xff HTTP/1.1\r\n\r\n"])
async def test_what_is_no_http_is_told_with_the_id_of_a_request(port: int, sent: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    answer = await reader.readuntil(b"}]}")
    assert b" 400 " in answer
    assert b"x-request-id: " in answer
    assert b"OperationOutcome" in answer
    writer.close()


async def test_a_head_that_is_too_large_takes_no_answer_from_a_request_before_it(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(GET.replace(b"/ ", b"/never ") + b"GET / HTTP/1.1\r\nX: " + PIECE * 10)
    with pytest.raises(ConnectionResetError):
        await reader.read(1)
    writer.close()


UPGRADE = (
    b"GET / HTTP/1.1\r\nHost: dmi\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
)


@pytest.mark.parametrize(("sent", "answer"), [(GET, b"small"), (GET * 2, b"small"), (UPGRADE, b" 101 ")])
async def test_a_connection_that_has_ended_is_freed_without_a_search(port: int, sent: bytes, answer: bytes) -> None:
    with without_search():
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        await reader.readuntil(answer)
        writer.close()
        await eventually(lambda: freed(Connection))
