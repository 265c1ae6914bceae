"""Connections of clients that take their time: one that is silent, that sends the head of a request byte by byte, or
that does not read its answer, is closed. One with a head that is too large is refused. What a request's body may take
is seen to by `app.web.body` and `app.web.turns`.

Uvicorn closes a connection that is idle after an answer, and no other; it takes heads of any size. It loses the body of
a request that offers another protocol, as Java's client does with HTTP/2.
"""

from __future__ import annotations

import sys
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from httptools import HttpRequestParser
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.commands.reading import Reading
from app.commands.sending import Outgoing, Sending
from app.web.turns import UNREAD
from app.web.unread import MALFORMED, head_too_large, unread

if TYPE_CHECKING:
    import asyncio

    from uvicorn._types import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope
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
    bytes. `outgoing` is that of the process."""

    def __init__(self, *arguments: Any, seconds: float, max_head: int, outgoing: Outgoing, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._outgoing = outgoing
        self._seconds = seconds
        self._max_head = max_head
        self._pending = 0  # bytes since a head was complete, or a piece of a body came
        self._is_refused = False
        self._data = self._again = b""  # what is being parsed, and what is to be parsed once more
        self._head_since: float | None = None
        self._reading = Reading()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's own
        """As uvicorn's."""
        super().connection_made(transport)
        self._head_since = self.loop.time()
        self.loop.call_later(TICK, self._look)

    def data_received(self, data: bytes) -> None:
        """As uvicorn's. What is neither a body nor a head of the size that it may have is not kept: fields that come
        behind a body, too."""
        while data and not self._is_refused:
            self._pending += len(data)
            self._data = data
            super().data_received(data)
            data, self._again = self._again, b""
        self._data = b""
        if self._pending > self._max_head and not self._is_refused:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, head_too_large(self._max_head))

    def on_headers_complete(self) -> None:
        """As uvicorn's: the head is there."""
        if self._pending > self._max_head and self._head_size() > self._max_head:
            raise OverflowError  # the parser stops; `data_received` tells why
        if self.parser.should_upgrade() and self._is_offer():
            return  # the head is parsed once more, without it
        self._pending = 0
        self._head_since = None
        self.scope[UNREAD] = self.transport.get_write_buffer_size  # type: ignore[typeddict-unknown-key] # our own
        super().on_headers_complete()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        super()._start_asgi_task(cycle, partial(self._answered, cycle, app))

    async def _answered(
        self,
        cycle: RequestResponseCycle,
        app: ASGI3Application,
        scope: Scope,
        receive: ASGIReceiveCallable,
        _: ASGISendCallable,
    ) -> None:
        try:
            await app(scope, receive, Sending(cycle, self._outgoing, self.tasks))
        except BaseException:
            self._outgoing.flush()  # the answer to an error, too: uvicorn closes the connection
            raise

    def on_chunk_header(self) -> None:
        """The parser's hook: a body comes in chunks. Fields behind it are none of the request's."""
        self.headers = []

    def on_body(self, body: bytes) -> None:
        """As uvicorn's: a piece of a body."""
        self._pending = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """As uvicorn's: all of a request has come."""
        if not (self.parser.should_upgrade() and self._is_offer()):
            super().on_message_complete()

    def _is_offer(self) -> bool:
        """Whether a head that could be an upgrade offers a protocol beside HTTP/1.1 that is not taken; it may be one of
        a web socket, or a CONNECT."""
        return not self._should_upgrade() and any(name == b"upgrade" for name, _ in self.headers)

    def _unsupported_upgrade_warning(self) -> None:
        """Uvicorn's hook: have the request parsed as if nothing had been offered, which a server may ignore. The parser
        has stopped behind the head. https://www.rfc-editor.org/rfc/rfc9110#section-7.8"""
        stopped = sys.exc_info()[1]  # uvicorn is handling HttpParserUpgrade, which tells how many bytes were parsed
        behind = self._data[stopped.args[0] :] if stopped else b""
        line = b"%s %s HTTP/%s\r\n" % (self.parser.get_method(), self.url, self.parser.get_http_version().encode())
        fields = [b"%s: %s\r\n" % field for field in self.headers if field[0] != b"upgrade"]
        self.parser = HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn does
        self._pending = 0
        self._again = b"".join((line, *fields, b"\r\n", behind))

    def on_response_complete(self) -> None:
        """As uvicorn's, without a timer for each answer: the next head may come, unless it has come already, and
        `_look` sees to those who ask for nothing more."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        else:
            self._head_since = self.loop.time()

    def handle_websocket_upgrade(self) -> None:
        """As uvicorn's: the web socket has the connection from here on."""
        self._outgoing.flush()
        super().handle_websocket_upgrade()
        self._let_go()

    def shutdown(self) -> None:
        """As uvicorn's: the server stops."""
        self._outgoing.flush()
        super().shutdown()

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

    @property
    def _asked(self) -> RequestResponseCycle | None:
        """The request that came last, if any did: uvicorn's types say that one always has."""
        return self.cycle

    def _head_size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + SEPARATORS for name, value in self.headers)

    def _refuse(self, status: HTTPStatus, error: DmiError) -> None:
        """Answer, and close the connection. Where an earlier request has no answer yet, it is only closed: this answer
        would be taken for that one's."""
        self._is_refused = True
        self._outgoing.flush()
        cycle = self._asked
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
        silent, patience = self._reading.silent(unread, now), self._seconds
        if not unread and self._head_since is not None:  # while it reads, it need not send
            silent = now - self._head_since
            if self._asked and not self._asked.more_body and not self._pending:  # else it is sending
                patience = min(self.timeout_keep_alive, patience)
        if silent > patience:
            self.transport.abort()
        else:
            self.loop.call_later(TICK, self._look)
