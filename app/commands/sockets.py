"""Web sockets: of clients that read nothing, and of a server that stops.

Uvicorn asks a client now and then whether it is there, and waits for what it has to read for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

if TYPE_CHECKING:
    import asyncio

TICK: Final = 1.0
"""Seconds between two looks."""

GOING_AWAY: Final = 1001  # https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1


class Socket(WebSocketsSansIOProtocol):
    """Uvicorn's web socket, whose client has so many `seconds` to read something of what waits for it."""

    def __init__(self, *arguments: Any, seconds: float, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._seconds = seconds
        self._unread: tuple[int, float] | None = None  # bytes that wait to be read, and since when

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """As uvicorn's."""
        super().connection_made(transport)
        self.loop.call_later(TICK, self._look)

    def shutdown(self) -> None:
        """As uvicorn's, which says that the server begins again; it goes away."""
        if self.handshake_complete and not self.close_sent:
            self.stop_keepalive()
            self.queue.put_nowait({"type": "websocket.disconnect", "code": GOING_AWAY, "reason": ""})
            self.conn.send_close(GOING_AWAY)
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.close_sent = True
            self.writable.set()  # whoever waits for the client need not
        super().shutdown()
        if self.transport.get_write_buffer_size():
            self.transport.abort()  # it reads nothing, not even this

    def _look(self) -> None:
        """Let go of a client that reads nothing, also where it has been told so, and look again."""
        if self not in self.connections:
            return
        now, size = self.loop.time(), self.transport.get_write_buffer_size()
        if self._unread is None or size != self._unread[0]:
            self._unread = (size, now)
        if size and now - self._unread[1] > self._seconds:
            self.transport.abort()
        else:
            self.loop.call_later(TICK, self._look)
