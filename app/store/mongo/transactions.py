"""Several writes in one transaction of MongoDB, which replica sets and sharded clusters have.

The server ends a transaction that touches what another one has changed, and the driver one whose connection is lost; it
is then begun anew. https://www.mongodb.com/docs/manual/core/transactions-in-applications/
"""

from __future__ import annotations

import asyncio
import random
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

from pymongo.errors import PyMongoError, ServerSelectionTimeoutError
from pymongo.read_concern import ReadConcern

from app.errors import NoTransactions

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from motor.motor_asyncio import AsyncIOMotorClientSession, AsyncIOMotorDatabase

T = TypeVar("T")

Database: TypeAlias = "AsyncIOMotorDatabase[dict[str, Any]]"
Session: TypeAlias = "AsyncIOMotorClientSession"

LONGEST: Final = 10.0
"""Seconds after which a transaction is not begun anew any more, nor its commit repeated."""

PAUSES: Final = (0.005, 0.32)
"""Seconds that it waits at most before it is begun anew: the first time, and after so many that it grew no more."""


class Overtaken(PyMongoError):
    """Another request was faster than a transaction, which is to be begun anew."""

    def __init__(self) -> None:
        super().__init__("", ["TransientTransactionError"])


class Transactions:
    """Runs work in transactions of a database, with its write concern."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._there = False

    async def run(self, work: Callable[[Session], Awaitable[T]]) -> T:
        """What the work returns, when all it did with the session is durable; nothing of it is kept if it raises.

        The work may run several times. Raises NoTransactions, before anything is done."""
        await self._check()
        end = monotonic() + LONGEST
        pause, longest = PAUSES
        async with await self._database.client.start_session() as session:
            while True:
                try:
                    return await self._tried(session, work, end)
                except PyMongoError as error:
                    if not _worth_repeating(error, "TransientTransactionError", end):
                        raise
                await asyncio.sleep(random.uniform(0, pause))  # noqa: S311 - so that two do not meet for ever
                pause = min(2 * pause, longest)

    async def _check(self) -> None:
        """Raise NoTransactions where the server has none; one that has them is not asked again.

        https://www.mongodb.com/docs/manual/reference/command/hello/"""
        if not self._there:
            hello = await self._database.command("hello")
            self._there = "setName" in hello or hello.get("msg") == "isdbgrid"
        if not self._there:
            raise NoTransactions

    async def _tried(self, session: Session, work: Callable[[Session], Awaitable[T]], end: float) -> T:
        session.start_transaction(ReadConcern("snapshot"), self._database.write_concern)
        try:
            done = await work(session)
            await _commit(session, end)
        finally:
            if session.delegate.in_transaction:
                await session.abort_transaction()
        return done


async def _commit(session: Session, end: float) -> None:
    """Repeated where the answer was lost: a commit that was done is done once."""
    while True:
        try:
            await session.commit_transaction()
        except PyMongoError as error:
            if not _worth_repeating(error, "UnknownTransactionCommitResult", end):
                raise
        else:
            return


def _worth_repeating(error: PyMongoError, label: str, end: float) -> bool:
    """Whether the driver says so, there is time, and the server is not simply away."""
    away = isinstance(error, ServerSelectionTimeoutError)
    return error.has_error_label(label) and not away and monotonic() < end
