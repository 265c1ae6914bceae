"""What waits to be sent to a client: so many bytes and no more, whatever the client does."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple

from app.web.live.protocol import Closing, Code

if TYPE_CHECKING:
    from collections.abc import Sequence

OVERHEAD: Final = 200
"""Bytes that a message takes beside its text."""


class Item(NamedTuple):
    """A message in parts, some of which others may wait for too, and what it counts for."""

    parts: Sequence[str]
    size: int


class Outbox:
    """Messages to one client, in their order. Beyond `most` bytes there is no room, but for a single message."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._waiting: deque[Item] = deque()
        self._size = 0
        self._closing: Closing | None = None
        self._changed = asyncio.Event()
        self._taken = asyncio.Event()

    @property
    def is_closing(self) -> bool:
        """Whether nothing is taken any more."""
        return self._closing is not None

    @property
    def is_slow(self) -> bool:
        """Whether that is because its client reads too slowly."""
        return self._closing is not None and self._closing.reason == SLOW

    @property
    def is_busy(self) -> bool:
        """Whether a good part of the room is taken."""
        return bool(self._waiting) and self._size > self._most // 2

    def put(self, *parts: str) -> bool:
        """Have a message sent; False where it is not. Where there is no room for it, the client reads too slowly, and
        is told so in place of all that waited."""
        if self._closing:
            return False
        size = OVERHEAD + sum(map(len, parts))
        if self._waiting and self._size + size > self._most:
            self.close(Closing(Code.TRY_AGAIN_LATER, SLOW))
            return False
        self._waiting.append(Item(parts, size))
        self._size += size
        self._changed.set()
        return True

    def close(self, closing: Closing, *, after_all: bool = False) -> None:
        """Have the socket closed, at once or `after_all` that waits."""
        if self._closing:
            return
        self._closing = closing.anew()
        if not after_all:
            self.clear()
        self._changed.set()
        self._taken.set()

    def clear(self) -> None:
        """Let go of what waits: nobody will take it."""
        self._waiting.clear()

    async def take(self) -> str:
        """The next message, as soon as there is one. Raises Closing at the end."""
        while not self._waiting:
            if self._closing:
                raise self._closing.anew()
            self._changed.clear()
            await self._changed.wait()
        item = self._waiting.popleft()
        self._size -= item.size
        self._taken.set()
        return "".join(item.parts)

    async def room(self, seconds: float) -> None:
        """Return when a good part of the room is free. A client that takes nothing for so long is told that it reads
        too slowly."""
        while self.is_busy and not self._closing:
            self._taken.clear()
            try:
                await asyncio.wait_for(self._taken.wait(), seconds)
            except TimeoutError:
                self.close(Closing(Code.TRY_AGAIN_LATER, SLOW))


SLOW: Final = "Read too slowly: subscribe again, with the cursor of the last change that was read"
"""Told to a client that does not read what waits for it, as the reason for which its socket is closed."""
