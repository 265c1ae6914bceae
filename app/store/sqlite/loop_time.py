"""What reads may take of the event loop's time: after some milliseconds of them it first sees to what else is waiting.

Then that request reads first which began first: so it comes to its end, and its documents are still in the processor's
caches, while later ones wait as long as they would in a queue of whole requests."""

from __future__ import annotations

import asyncio
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING, Final

from app.store.deadline import CURRENT

if TYPE_CHECKING:
    from collections.abc import Callable

TURN: Final = 0.003
"""Seconds of reads in one turn of the loop."""


class LoopTime:
    """The reads of one event loop. Each asks whether there `is_time`, waits for `turn` where there is none, and tells
    what it has `spent`. `over` is called when a turn with reads is over."""

    def __init__(self, over: Callable[[], None]) -> None:
        self._over = over
        self._spent = 0.0
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []  # a heap: the one that began first is first
        self._numbers = count()
        self._called = False  # one of them, who has not read yet

    @property
    def is_time(self) -> bool:
        """Whether a read may begin now."""
        return self._spent < TURN and not self._waiting and not self._called

    async def turn(self) -> None:
        """Return when a read may begin."""
        place = asyncio.get_running_loop().create_future()
        deadline = CURRENT.get()
        heappush(self._waiting, (deadline.begun if deadline else 0.0, next(self._numbers), place))
        self._call()
        try:
            await place
        except BaseException:
            if place.done() and not place.cancelled():  # it was called just when nobody waited any more
                self._called = False
                self._call()
            raise
        self._called = False

    def spent(self, seconds: float) -> None:
        """A read has taken so long."""
        if not self._spent:
            asyncio.get_running_loop().call_soon(self._begin)
        self._spent += seconds
        if self._waiting:
            self._call()

    def _begin(self) -> None:
        self._spent = 0.0
        try:
            self._over()
        finally:
            self._call()

    def _call(self) -> None:
        while self._waiting and not self._called and self._spent < TURN:
            _, _, place = heappop(self._waiting)
            if not place.done():
                place.set_result(None)
                self._called = True
