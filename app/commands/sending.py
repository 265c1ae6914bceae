"""Sends answers: one that is whole goes out in one piece, in one call of the system and one packet, where ASGI has it
sent as a head and a body, and uvicorn writes each by itself. https://asgi.readthedocs.io/en/latest/specs/www.html

Where many requests are answered at once, what is made in one turn of the event loop goes out together at its end: each
client that sleeps has to be woken, which takes as long as a tenth of a small answer; who reads for many (a proxy) is
then woken once.
"""

from __future__ import annotations

import asyncio
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from uvicorn.protocols.http.httptools_impl import HEADER_RE, HEADER_VALUE_RE, STATUS_LINE

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

SMALL: Final = 65_536
"""Bytes of a body that are copied, which costs less than a call of the system."""

KEPT: Final = 128
"""Lines of heads that are kept as they are written: most are the same in all answers."""

FEW: Final = 4
"""Requests that are under way at once, and web sockets that are open, up to which no answer waits for another."""

UNUSUAL: Final = frozenset({b"connection", b"transfer-encoding"})
"""Fields that say how the body comes, or what becomes of the connection."""


class Outgoing:
    """What goes out at the end of this turn of the event loop; all connections of a process share it."""

    def __init__(self) -> None:
        self._waiting: list[tuple[asyncio.Transport, bytes]] = []

    def add(self, transport: asyncio.Transport, data: bytes) -> None:
        """Write this to a connection, in a while."""
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self.flush)
        self._waiting.append((transport, data))

    def flush(self) -> None:
        """Write all now: something else is to be written to one of the connections, or it is to be closed."""
        waiting, self._waiting = self._waiting, []
        for transport, data in waiting:
            if not transport.is_closing():  # else uvloop would raise
                transport.write(data)


class Sending:
    """ASGI's `send` for one request of a connection; `tasks` are the server's, one for each request that is under way
    and each web socket that is open. What comes in pieces, or is unusual, uvicorn sends.

    Nothing more is sent over a connection that is gone."""

    __slots__ = ("_cycle", "_head", "_outgoing", "_tasks")

    def __init__(self, cycle: RequestResponseCycle, outgoing: Outgoing, tasks: Collection[object]) -> None:
        self._cycle = cycle
        self._outgoing = outgoing
        self._tasks = tasks
        self._head: Any = None

    async def __call__(self, message: Any) -> None:
        """As ASGI has it; a head waits for the beginning of its body."""
        cycle, head = self._cycle, self._head
        if cycle.transport.is_closing():
            cycle.disconnected = True
        elif head is None:
            self._head = message
        elif cycle.response_started:
            await cycle.send(message)
        elif not self._is_sent(head, message):
            self._outgoing.flush()
            await cycle.send(head)
            await cycle.send(message)

    def _is_sent(self, head: Any, message: Mapping[str, Any]) -> bool:
        """Whether an answer is sent, since it is whole, small, and of the length that its head tells."""
        cycle, body = self._cycle, message.get("body", b"")
        fields = [*cycle.default_headers, *head.get("headers", ())]
        named = dict(fields)
        if (
            message.get("more_body")
            or len(body) > SMALL
            or named.get(b"content-length") != b"%d" % len(body)
            or not UNUSUAL.isdisjoint(named)
            or not cycle.keep_alive
            or cycle.flow.write_paused
            or cycle.disconnected
            or cycle.scope["method"] == "HEAD"
        ):
            return False
        lines = [line(name, value) for name, value in fields]
        answer = b"".join((STATUS_LINE[head["status"]], *lines, b"\r\n", body))
        if len(self._tasks) > FEW:
            self._outgoing.add(cycle.transport, answer)
        else:
            cycle.transport.write(answer)
        cycle.waiting_for_100_continue = False
        cycle.response_started = cycle.response_complete = True
        cycle.message_event.set()
        cycle.on_response()
        return True


@lru_cache(maxsize=KEPT)
def line(name: bytes, value: bytes) -> bytes:
    """The line of a header field. Raises RuntimeError for one that would be more than a line."""
    if HEADER_RE.search(name) or HEADER_VALUE_RE.search(value):
        raise RuntimeError("A header field may not hold control characters.")
    return name + b": " + value + b"\r\n"
