"""A client of graphql-transport-ws that does what it is told, also what a good one never would."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, ConnectionClosedError
from websockets.typing import Subprotocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, MutableMapping

    from starlette.types import ASGIApp

PATIENCE = 30
"""Seconds in which a message has to come."""

Message = dict[str, Any]


class Socket:
    """An open web socket; its `wire` is a connection of websockets, or one in process."""

    def __init__(self, wire: Any) -> None:
        self.wire = wire

    async def say(self, **message: Any) -> None:
        """Send a message."""
        await self.wire.send(json.dumps(message))

    async def heard(self) -> Message:
        """The next message."""
        async with asyncio.timeout(PATIENCE):
            message: Message = json.loads(await self.wire.recv())
        return message

    async def greet(self, **payload: str) -> Message:
        """Say connection_init, and hear the answer to it."""
        await self.say(type="connection_init", payload=payload)
        return await self.heard()

    async def subscribe(
        self,
        query: str,
        variables: Mapping[str, Any] | None = None,
        id: str = "1",  # noqa: A002 - the protocol's word
    ) -> None:
        """Subscribe, and return when that is in force: what is asked next is answered behind it."""
        await self.say(type="subscribe", id=id, payload={"query": query, "variables": variables})
        await self.say(type="ping")
        while (message := await self.heard())["type"] != "pong":
            assert message["type"] == "next", message

    async def told(self, number: int = 1) -> list[Any]:
        """The next changes of a subscription of one field."""
        found = []
        for _ in range(number):
            message = await self.heard()
            assert message["type"] == "next", message
            assert "errors" not in message["payload"], message
            [change] = message["payload"]["data"].values()
            found.append(change)
        return found

    async def closed(self) -> tuple[int, str]:
        """The code and the reason with which it is closed; messages until then are passed over."""
        with suppress(ConnectionClosed):
            async with asyncio.timeout(PATIENCE):
                while True:
                    await self.wire.recv()
        return self.wire.close_code or 0, self.wire.close_reason or ""


class InProcess:
    """The wire between a test and an application in the same process."""

    def __init__(self) -> None:
        self.sent: asyncio.Queue[Message] = asyncio.Queue()
        self._heard: asyncio.Queue[Message] = asyncio.Queue()
        self.close_code: int | None = None
        self.close_reason: str | None = None
        self.reads = asyncio.Event()
        self.reads.set()

    async def receive(self) -> Message:
        """As ASGI has it."""
        return await self.sent.get()

    async def answer(self, message: MutableMapping[str, Any]) -> None:
        """As ASGI's `send`; it waits while nobody reads."""
        await self.reads.wait()
        self._heard.put_nowait(dict(message))
        if message["type"] == "websocket.close":
            self.sent.put_nowait({"type": "websocket.disconnect", "code": message.get("code", 1000)})

    async def send(self, message: str, /) -> None:
        """As a client's."""
        self.sent.put_nowait({"type": "websocket.receive", "text": message})

    async def recv(self) -> str:
        """As a client's."""
        message = await self._heard.get()
        if message["type"] == "websocket.close":
            self.close_code, self.close_reason = message["code"], message.get("reason", "")
            raise ConnectionClosedError(None, None)
        return str(message.get("text", message["type"]))


@asynccontextmanager
async def socket_of(app: ASGIApp, protocol: str = "graphql-transport-ws", **headers: str) -> AsyncIterator[Socket]:
    """A socket at the /graphql of an application."""
    wire = InProcess()
    wire.sent.put_nowait({"type": "websocket.connect"})
    given = {"host": "localhost", **headers}
    scope = {
        "type": "websocket",
        "asgi": {"version": "3.0"},
        "scheme": "ws",
        "path": "/graphql",
        "raw_path": b"/graphql",
        "root_path": "",
        "query_string": b"",
        "client": ("127.0.0.1", 1),
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in given.items()],
        "subprotocols": [protocol],
        "extensions": {"websocket.http.response": {}},
    }
    serving = asyncio.ensure_future(app(scope, wire.receive, wire.answer))
    try:
        async with asyncio.timeout(PATIENCE):
            opened = await wire.recv()
        assert opened == "websocket.accept"
        yield Socket(wire)
    finally:
        wire.reads.set()
        wire.sent.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await serving


@asynccontextmanager
async def socket(url: str, protocol: str = "graphql-transport-ws", **options: Any) -> AsyncIterator[Socket]:
    """A socket at a server's /graphql; `options` are those of websockets."""
    address = f"{url.replace('http', 'ws', 1)}/graphql"
    async with connect(address, subprotocols=[Subprotocol(protocol)], max_size=None, **options) as connection:
        yield Socket(connection)
