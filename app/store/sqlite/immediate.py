"""Short reads, in the thread of the event loop: 50 resources are read in 0.2 ms, and to hand that to another thread and
back takes half as long again, more where threads contend for the interpreter.

No read may keep the loop, so each is given a little time. One that is not done by then is given up, and begun anew in a
thread that may take its time, where it has the same answer. What it computes is measured in time of the processor: on a
busy machine any read takes long by the clock, and to begin it twice would make that worse. By the clock it is given
more, for what a disk has to bring. Nothing can end a disk's single answer, so the loop may wait for the few pages
between two looks at the time: those of four resources.
"""

from __future__ import annotations

from math import inf
from time import monotonic, thread_time
from typing import TYPE_CHECKING, Final, TypeVar

import apsw

from app.store.deadline import time_left
from app.store.sqlite.loop_time import LoopTime
from app.store.sqlite.readers import end

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from app.store.sqlite.readers import Readers

T = TypeVar("T")

COMPUTING: Final = 0.002
WAITING: Final = 0.03
"""Seconds that a read may take in the loop's thread: of the processor, and by the clock. The processor's are counted
only if the first have gone by the clock, since to ask for them takes as long as to read a resource."""

STATEMENTS: Final = 256
"""Prepared statements that are kept, some 6 KB each: those of the searches of many types, sorts and parameters."""

STEPS: Final = 50
"""Steps of SQLite's virtual machine between two looks at the time; a look takes as long as two or three steps."""


class Impatient(apsw.Connection):
    """A connection that only reads, and interrupts what takes its time; it waits for no other process."""

    def __init__(self, path: str) -> None:
        super().__init__(path, flags=apsw.SQLITE_OPEN_READONLY, statementcachesize=STATEMENTS)
        # Else a statement is planned anew for each value that is bound to it, which takes half as long as the read:
        # https://www.sqlite.org/c3ref/c_dbconfig_defensive.html#sqlitedbconfigenableqpsg
        self.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
        self._begun = inf
        self._computed: float | None = None
        self.set_progress_handler(self._is_late, STEPS)

    def hurried(self, work: Callable[[apsw.Connection], T], begun: float) -> T:
        """What the work returns; it has `begun` now. Raises apsw.InterruptError where it takes longer than a read
        may."""
        self._begun, self._computed = begun, None
        try:
            return work(self)
        finally:
            self._begun = inf

    def _is_late(self) -> bool:
        passed = monotonic() - self._begun
        if passed > WAITING:
            return True
        if passed < COMPUTING:
            return False
        if self._computed is None:
            self._computed = thread_time()
        return thread_time() - self._computed > COMPUTING


class Immediate:
    """Runs reads at once on a connection of the loop's thread, or in a thread of `readers`.

    Those of one turn of the loop see the state of one moment: to begin and end a transaction takes as long as a third
    of a short read. Whatever a request knows by then was there before the turn, so none sees a state from before."""

    def __init__(self, connection: Impatient, readers: Readers) -> None:
        self._connection = connection
        self._readers = readers
        self._time = LoopTime(self._let_go)
        self._has_read = self._has_begun = False  # something, and a transaction, in this turn

    def run(self, work: Callable[[apsw.Connection], T]) -> Awaitable[T]:
        """What the work returns; it may be begun twice. Raises what it raises, and StoreUnavailable."""
        return self._run(work, single=False)

    def run_statement(self, work: Callable[[apsw.Connection], T]) -> Awaitable[T]:
        """As `run`, for work that is a single statement, and so reads what is of one moment without a transaction."""
        return self._run(work, single=True)

    async def close(self) -> None:
        """Close the connection, on which nothing can be running now."""
        self._connection.close()
        self._has_begun = False

    async def _run(self, work: Callable[[apsw.Connection], T], *, single: bool) -> T:
        time_left()
        if not self._time.is_time:
            await self._time.turn()
            time_left()
        begun, connection = monotonic(), self._connection
        try:
            if not self._has_begun and (self._has_read or not single):
                connection.execute("BEGIN")
                self._has_begun = True
            self._has_read = True
            return connection.hurried(work, begun)
        except apsw.Error:  # it is late, or what it met is met again there, and told in our words
            pass
        finally:
            self._time.spent(monotonic() - begun)
        return await self._readers.run(work)

    def _let_go(self) -> None:
        """Of the state that this turn has seen."""
        if self._has_begun:
            end(self._connection)
        self._has_read = self._has_begun = False
