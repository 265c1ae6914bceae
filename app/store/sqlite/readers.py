"""The threads that read: each read sees one state of the database and never waits for a write."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

import apsw

from app.store.deadline import in_time
from app.store.failures import closed
from app.store.fair_places import Places
from app.store.sqlite.failures import in_our_words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")

AGAIN: Final = 0.01
"""Seconds between two interruptions."""


class Readers:
    """Runs reads, as many at a time as there are connections; `waiting` are those for which there is none. `close` lets
    them finish and ends."""

    def __init__(self, connections: Sequence[apsw.Connection]) -> None:
        self._connections = connections
        self._idle = list(connections)
        self._turns = Places(len(connections))
        self._threads = ThreadPoolExecutor(len(connections), thread_name_prefix="dmi-reader")
        self._closed = False
        self.waiting = 0

    @property
    def running(self) -> int:
        """How many reads go on now."""
        return len(self._connections) - len(self._idle)

    async def run(self, work: Callable[[apsw.Connection], T]) -> T:
        """What the work returns; when the caller no longer waits for it, or its time is over, it is stopped."""
        async with in_time():
            return await self._run(work)

    async def _run(self, work: Callable[[apsw.Connection], T]) -> T:
        if self._closed:
            raise closed()
        self.waiting += 1
        try:
            await self._turns.acquire()
        finally:
            self.waiting -= 1
        connection = self._idle.pop()
        reading = asyncio.get_running_loop().run_in_executor(self._threads, in_one_state, connection, work)
        reading.add_done_callback(partial(self._read, connection))
        try:
            return await asyncio.shield(reading)
        except asyncio.CancelledError:
            _stop(connection, reading)
            raise
        except apsw.Error as error:
            raise in_our_words(error) from None

    async def run_statement(self, work: Callable[[apsw.Connection], T]) -> T:
        """As `run`: a thread costs more than a transaction does."""
        return await self.run(work)

    def _read(self, connection: apsw.Connection, reading: asyncio.Future[T]) -> None:
        self._idle.append(connection)
        self._turns.release()
        if not reading.cancelled():
            reading.exception()  # of a caller that went away nobody asks for it, and asyncio would print it

    async def close(self) -> None:
        """Let the reads finish, then end."""
        if not self._closed:
            self._closed = True
            for _ in self._connections:
                await self._turns.acquire(last=True)
            for connection in self._connections:
                connection.close()
            self._threads.shutdown()


def _stop(connection: apsw.Connection, reading: asyncio.Future[T]) -> None:
    """Interrupt what runs, until it is over: between two statements there is nothing to interrupt."""
    if not reading.done():
        connection.interrupt()
        asyncio.get_running_loop().call_later(AGAIN, _stop, connection, reading)


def in_one_state(connection: apsw.Connection, work: Callable[[apsw.Connection], T]) -> T:
    """What the work returns; all that it reads is of one moment."""
    end(connection)
    connection.execute("BEGIN")
    try:
        return work(connection)
    finally:
        with suppress(apsw.InterruptError):  # it ends before the next work then
            end(connection)


def end(connection: apsw.Connection) -> None:
    """End a transaction, if there is one."""
    if connection.in_transaction:
        connection.execute("ROLLBACK")
