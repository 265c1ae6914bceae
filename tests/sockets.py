"""A client of graphql-transport-ws that does what it is told, also what a good one never would."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

PATIENCE = 30
"""Seconds in which a message has to come."""

Message = dict[str, Any]


class Socket:
    """An open web socket."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def say(self, **message: Any) -> None:
        """Send a message."""
        await self.connection.send(json.dumps(message))

    async def heard(self) -> Message:
        """The next message."""
        async with asyncio.timeout(PATIENCE):
            message: Message = json.loads(await self.connection.recv())
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
                    await self.connection.recv()
        return self.connection.close_code or 0, self.connection.close_reason or ""


@asynccontextmanager
async def socket(url: str, protocol: str = "graphql-transport-ws", **options: Any) -> AsyncIterator[Socket]:
    """A socket at a server's /graphql; `options` are those of websockets."""
    address = f"{url.replace('http', 'ws', 1)}/graphql"
    async with connect(address, subprotocols=[Subprotocol(protocol)], max_size=None, **options) as connection:
        yield Socket(connection)
