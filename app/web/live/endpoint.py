"""The door for web sockets at /graphql."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.web.live.connection import Connection
from app.web.live.protocol import SUBPROTOCOL, Code

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from app.web.live.audiences import Audiences


class LiveEndpoint:
    """An ASGI application for web sockets that speak graphql-transport-ws; others are told that they must."""

    def __init__(self, audiences: Audiences) -> None:
        self._audiences = audiences

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it."""
        await receive()  # its wish to connect
        if SUBPROTOCOL not in scope["subprotocols"]:
            await send({"type": "websocket.accept"})
            code = int(Code.SUBPROTOCOL_NOT_ACCEPTABLE)
            await send({"type": "websocket.close", "code": code, "reason": f"Speak {SUBPROTOCOL}"})
            return
        await send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL})
        await Connection(self._audiences, scope).serve(receive, send)
