"""Connections of clients that take their time: one that is silent, that sends the head of a request byte by byte, or
that does not read its answer, is closed. One with a head that is too large is refused. What a request's body may take
is seen to by `app.web.body` and `app.web.turns`.

Uvicorn closes a connection that is idle after an answer, and no other; it takes heads of any size.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.commands.joined import Joined
from app.commands.reading import Reading
from app.web.turns import UNREAD
from app.web.unread import MALFORMED, head_too_large, unread

if TYPE_CHECKING:
    import asyncio

    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

    from app.errors import DmiError

TICK: Final = 1.0
"""Seconds between two looks: a client may take so much longer."""

LINGER: Final = 1.0
"""Seconds for which what is still sent is read away, so that the client sees why it is refused."""

SEPARATORS: Final = 4
"""Bytes of a header field beside its name and value."""


class Connection(HttpToolsProtocol):
    """Uvicorn's connection, which waits for its client no more than so many `seconds`, and takes heads of `max_head`
    bytes."""

    def __init__(self, *arguments: Any, seconds: float, max_head: int, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._seconds = seconds
        self._max_head = max_head
        self._pending = 0  # bytes since a head was complete, or a piece of a body came
        self._is_refused = False
        self._head_since: float | None = None
        self._reading = Reading()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's own
        """As uvicorn's."""
        super().connection_made(transport)
        self._joined = Joined(transport)
        self._head_since = self.loop.time()
        self.loop.call_later(TICK, self._look)

    def data_received(self, data: bytes) -> None:
        """As uvicorn's. What is neither a body nor a head of the size that it may have is not kept: fields that come
        behind a body, too."""
        if self._is_refused:
            return
        self._pending += len(data)
        super().data_received(data)
        if self._pending > self._max_head and not self._is_refused:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, head_too_large(self._max_head))

    def on_headers_complete(self) -> None:
        """As uvicorn's: the head is there."""
        if self._pending > self._max_head and self._head_size() > self._max_head:
            raise OverflowError  # the parser stops; `data_received` tells why
        self._pending = 0
        self._head_since = None
        self.scope[UNREAD] = self.transport.get_write_buffer_size  # type: ignore[typeddict-unknown-key] # our own
        super().on_headers_complete()
        if not self.parser.should_upgrade():  # else there may be none
            self.cycle.transport = self._joined

    def on_chunk_header(self) -> None:
        """The parser's hook: a body comes in chunks. Fields behind it are none of the request's."""
        self.headers = []

    def on_body(self, body: bytes) -> None:
        """As uvicorn's: a piece of a body."""
        self._pending = 0
        super().on_body(body)

    def on_response_complete(self) -> None:
        """As uvicorn's: the next head may come, unless it has come already."""
        self._joined.end()
        is_waiting = not self.pipeline
        super().on_response_complete()
        if is_waiting:
            self._head_since = self.loop.time()

    def handle_websocket_upgrade(self) -> None:
        """As uvicorn's: the web socket has the connection from here on."""
        super().handle_websocket_upgrade()
        self._let_go()

    def connection_lost(self, exc: Exception | None) -> None:
        """As uvicorn's."""
        super().connection_lost(exc)
        self._let_go()

    def _let_go(self) -> None:
        """Of what refers back to this connection: Python searches for such circles seldom (`app.commands.garbage`)."""
        self.parser = None  # type: ignore[assignment] # as uvicorn does
        self.cycle = None  # type: ignore[assignment]
        self.pipeline.clear()

    def send_400_response(self, msg: str) -> None:
        """As uvicorn's: the parser has stopped."""
        if self._pending <= self._max_head:
            self._refuse(HTTPStatus.BAD_REQUEST, MALFORMED)

    def _head_size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + SEPARATORS for name, value in self.headers)

    def _refuse(self, status: HTTPStatus, error: DmiError) -> None:
        """Answer, and close the connection; without an answer where an earlier request may still get its own."""
        self._is_refused = True
        cycle = cast("RequestResponseCycle | None", self.cycle)
        if cycle and not cycle.response_complete:
            if self.pipeline or cycle.response_started or not cycle.more_body:
                self.transport.abort()
                return
            cycle.disconnected = True
            cycle.message_event.set()
        self.transport.write(unread(status, error))
        self.loop.call_later(LINGER, self.transport.close)

    def _look(self) -> None:
        """Close the connection where its client has taken too long, and look again where it has not."""
        if self not in self.connections:
            return
        now, unread = self.loop.time(), self.transport.get_write_buffer_size()
        silent = self._reading.silent(unread, now)
        if not unread and self._head_since is not None:  # while it reads, it need not send
            silent = now - self._head_since
        if silent > self._seconds:
            self.transport.abort()
        else:
            self.loop.call_later(TICK, self._look)
