"""Web sockets: of clients that read nothing or send too much, that cannot be opened, and of a server that stops.

Uvicorn asks a client now and then whether it is there, and waits for what it has to read for ever. It answers any
number of pings, whether anybody reads the answers, and waits in silence with what is no handshake."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from app.commands.reading import Reading
from app.web.unread import NO_HANDSHAKE, unread

if TYPE_CHECKING:
    import asyncio

TICK: Final = 1.0
"""Seconds between two looks."""

FRAMES: Final = 2_000
"""Frames that a client may send in a second. A small one costs the server a thousand times its size."""

PIECE: Final = 4_096
"""Bytes of a client that are read without a look at the number of frames in them."""

GOING_AWAY: Final = 1001  # https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1
POLICY_VIOLATION: Final = 1008


class Socket(WebSocketsSansIOProtocol):
    """Uvicorn's web socket, whose client has so many `seconds` to read something of what waits for it."""

    def __init__(self, *arguments: Any, seconds: float, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._seconds = seconds
        self._reading = Reading()
        self._frames = 0  # of the second that began at:
        self._second = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """As uvicorn's."""
        super().connection_made(transport)
        self.loop.call_later(TICK, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """As uvicorn's. What reads frames and what it reads them for hold each other, and Python searches for such
        circles seldom (`app.commands.garbage`)."""
        super().connection_lost(exc)
        self.conn.parser.close()

    def data_received(self, data: bytes) -> None:
        """As uvicorn's, piece by piece. What cannot be read as a handshake is answered."""
        for begin in range(0, len(data), PIECE):
            super().data_received(data[begin : begin + PIECE])
            if self.transport.is_closing():
                return
            if self.conn.handshake_exc and not self.handshake_initiated:
                self.transport.write(unread(HTTPStatus.BAD_REQUEST, NO_HANDSHAKE))
                self.transport.close()
                return

    def handle_events(self) -> None:
        """As uvicorn's, where there are not too many."""
        now = self.loop.time()
        if now - self._second > 1:
            self._second, self._frames = now, 0
        self._frames += len(self.conn.events)
        if self._frames <= FRAMES:
            super().handle_events()
        else:
            self._close(POLICY_VIOLATION, f"More than {FRAMES} frames in a second")
            self.transport.close()

    def handle_ping(self) -> None:
        """As uvicorn's, where the client reads: https://www.rfc-editor.org/rfc/rfc6455#section-5.5.3 asks to answer the
        last ping only."""
        pongs = self.conn.data_to_send()
        if self.writable.is_set():
            self.transport.write(b"".join(pongs))

    def shutdown(self) -> None:
        """As uvicorn's, which says that the server begins again; it goes away."""
        if self.handshake_complete and not self.close_sent:
            self._close(GOING_AWAY)
        super().shutdown()
        if self.transport.get_write_buffer_size():
            self.transport.abort()  # it reads nothing, not even this

    def _close(self, code: int, reason: str = "") -> None:
        self.stop_keepalive()
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.conn.fail(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.writable.set()  # whoever waits for the client need not

    def _look(self) -> None:
        """Let go of a client that reads nothing, also where it has been told so, and look again."""
        if self not in self.connections:
            return
        if self._reading.silent(self.transport.get_write_buffer_size(), self.loop.time()) > self._seconds:
            self.transport.abort()
        else:
            self.loop.call_later(TICK, self._look)
