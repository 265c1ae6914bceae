"""The one thread that writes: what is waiting goes into one commit, so that many writes share one flush of the disk."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import apsw

from app.store.deadline import in_time
from app.store.failures import closed
from app.store.sqlite.failures import in_our_words

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

GROUP: Final = 256
"""So many jobs share one commit at most."""

LONG: Final = 0.02
TURN: Final = 0.002
"""Seconds: after a commit that took so long, another process that waits to write is given so long to begin."""

OPTIMIZE: Final = 3600.0
"""Seconds between two looks at the statistics of the tables: https://www.sqlite.org/pragma.html#pragma_optimize"""


@dataclass(frozen=True, slots=True)
class Job(Generic[T]):
    """Work for the writing thread, and where its answer goes."""

    work: Callable[[apsw.Connection], T]
    answer: Future[T] = field(default_factory=Future)


class Writer:
    """Runs jobs on a connection, each in a savepoint: one that fails takes back what it did and nothing else.

    An answer is given when the commit is on disk. `close` lets the waiting jobs finish, then ends the thread and the
    connection."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._waiting: SimpleQueue[Job[Any] | None] = SimpleQueue()
        self._closed = False
        self._ended: Future[None] = Future()
        self._thread = Thread(target=self._serve, name="dmi-writer", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many jobs wait for the next commit."""
        return self._waiting.qsize()

    async def run(self, work: Callable[[apsw.Connection], T]) -> T:
        """What the work returns, once it is durable. Raises what it raises, and StoreUnavailable."""
        if self._closed:
            raise closed()
        job = Job(work)
        self._waiting.put(job)
        return await asyncio.wrap_future(job.answer)

    async def close(self) -> None:
        """Finish the jobs that wait, then end."""
        if not self._closed:
            self._closed = True
            self._waiting.put(None)
            await asyncio.wrap_future(self._ended)
            self._thread.join()

    def _serve(self) -> None:
        optimized, jobs = monotonic(), self._next_jobs()
        while jobs[-1] is not None:
            begun = monotonic()
            self._commit(jobs)
            if begun - optimized > OPTIMIZE:
                self._optimize()
                optimized = begun
            if monotonic() - begun > LONG:
                sleep(TURN)
            jobs = self._next_jobs()
        self._commit(jobs)
        self._optimize()
        self._connection.close()
        self._ended.set_result(None)

    def _next_jobs(self) -> list[Job[Any] | None]:
        """All jobs that wait, up to the size of a group; None at the end of the last group."""
        jobs = [self._waiting.get()]
        while jobs[-1] is not None and len(jobs) < GROUP:
            try:
                jobs.append(self._waiting.get_nowait())
            except Empty:
                break
        return jobs

    def _commit(self, waiting: list[Job[Any] | None]) -> None:
        jobs = [job for job in waiting if job and job.answer.set_running_or_notify_cancel()]
        if not jobs:
            return
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            outcomes = [self._outcome(job.work) for job in jobs]
            self._connection.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait have to hear of it
            said = in_our_words(error, self._connection.system_errno)
            with suppress(apsw.Error):
                self._connection.execute("ROLLBACK")
            outcomes = [said for _ in jobs]
        for job, outcome in zip(jobs, outcomes, strict=True):
            if isinstance(outcome, Exception):
                job.answer.set_exception(outcome)
            else:
                job.answer.set_result(outcome)

    def _outcome(self, work: Callable[[apsw.Connection], Any]) -> Any:
        """What the work returns or raises. Raises where SQLite has given up the whole transaction."""
        self._connection.execute("SAVEPOINT job")
        try:
            outcome = work(self._connection)
        except Exception as error:  # whatever it is, it is for the one who asked
            if not self._connection.in_transaction:
                raise
            outcome = in_our_words(error, self._connection.system_errno)
            self._connection.execute("ROLLBACK TO job")
        self._connection.execute("RELEASE job")
        return outcome

    def _optimize(self) -> None:
        with suppress(apsw.Error):  # statistics are a convenience; another process may be writing
            self._connection.execute("PRAGMA optimize")


class AmongWrites:
    """The reads of a store in memory, whose one connection is the writer's: each waits its turn there."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    async def run(self, work: Callable[[apsw.Connection], T]) -> T:
        """What the work returns. One that has begun goes on when its caller's time is over, and nobody hears of it."""
        async with in_time():
            return await self._writer.run(work)

    async def run_statement(self, work: Callable[[apsw.Connection], T]) -> T:
        """As `run`: it shares a transaction with others."""
        return await self.run(work)

    async def close(self) -> None:
        """Leave that to the writer."""
