"""The head of an answer goes out together with the beginning of its body: one call of the system in the place of two,
and one packet. ASGI asks for it, and uvicorn writes each by itself.

https://asgi.readthedocs.io/en/latest/specs/www.html#response-start-send-event
"""

from __future__ import annotations

import asyncio
from typing import Final

GO_ON: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
SMALL: Final = 65_536
"""Bytes of a body that are copied, which costs less than a call of the system; a larger one goes out by itself."""


class Joined(asyncio.Transport):
    """What uvicorn writes the answers of one connection to. Each begins with its head, which waits for what comes next;
    `end` ends an answer, also one without a body."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._head: bytes | None = b""  # None: it is written
        self.is_closing = transport.is_closing  # type: ignore[method-assign] # asked for each request

    def write(self, data: bytes) -> None:  # type: ignore[override] # uvicorn writes nothing else
        """As asyncio's; nothing more is written to a connection that is gone, where uvloop would raise."""
        if self.is_closing():
            self._head = None
        elif self._head is None or data == GO_ON:
            self._transport.write(data)
        elif not self._head:
            self._head = data
        elif len(data) > SMALL:
            self._flush()
            self._transport.write(data)
        else:
            self._transport.write(self._head + data)
            self._head = None

    def end(self) -> None:
        """The answer is complete; the next one begins with its head."""
        self._flush()
        self._head = b""

    def close(self) -> None:
        """As asyncio's: what was written goes out."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        head, self._head = self._head, None
        if head and not self.is_closing():
            self._transport.write(head)
