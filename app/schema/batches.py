"""What is asked for one by one and read together.

Nothing is read while a level is built, whatever turns others get meanwhile: a batch closes some turns of the event loop
after somebody waits for it, when all who wait for the same level have asked, or at `flush`.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from msgspec import Struct, field

from app.store.failures import slow

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator, Hashable, Iterator

    Read = Callable[[list[Any]], Awaitable[list[Any]]]

Answer = TypeVar("Answer")

TURNS: Final = 2
"""Turns of the event loop in which others may ask: one begins what is waited for, in the next it begins its parts."""


class Others(Struct, eq=False):
    """Whether others wait for the same level, who may ask for more, and how many batches are not read yet."""

    may_ask: bool = True
    unread: int = 0


class Batch:
    """Keys that are read together, by `read(keys)`, which answers a value or an exception for each."""

    __slots__ = ("_awaited", "_end", "_error", "_others", "_read", "closed", "done", "keys", "values")

    def __init__(self, read: Read, others: Others) -> None:
        self._read = read
        self._others = others
        self._awaited = False
        self.values: dict[Hashable, Any] = {}
        self._end: asyncio.Future[None] | None = None  # of those who wait while another one reads
        self._error: Exception | None = None
        self.keys: list[Any] = []
        self.closed = False
        self.done = False

    async def fetch(self) -> None:
        """Close the batch and read it, unless somebody did."""
        if self.closed:
            await self._ended()
            return
        self.closed = True
        try:
            self.values = dict(zip(self.keys, await self._read(self.keys), strict=True))
        except Exception as error:  # noqa: BLE001 - it is raised to everybody who holds a ticket
            self._error = error
        except BaseException:
            self._error = slow()
            raise
        finally:
            self.done = True
            self._others.unread -= 1
            if self._end is not None:
                self._end.set_result(None)

    def answer(self, key: Hashable) -> Any:
        """What was read for a key. Raises what reading raised."""
        found = self.values.get(key, self._error)
        if isinstance(found, Exception):
            raise found.with_traceback(None)
        return found

    async def arrival(self) -> None:
        """Return when it is read. Whoever waits first reads it, after some turns in which others may still ask."""
        if self.closed or self._awaited:
            await self._ended()
            return
        self._awaited = True
        try:
            for _ in range(TURNS if self._others.may_ask else 0):
                await asyncio.sleep(0)
        finally:
            await self.fetch()

    async def _ended(self) -> None:
        if self.done:
            return
        if self._end is None:
            self._end = asyncio.get_running_loop().create_future()
        await asyncio.shield(self._end)


class Ticket(Struct, Generic[Answer], eq=False):
    """One answer of a batch, to be awaited."""

    batch: Batch
    key: Hashable

    def __await__(self) -> Generator[Any, None, Answer]:
        if not self.batch.done:
            yield from self.batch.arrival().__await__()
        answer: Answer = self.batch.answer(self.key)
        return answer


class Kind:
    """What was asked for of one kind: each key is in one batch, and is not read again."""

    __slots__ = ("_batches", "_made", "_open", "_others", "_read")

    def __init__(self, read: Read, made: list[Batch], others: Others) -> None:
        self._read = read
        self._made = made
        self._others = others
        self._open: Batch | None = None
        self._batches: dict[Hashable, Batch] = {}

    def batch(self, key: Hashable) -> Batch:
        """The batch that has, or will have, the answer for a key."""
        found = self._batches.get(key)
        if found is None:
            found = self._open
            if found is None or found.closed:
                found = self._open = Batch(self._read, self._others)
                self._made.append(found)
                self._others.unread += 1
            found.keys.append(key)
            self._batches[key] = found
        return found


class Batches(Struct, eq=False):
    """The batches of one request."""

    _kinds: dict[Hashable, Kind] = field(default_factory=dict)
    _made: list[Batch] = field(default_factory=list)
    _flushed: int = 0  # so many of them, in their order, need no flush any more
    others: Others = field(default_factory=Others)

    def known(self, kind: Hashable) -> Kind | None:
        """What was asked for of a kind, if anything was."""
        return self._kinds.get(kind)

    def of(self, kind: Hashable, read: Read) -> Kind:
        """What was asked for of a kind, which `read` reads."""
        found = self._kinds.get(kind)
        if found is None:
            found = self._kinds[kind] = Kind(read, self._made, self.others)
        return found

    def ask(self, kind: Hashable, key: Hashable, read: Read) -> Ticket[Any]:
        """A ticket for a key of a kind."""
        return Ticket(self.of(kind, read).batch(key), key)

    async def flush(self, *, at_once: bool) -> None:
        """Read what is asked for so far, and wait for what is being read.

        One by one where that takes no longer: other requests then do not come between, whose documents would take the
        place of this one's in the processor's caches; eight pages at once take a quarter less."""
        batches = [batch for batch in self._made[self._flushed :] if not batch.done]
        self._flushed = len(self._made)
        if at_once and len(batches) > 1:
            await asyncio.gather(*(batch.fetch() for batch in batches))
            return
        for batch in batches:
            await batch.fetch()

    def held(self) -> Iterator[dict[Hashable, Any]]:
        """The values of all batches, which those that are not read yet lack."""
        for batch in self._made:
            yield batch.values

    def forget(self) -> None:
        """Read everything anew from here on."""
        self._kinds.clear()
        self._made[:] = [batch for batch in self._made if not batch.done]
        self._flushed = 0
