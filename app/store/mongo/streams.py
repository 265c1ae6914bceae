"""Change streams of a database, read step by step: https://www.mongodb.com/docs/manual/changeStreams/

A step takes a place among the requests while it waits at the server for a change; so it waits a short time, and few of
them wait at once. One that has begun is not given up, since the driver may not be disturbed in it: it is waited for
again by whoever reads on, or closes the stream.

A position is the text of a resume token. Later ones are greater: https://jira.mongodb.org/browse/DOCS-11616
"""

from __future__ import annotations

import asyncio
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo.errors import InvalidOperation, OperationFailure

from app.errors import CursorGone, InvalidCursor, NoChanges
from app.store.failures import closed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from motor.motor_asyncio import AsyncIOMotorDatabase

    from app.store.mongo.server import Server

Database: TypeAlias = "AsyncIOMotorDatabase[dict[str, Any]]"

AT_ONCE: Final = 2
"""So many streams of a kind wait for a change at a time; where there are more, they take turns."""

WAIT: Final = 200
"""Milliseconds that a stream waits at the server."""

SOON: Final = 0.002
"""Seconds within which the next change is given together with the last one."""

ROWS: Final = 100
SIZE: Final = 2**20
"""Changes, and bytes of them, that are given together unless a single one is larger."""

NO_STREAMS: Final = frozenset({40573})
LOST: Final = frozenset({260, 280, 286})
"""InvalidResumeToken, ChangeStreamFatalError, ChangeStreamHistoryLost:
https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml"""

UNREADABLE: Final = frozenset({9, *range(40646, 40650), *range(50788, 51058), *range(6189500, 6189506), 7182501})
"""A resume token that is none: https://github.com/mongodb/mongo/blob/master/src/mongo/db/pipeline/resume_token.cpp"""

_TOKEN: Final = re.compile(r"(?:[0-9A-Fa-f]{2}){1,500}")

RAW: Final[CodecOptions[RawBSONDocument]] = CodecOptions(document_class=RawBSONDocument)


class Step(NamedTuple):
    """The next event, or None where there was none for a while; all events up to the position are read."""

    event: RawBSONDocument | None
    position: str


class Stream:
    """What is written in collections of a database by inserting or replacing a document, behind a position; without
    one, from now on. `turns` are those of the streams of its kind. Raises InvalidCursor."""

    def __init__(
        self, server: Server, turns: asyncio.Semaphore, database: Database, names: Collection[str], since: str | None
    ) -> None:
        self._server = server
        self._turns = turns
        self._source: Any = database.with_options(codec_options=RAW).watch(
            [
                {"$match": {"operationType": {"$in": ["insert", "replace"]}, "ns.coll": {"$in": list(names)}}},
                {"$project": {"fullDocument.ix": 0, "fullDocument.sort": 0, "fullDocument.keys": 0}},
            ],
            resume_after=None if since is None else resume_token(since),
            max_await_time_ms=WAIT,
            batch_size=ROWS,
        )
        self._under_way: asyncio.Task[Step] | None = None

    async def begin(self) -> str:
        """Open it at the server; answers the position at which it begins."""
        async with self._server.request():
            with _told():
                await self._source.__aenter__()
        if self._source.resume_token is None:  # MongoDB before 4.0.7
            raise NoChanges
        return position_of(self._source.resume_token)

    async def steps(self) -> Sequence[Step]:
        """The next step, and others that follow at once, as long as they have events."""
        steps: list[Step] = []
        size = 0
        while len(steps) < ROWS and size < SIZE:
            self._under_way = self._under_way or asyncio.create_task(self._step())
            done, _ = await asyncio.wait({self._under_way}, timeout=SOON if steps else None)
            if not done:
                break
            under_way, self._under_way = self._under_way, None
            step = under_way.result()
            steps.append(step)
            if step.event is None:
                break
            size += len(step.event.raw)
        return steps

    async def close(self) -> None:
        """Close it here and at the server."""
        try:
            if self._under_way:
                await asyncio.gather(asyncio.shield(self._under_way), return_exceptions=True)
        finally:
            await self._source.close()

    async def _step(self) -> Step:
        async with self._turns, self._server.request():
            if self._server.closed:
                raise closed()
            with _told():
                event = await self._source.try_next()
        return Step(event, position_of(self._source.resume_token if event is None else event["_id"]))


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except OperationFailure as error:
        if error.code in NO_STREAMS:
            raise NoChanges from None
        if error.code in LOST:
            raise CursorGone from None
        if error.code in UNREADABLE:
            raise InvalidCursor from None
        raise
    except InvalidOperation:  # the client was closed
        raise closed() from None


def position_of(token: Mapping[str, Any]) -> str:
    """The position that a resume token stands for."""
    text: str = token["_data"]
    return text


def resume_token(position: str) -> Mapping[str, Any]:
    """The resume token of a position. Raises InvalidCursor."""
    if not _TOKEN.fullmatch(position):
        raise InvalidCursor
    return {"_data": position}
