"""How many requests of one client are answered at once, whatever they ask for and however slowly they come and go."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route

from app.access.grant import grant_of
from app.access.principal import Principal
from app.web.authentication.middleware import Authentication
from app.web.failures import unexpected
from app.web.recording import Recording
from app.web.turns import LARGE, UNREAD, Limits, Turn, Turns, network_of
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Scope

MOST, WAITING = 2, 3
LIMITS = Limits(MOST, WAITING, seconds=60, body_seconds=0.02, unread=1_000)


class Service:
    """An application whose requests at /work end when they are let go; `begun` counts those that began."""

    def __init__(self) -> None:
        self.begun = 0
        self.release = asyncio.Event()
        routes = [
            Route("/work", self._work, methods=["GET", "POST"]),
            Route("/recall.csv", self._stream),
            Route("/health", self._health),
            Route("/graphql", self._work, methods=["GET", "POST"]),
        ]
        middleware = [
            Middleware(Recording, unexpected),
            Middleware(Authentication, identify=_principal),
            Middleware(Turns, LIMITS),
        ]
        self.app: ASGIApp = Starlette(routes=routes, middleware=middleware)

    def client(self, address: str = "192.0.2.1", **headers: str) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.app, client=(address, 5))
        return httpx.AsyncClient(transport=transport, base_url="http://dmi", headers=headers)

    async def _work(self, request: Request) -> PlainTextResponse:
        await request.body()
        self.begun += 1
        await self.release.wait()
        return PlainTextResponse("done")

    async def _stream(self, _request: Request) -> StreamingResponse:
        async def pieces() -> AsyncIterator[str]:
            self.begun += 1
            yield "first"
            await self.release.wait()

        return StreamingResponse(pieces())

    async def _health(self, _request: Request) -> PlainTextResponse:
        return PlainTextResponse("live")


async def _principal(scope: Scope) -> Principal:
    headers = dict(scope["headers"])
    if b"x-token" in headers:
        return Principal("name", identity=headers[b"x-token"].decode(), grant=grant_of(()))
    return Principal(headers.get(b"x-name", b"").decode(), identity=headers.get(b"x-name", b"").decode())


async def settled(*tasks: asyncio.Task[Any]) -> None:
    """Let everything get as far as it comes."""
    for _ in range(50):
        await asyncio.sleep(0)
    assert not any(task.done() for task in tasks)


def asking(http: httpx.AsyncClient, number: int, path: str = "/work", method: str = "GET") -> list[asyncio.Task[Any]]:
    return [asyncio.create_task(http.request(method, path)) for _ in range(number)]


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_further_requests_wait_and_are_answered_in_their_order(method: str) -> None:
    service = Service()
    tasks = asking(service.client(), MOST + WAITING, method=method)
    await settled(*tasks)
    assert service.begun == MOST
    service.release.set()
    assert [response.text for response in await asyncio.gather(*tasks)] == ["done"] * (MOST + WAITING)


@pytest.mark.parametrize("path", ["/work", "/graphql"])
async def test_one_too_many_is_told_to_come_again(path: str) -> None:
    service = Service()
    tasks = asking(service.client(), MOST + WAITING)
    await settled(*tasks)
    response = await service.client().get(path)
    assert response.status_code == 429
    assert response.headers["retry-after"] == "1"
    assert all(said in response.text for said in ("throttled", "DMI_MAX_REQUESTS", f"{MOST} requests", "DMI_MAX_WAIT"))
    service.release.set()
    await asyncio.gather(*tasks)
    assert (await service.client().get(path)).text == "done"


async def test_another_client_is_answered_meanwhile() -> None:
    service = Service()
    tasks = asking(service.client(), MOST + WAITING)
    await settled(*tasks)
    other = asking(service.client("192.0.2.2"), 1)
    await settled(*other)
    assert service.begun == MOST + 1
    service.release.set()
    await asyncio.gather(*tasks, *other)


@pytest.mark.parametrize(
    ("addresses", "clients"),
    [
        (("2001:db8::1", "2001:db8:0:0:ffff::2", "2001:db8::3%eth0"), {"2001:db8::/64"}),
        (("2001:db8:0:1::1", "2001:db8:0:2::1"), {"2001:db8:0:1::/64", "2001:db8:0:2::/64"}),
        (("192.0.2.1", "::ffff:192.0.2.1"), {"192.0.2.1"}),
        (("192.0.2.1", "192.0.2.2"), {"192.0.2.1", "192.0.2.2"}),
        (("a.name", ""), {"a.name", ""}),
    ],
)
def test_who_has_many_addresses_of_ipv6_is_one_client(addresses: tuple[str, ...], clients: set[str]) -> None:
    assert set(map(network_of, addresses)) == clients


async def test_the_first_half_of_an_address_of_ipv6_has_the_places() -> None:
    service = Service()
    tasks = [task for number in range(9) for task in asking(service.client(f"2001:db8::{number}"), 1)]
    await eventually(lambda: sum(task.done() for task in tasks) == 9 - MOST - WAITING)
    assert service.begun == MOST
    service.release.set()
    await asyncio.gather(*tasks)


async def test_a_subject_is_one_client_from_whatever_address() -> None:
    service = Service()
    tasks = [
        task
        for number in range(MOST + WAITING)
        for task in asking(service.client(f"192.0.2.{number}", **{"X-Token": "s"}), 1)
    ]
    await settled(*tasks)
    assert service.begun == MOST
    assert (await service.client("192.0.2.99", **{"X-Token": "s"}).get("/work")).status_code == 429
    service.release.set()
    assert (await service.client("192.0.2.99", **{"X-Token": "t"}).get("/work")).status_code == 200
    await asyncio.gather(*tasks)


async def test_a_name_that_nobody_checked_gives_no_further_place() -> None:
    service = Service()
    tasks = [
        task
        for number in range(MOST + WAITING)
        for task in asking(service.client(**{"X-Name": f"n{number}", "X-Forwarded-For": f"198.51.100.{number}"}), 1)
    ]
    await settled(*tasks)
    assert service.begun == MOST
    assert (await service.client(**{"X-Name": "another"}).get("/work")).status_code == 429
    service.release.set()
    await asyncio.gather(*tasks)


async def test_the_health_of_the_server_is_told_in_any_case() -> None:
    service = Service()
    tasks = asking(service.client(), MOST + WAITING)
    await settled(*tasks)
    assert (await service.client().get("/health")).text == "live"
    service.release.set()
    await asyncio.gather(*tasks)


async def test_who_gives_up_gives_the_place_on() -> None:
    service = Service()
    tasks = asking(service.client(), MOST + WAITING)
    await settled(*tasks)
    for task in (tasks[MOST], tasks[0]):  # the first that waits, one that is answered
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    left = [task for task in tasks if not task.done()]
    await settled(*left)
    assert service.begun == MOST + 1
    service.release.set()
    assert len(await asyncio.gather(*left)) == MOST + WAITING - 2


async def test_who_waits_too_long_is_told_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.web.turns.LONGEST", 0.01)
    service = Service()
    tasks = asking(service.client(), MOST)
    await settled(*tasks)
    assert (await service.client().get("/work")).status_code == 429
    service.release.set()
    await asyncio.gather(*tasks)
    assert (await service.client().get("/work")).text == "done"


async def test_a_request_that_is_still_coming_has_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    service = Service()
    go_on = asyncio.Event()

    async def trickle() -> AsyncIterator[bytes]:
        yield b"{"
        await go_on.wait()
        yield b"}"

    monkeypatch.setattr("app.web.turns.TICK", 60)  # nobody loses patience
    http = service.client()
    slow = [asyncio.create_task(http.post("/work", content=trickle())) for _ in range(10 * (MOST + WAITING))]
    await settled(*slow)
    service.release.set()
    assert (await http.get("/work")).text == "done"
    go_on.set()
    statuses = {response.status_code for response in await asyncio.gather(*slow)}
    assert statuses <= {200, 429}


async def test_an_answer_that_nobody_reads_has_no_place() -> None:
    service = Service()
    service.release.set()
    read = asyncio.Event()

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(_message: Message) -> None:
        await read.wait()

    scope = {"type": "http", "method": "GET", "path": "/work", "headers": [], "client": ("192.0.2.1", 5)}
    stuck: list[asyncio.Task[Any]] = [
        asyncio.create_task(service.app({**scope, "query_string": b""}, receive, send))  # type: ignore[arg-type]
        for _ in range(10 * MOST)
    ]
    await settled(*stuck)
    assert (await service.client().get("/work")).text == "done"
    read.set()
    await asyncio.gather(*stuck)


class Unreading:
    """Clients that do not read: so many bytes are `waiting` on each of their connections. /held is answered when it is
    let go."""

    def __init__(self) -> None:
        self.waiting = [900, 900]
        self.release = asyncio.Event()
        self._app = Recording(Authentication(Turns(self._large, LIMITS), _principal), unexpected)

    async def asked(self, connection: int, address: str = "192.0.2.1", path: str = "/large") -> int:
        statuses: list[int] = []

        async def send(message: Message) -> None:
            statuses.append(message.get("status", 0))

        headers: list[Any] = []
        scope = {"type": "http", "method": "GET", "path": path, "headers": headers, "client": (address, 5)}
        await self._app({**scope, UNREAD: lambda: self.waiting[connection]}, _empty, send)
        return statuses[0]

    async def _large(self, scope: Scope, _receive: Any, send: Any) -> None:
        if scope["path"] == "/held":
            await self.release.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x" * (LARGE + 1)})


async def test_who_does_not_read_large_answers_gets_no_more_until_they_are_read() -> None:
    clients = Unreading()
    assert [await clients.asked(number) for number in (0, 1, 0)] == [200, 200, 429]
    assert await clients.asked(0, "192.0.2.2") == 200
    clients.waiting[0] = 0
    assert await clients.asked(1) == 200


async def test_a_request_that_waits_gets_no_turn_while_its_client_does_not_read() -> None:
    clients = Unreading()
    assert await clients.asked(0) == 200
    held = [asyncio.create_task(clients.asked(1, path="/held")) for _ in range(MOST)]
    waits = asyncio.create_task(clients.asked(1))
    await settled(*held, waits)
    clients.waiting[0] = 2_000
    clients.release.set()
    assert [await each for each in (*held, waits)] == [200] * MOST + [429]
    clients.waiting = [0, 0]
    assert await clients.asked(1) == 200


async def _empty() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def test_an_answer_that_is_still_made_has_a_place() -> None:
    service = Service()
    tasks = asking(service.client(), MOST, "/recall.csv")
    await settled(*tasks)
    more = asking(service.client(), 1)
    await settled(*tasks, *more)
    assert service.begun == MOST
    service.release.set()
    await asyncio.gather(*tasks, *more)


@pytest.mark.parametrize("path", ["/work", "/graphql"])
async def test_a_body_that_does_not_come_is_given_up(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.web.turns.TICK", 0.01)
    service = Service()
    service.release.set()
    pieces = 0

    async def trickle() -> AsyncIterator[bytes]:
        nonlocal pieces
        while True:
            pieces += 1
            yield b" "
            await asyncio.sleep(0.005)

    response = await service.client().post(path, content=trickle())
    assert response.status_code == 408
    assert response.headers["connection"] == "close"
    assert "0.02 seconds (DMI_MAX_CLIENT_SECONDS)" in response.text
    assert (pieces > 1, service.begun) == (True, 0)


async def test_nothing_is_remembered_of_clients_that_are_gone() -> None:
    turns = Turns(_nothing, LIMITS)
    for number in range(1_000):
        turn = Turn(turns, f"client {number}")
        await turn.begin()
        turn.end()
    assert (turns._answered, turns._waiting, turns._coming._turns) == ({}, {}, set())


async def _nothing(*_: Any) -> None:
    """An application that does nothing."""
