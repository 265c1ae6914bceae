"""Connections of clients that take their time: one that is silent, that sends the head of a request byte by byte, or
that does not read its answer, is closed. What a request's body may take is seen to by `app.web.turns`.

Uvicorn closes a connection that is idle after an answer, and no other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    import asyncio

TICK: Final = 1.0
"""Seconds between two looks: a client may take so much longer."""


class Connection(HttpToolsProtocol):
    """Uvicorn's connection, which waits for its client no more than so many `seconds`."""

    def __init__(self, *arguments: Any, seconds: float, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._seconds = seconds
        self._head_since: float | None = None
        self._unread: tuple[int, float] | None = None  # bytes that wait to be read, and since when

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's own
        """As uvicorn's."""
        super().connection_made(transport)
        self._head_since = self.loop.time()
        self.loop.call_later(TICK, self._look)

    def on_headers_complete(self) -> None:
        """As uvicorn's: the head is there."""
        self._head_since = None
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """As uvicorn's: the next head may come, unless it has come already."""
        is_waiting = not self.pipeline
        super().on_response_complete()
        if is_waiting:
            self._head_since = self.loop.time()

    def _look(self) -> None:
        """Close the connection where its client has taken too long, and look again where it has not."""
        if self not in self.connections:
            return
        now = self.loop.time()
        since = self._unread_since(now) if self.transport.get_write_buffer_size() else self._head_since
        if since is not None and now - since > self._seconds:
            self.transport.abort()
        else:
            self.loop.call_later(TICK, self._look)

    def _unread_since(self, now: float) -> float:
        """Since when nothing of what waits was read. A client that reads slowly reads, and need not send meanwhile."""
        size = self.transport.get_write_buffer_size()
        if self._unread is None or size != self._unread[0]:
            self._unread = (size, now)
        return self._unread[1]
