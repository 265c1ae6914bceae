"""The ledger of a store: names that one request at a time may hold, among all processes that use the store."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from typing import TYPE_CHECKING, Final, Protocol

from app.errors import DmiError, InProgress, StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Iterable

    from app.store.repository import Reservation

LEASE: Final = 15.0
"""Seconds after which a name is free again though nobody let go of it: its holder was killed. Longer than any write of
a store takes: who begins one must not lose the name before it is done."""

PATIENCE: Final = 20.0
"""Seconds to wait for whoever holds a name: more than a lease, so that what a killed server left is done."""

_RENEWALS: Final = 4
"""Times that a holder asks again within a lease."""

_FIRST_PAUSE: Final = 0.005
_LONGEST_PAUSE: Final = 0.25


class Ledger(Protocol):
    """The part of a repository that keeps who does what."""

    async def reserve(self, name: str, holder: str, seconds: float) -> Reservation:
        """As `Repository.reserve`."""

    async def settle(self, name: str, holder: str, answer: str | None) -> None:
        """As `Repository.settle`."""


class Patience:
    """Waits longer and longer between the looks at a name that another one holds, but not for ever."""

    def __init__(self, seconds: float = PATIENCE) -> None:
        self._clock = asyncio.get_running_loop().time
        self._end = self._clock() + seconds
        self._pause = _FIRST_PAUSE

    async def pause(self) -> None:
        """Wait for the next look. Raises InProgress at the end of the patience."""
        if self._clock() >= self._end:
            raise InProgress
        await asyncio.sleep(self._pause)
        self._pause = min(2 * self._pause, _LONGEST_PAUSE)


@contextlib.asynccontextmanager
async def holding(ledger: Ledger, names: Collection[str], holder: str) -> AsyncIterator[None]:
    """Go on holding names while the block runs, however long that takes."""
    done = asyncio.Event()
    renewal = asyncio.create_task(_renew(ledger, names, holder, done))
    try:
        yield
    finally:
        done.set()
        await renewal  # one that came late would shorten the time of what is settled after the block


async def _renew(ledger: Ledger, names: Collection[str], holder: str, done: asyncio.Event) -> None:
    while True:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LEASE / _RENEWALS):
                await done.wait()
            return
        with contextlib.suppress(DmiError):  # the next time, or it is free when its time is over
            for name in tuple(names):
                await ledger.reserve(name, holder, LEASE)


async def let_go(ledger: Ledger, name: str, holder: str) -> None:
    """Make a name free again; where the store does not answer, it is free when its time is over."""
    with contextlib.suppress(StoreUnavailable):
        await ledger.settle(name, holder, None)


@contextlib.asynccontextmanager
async def turns(ledger: Ledger, names: Iterable[str]) -> AsyncIterator[None]:
    """Hold all of the names while the block runs; who wants several takes them in the same order, so nobody waits for
    ever. Raises InProgress."""
    holder, mine = str(uuid.uuid4()), list[str]()
    try:
        async with holding(ledger, mine, holder):
            patience = Patience()
            for name in sorted(set(names)):
                while not (await ledger.reserve(name, holder, LEASE)).held:
                    await patience.pause()
                mine.append(name)
            yield
    finally:
        for name in mine:
            await let_go(ledger, name, holder)
