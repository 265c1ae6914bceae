"""Places for what a store does at once. Whoever waits for one waits in the line of its client, and the lines take
turns: a client that asks for much waits for itself, and keeps others waiting for one of its requests at a time."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from typing import TYPE_CHECKING

from app.store.deadline import CURRENT

if TYPE_CHECKING:
    from types import TracebackType


class Places:
    """So many places, to be used like an `asyncio.Semaphore`."""

    def __init__(self, number: int) -> None:
        self._free = number
        self._lines: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        self._last: deque[asyncio.Future[None]] = deque()

    async def acquire(self, *, last: bool = False) -> None:
        """Return when there is a place, and where it is the `last` one that is wanted, when nobody else waits."""
        if self._free:  # then nobody waits
            self._free -= 1
            return
        place = asyncio.get_running_loop().create_future()
        if last:
            self._last.append(place)
        else:
            deadline = CURRENT.get()
            self._lines.setdefault(deadline.client if deadline else "", deque()).append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self.release()  # it came just when nobody waited any more
            raise

    def release(self) -> None:
        """Give a place to the first of the line whose turn it is."""
        while self._lines or self._last:
            place = self._next()
            if not place.done():
                place.set_result(None)
                return
        self._free += 1

    def _next(self) -> asyncio.Future[None]:
        if not self._lines:
            return self._last.popleft()
        client, line = self._lines.popitem(last=False)
        place = line.popleft()
        if line:
            self._lines[client] = line
        return place

    async def __aenter__(self) -> None:
        await self.acquire()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
