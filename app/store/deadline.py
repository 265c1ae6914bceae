"""How long a request may take. When its time is over, what it reads is stopped in the store, and it begins no write.

A write that has begun goes on to its end, so that it is whole or absent, and is answered as it ended. Whoever is no
request – a command, the start of the server – takes as long as it takes.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from contextvars import ContextVar
from time import monotonic
from typing import TYPE_CHECKING, Final

from app.errors import OutOfTime

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Deadline:
    """The end of a request's time, in so many seconds from now, when it began (by the clock of `time.monotonic`), and
    the client whose request it is."""

    __slots__ = ("_end", "begun", "client", "seconds")

    def __init__(self, seconds: float, client: str = "") -> None:
        self.seconds = seconds
        self.client = client
        self.begun = monotonic()
        self._end = self.begun + seconds

    def renew(self) -> None:
        """Begin again."""
        self.begun = monotonic()
        self._end = self.begun + self.seconds

    def left(self) -> float:
        """Seconds until the end. Raises OutOfTime."""
        left = self._end - monotonic()
        if left <= 0:
            raise OutOfTime(self.seconds)
        return left


CURRENT: Final[ContextVar[Deadline | None]] = ContextVar("deadline", default=None)
"""That of the request which is being answered."""


def time_left() -> float | None:
    """Seconds that are left to the request, None where it has no end. Raises OutOfTime."""
    deadline = CURRENT.get()
    return deadline.left() if deadline else None


def renew() -> None:
    """Begin the time of the request again: an answer of any length is made piece by piece."""
    if deadline := CURRENT.get():
        deadline.renew()


@asynccontextmanager
async def in_time() -> AsyncIterator[None]:
    """What is done inside is cancelled at the end of the request's time. Raises OutOfTime then."""
    deadline = CURRENT.get()
    if deadline is None:
        yield
        return
    try:
        async with asyncio.timeout(deadline.left()) as limit:
            yield
    except TimeoutError:
        if not limit.expired():
            raise
        raise OutOfTime(deadline.seconds) from None
