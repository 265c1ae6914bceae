"""The trail of use: every request for resources becomes AuditEvents, which a store keeps apart from all resources.

Events wait in a bounded queue and are kept in batches. `required`: an answer waits until its events are kept, and is
refused where they cannot be; else events that find no room are lost, counted and told in the log.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
import uuid
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from app.errors import DmiError, StoreUnavailable, origin
from app.store.repository import Event
from app.store.version import instant, utc_now
from app.usage.audit_event import audit_event, touched

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from app.usage.record import Record

LOGGER = logging.getLogger("dmi")

WAITING: Final = 10_000
"""Events that may wait to be kept."""

BATCH: Final = 500
TICK: Final = 0.2
"""Seconds for which events are collected, where no answer waits for them."""

AGAIN: Final = 1.0
"""Seconds after which it is tried again to keep what could not be kept."""

PATIENCE: Final = 5.0
"""Seconds that an answer waits for its events."""

LAST: Final = 5.0
"""Seconds that the last ones have at the end."""


class Keeper(Protocol):
    """The part of a store that keeps events."""

    async def keep_events(self, events: Sequence[Event]) -> None:
        """As `Repository.keep_events`."""


class Waiting(NamedTuple):
    """An event, and who waits for it."""

    event: Event
    kept: asyncio.Future[None] | None


class AuditTrail:
    """A witness that keeps events in a store, which is open when it is opened.

    `kept` and `missing` count events; `works` is whether the store took the last ones."""

    def __init__(self, store: Keeper, *, required: bool) -> None:
        self._store = store
        self._required = required
        self._waiting: deque[Waiting] = deque()
        self._arrived = asyncio.Event()
        self._ending = False
        self._task: asyncio.Task[None] | None = None
        self.works = True
        self.kept = 0
        self.missing = 0

    async def open(self) -> None:
        """Begin to keep."""
        self._task = asyncio.create_task(self._keep_again_and_again())

    async def close(self) -> None:
        """Keep what waits, within bounds."""
        if self._task is None:
            return
        self._ending = True
        self._arrived.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST):
                await asyncio.shield(self._task)
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        if lost := len(self._waiting):
            self.missing += lost
            LOGGER.error("the audit trail ends without %s events, which the store did not take", lost)

    def check(self) -> None:
        """Raises StoreUnavailable where answers are refused, since their events cannot be kept."""
        if self._required and not self.works:
            raise _unkept()

    def note(self, record: Record) -> None:
        """Have the events of a request kept soon, as far as they are not kept yet."""
        for event in events_of(record):
            if len(self._waiting) >= WAITING:
                self._lose(1)
            else:
                self._put(Waiting(event, None))

    async def keep(self, record: Record) -> None:
        """Return when the events of what a request did so far are kept. Raises StoreUnavailable where that cannot be
        now: whoever asked must not see the answer."""
        events = events_of(record)
        if len(self._waiting) + len(events) > WAITING:
            raise _unkept()
        loop = asyncio.get_running_loop()
        waiting = [Waiting(event, loop.create_future()) for event in events]
        for each in waiting:
            self._put(each)
        try:
            async with asyncio.timeout(PATIENCE):
                await asyncio.gather(*(each.kept for each in waiting if each.kept))
        except TimeoutError:
            self._stop(f"the store has not taken an event for {PATIENCE:g} seconds")
            raise _unkept() from None

    async def keep_or_note(self, record: Record) -> None:
        """As `keep` where that is required, else as `note`."""
        if self._required:
            await self.keep(record)
        else:
            self.note(record)

    def _put(self, waiting: Waiting) -> None:
        self._waiting.append(waiting)
        self._arrived.set()

    async def _keep_again_and_again(self) -> None:
        while not (self._ending and not self._waiting):
            await self._arrived.wait()
            self._arrived.clear()
            if not self._required and not self._ending:
                await asyncio.sleep(TICK)
            while self._waiting:
                await self._keep_batch()

    async def _keep_batch(self) -> None:
        batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
        try:
            await self._store.keep_events([each.event for each in batch])
        except asyncio.CancelledError:
            self._waiting.extendleft(reversed(batch))
            raise
        except Exception as error:  # noqa: BLE001 - also one that nobody expects must not end the trail unseen
            self._fail(batch, error)
            await asyncio.sleep(AGAIN)
            return
        self.kept += len(batch)
        self.works = True
        for each in batch:
            if each.kept and not each.kept.done():
                each.kept.set_result(None)

    def _fail(self, batch: Sequence[Waiting], error: Exception) -> None:
        """Refuse those that wait, and try again: what was done has to be told, whatever was answered."""
        self._stop(error.en if isinstance(error, DmiError) else origin(error))
        for each in batch:
            if each.kept and not each.kept.done():
                each.kept.set_exception(_unkept())
                each.kept.exception()  # whoever waited may be gone
        self._waiting.extendleft(Waiting(each.event, None) for each in reversed(batch))

    def _stop(self, reason: str) -> None:
        """It is said once, until it works again."""
        if self.works:
            LOGGER.error("the audit trail cannot be kept: %s", reason)
        self.works = False

    def _lose(self, number: int) -> None:
        if not self.missing:
            LOGGER.error("the audit trail loses events: the store does not take them as fast as they come")
        self.missing += number


def events_of(record: Record) -> list[Event]:
    """The events of what a request did since this was asked last; none where it asked for no resources."""
    use = record.use
    if use is None or not (use.interaction or use.status in (401, 403)):
        return []
    first, patients, read, kept = use.taken()
    if not (first or patients or read or kept):
        return []
    now = utc_now()
    return [
        Event(id_, audit_event(id_, instant(now), record, use, each))
        for each in touched(use, patients, read, kept)
        for id_ in (new_id(),)
    ]


def new_id() -> str:
    """An id that begins with the time, so that later ones are larger.

    https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-7"""
    random = secrets.randbits(74)
    high, low = random >> 62, random & (1 << 62) - 1
    return str(uuid.UUID(int=time.time_ns() // 1_000_000 << 80 | 0x7 << 76 | high << 64 | 0x2 << 62 | low))


def id_at(moment: datetime) -> str:
    """An id ahead of those from a moment on, and behind all before it."""
    return str(uuid.UUID(int=int(moment.timestamp() * 1_000) << 80))


def _unkept() -> StoreUnavailable:
    return StoreUnavailable(
        "The audit trail cannot be kept now, and this server answers nothing without it (DMI_AUDIT=required). What was "
        "sent may have been stored all the same. Repeat the request later.",
        "La piste d’audit ne peut pas être tenue pour l’instant, et ce serveur ne répond rien sans elle "
        "(DMI_AUDIT=required). Ce qui a été envoyé a pu être enregistré malgré tout. Répétez la requête plus tard.",
    )
