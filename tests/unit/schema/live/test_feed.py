from __future__ import annotations

import asyncio
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Any, cast

import pytest

from app.errors import CursorGone, InvalidCursor, StoreUnavailable
from app.schema.live import feed as feeds
from app.schema.live.feed import Feed
from app.store.repository import Batch, Change, Version
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Collection

    from app.schema.live.happening import Happening
    from app.store.repository import Repository


class Log:
    """A store that has nothing but a log of changes, in batches of two, and whose readers are counted."""

    def __init__(self) -> None:
        self.all: list[Change] = []
        self.readings: list[tuple[str, tuple[str, ...], str | None]] = []
        self.reading = 0
        self.most = 0
        self.away = False
        self.failure: Exception | None = None
        self._written = asyncio.Condition()

    async def write(self, *types: str) -> list[str]:
        """Have something of each type stored; the cursors."""
        made = []
        for type_name in types:
            cursor = f"{len(self.all) + 1:06}"
            version = Version(type_name, cursor, 1, "", "", "create", {"resourceType": type_name, "id": cursor})
            self.all.append(Change(cursor, version))
            made.append(cursor)
        await self.wake()
        return made

    async def wake(self) -> None:
        """Have everybody look again."""
        async with self._written:
            self._written.notify_all()

    async def latest(self) -> str:
        self._check()
        return self.all[-1].cursor if self.all else "000000"

    async def changes(
        self, since: str, types: Collection[str] | None = None, until: str | None = None
    ) -> AsyncIterator[Batch]:
        self.readings.append((since, tuple(sorted(types or ())), until))
        self.reading += 1
        self.most = max(self.most, self.reading)
        try:
            while True:
                self._check()
                if since == "bad":
                    raise InvalidCursor
                new = [each for each in self.all if since < each.cursor <= (until or "9")][:2]
                if new:
                    await asyncio.sleep(0)
                    since = new[-1].cursor
                    yield Batch([each for each in new if types is None or each.version.type in types], since)
                elif until is not None:
                    return
                else:
                    async with self._written:
                        await self._written.wait()
        finally:
            self.reading -= 1

    def _check(self) -> None:
        if self.failure:
            raise self.failure
        if self.away:
            raise StoreUnavailable("away", "absent")


def feed_of(log: Log) -> Feed:
    """The feed of a log."""
    return Feed(cast("Repository", log))


@asynccontextmanager
async def following(feed: Feed, type_name: str = "A", since: str | None = None) -> AsyncIterator[Any]:
    """The cursors that a follower has, and "-" whenever it has caught up."""
    follower = await feed.join(type_name)
    try:
        async with aclosing(cast("AsyncGenerator[Happening | None]", feed.follow(follower, since))) as happenings:

            async def cursors() -> AsyncIterator[str]:
                async for each in happenings:
                    yield each.cursor if each else "-"

            yield cursors()
    finally:
        feed.leave(follower)


async def heard(cursors: AsyncIterator[str], number: int) -> list[str]:
    """The next ones."""
    async with asyncio.timeout(10):
        return [await anext(cursors) for _ in range(number)]


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Log:
    monkeypatch.setattr(feeds, "AGAIN", 0.001)
    return Log()


async def test_a_follower_has_what_comes_after_it_joined(log: Log) -> None:
    await log.write("A")
    async with following(feed_of(log)) as cursors:
        new = await log.write("A", "B", "A", "A")
        assert await heard(cursors, 4) == ["-", new[0], new[2], new[3]]


async def test_one_reading_serves_all_and_ends_with_the_last(log: Log) -> None:
    feed = feed_of(log)
    async with following(feed) as one, following(feed) as another:
        new = await log.write("A")
        assert await heard(one, 2) == await heard(another, 2) == ["-", *new]
        assert log.reading == 1
        assert log.readings == [("000000", ("A",), None)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert log.reading == 0


async def test_another_type_is_read_from_where_all_are(log: Log) -> None:
    feed = feed_of(log)
    async with following(feed) as one:
        first = await log.write("A", "B")
        assert await heard(one, 2) == ["-", first[0]]
        async with following(feed, "B") as other:
            new = await log.write("B", "A", "B")
            assert await heard(one, 1) == [new[1]]
            assert await heard(other, 3) == ["-", new[0], new[2]]


@pytest.mark.parametrize("since", range(6))
async def test_who_resumes_has_everything_behind_its_cursor_once(log: Log, since: int) -> None:
    feed = feed_of(log)
    before = await log.write("A", "B", "A")
    async with following(feed) as one:
        new = await log.write("A", "A")
        await heard(one, 3)
        cursor = ["000000", *before, *new][since]
        missed = [each for each in (before[0], before[2], *new) if each > cursor]
        async with following(feed, since=cursor) as cursors:
            assert await heard(cursors, len(missed) + 1) == [*missed, "-"]
            more = await log.write("A")
            assert await heard(cursors, 1) == more


async def test_who_is_ahead_of_the_feed_is_not_told_again(log: Log) -> None:
    feed = feed_of(log)
    async with following(feed) as one:
        new = await log.write("A", "A")  # which the feed has not read yet
        async with following(feed, since=new[1]) as cursors:
            more = await log.write("A")
            assert await heard(cursors, 2) == ["-", *more]
        await heard(one, 4)


async def test_what_is_written_while_somebody_catches_up_is_told_once(log: Log) -> None:
    feed = feed_of(log)
    await log.write(*"AAAAA")
    async with following(feed) as one, following(feed, since="000000") as cursors:
        found = await heard(cursors, 3)
        await log.write(*"AAA")
        await heard(one, 4)
        found += await heard(cursors, 6)
    assert found == [*(f"{n:06}" for n in range(1, 6)), "-", *(f"{n:06}" for n in range(6, 9))]


@pytest.mark.parametrize(("bound", "most"), [("MOST", 3), ("MOST_BYTES", 150)])
async def test_who_is_too_slow_reads_by_itself_and_misses_nothing(
    log: Log, monkeypatch: pytest.MonkeyPatch, bound: str, most: int
) -> None:
    monkeypatch.setattr(feeds, bound, most)
    feed = feed_of(log)
    async with following(feed) as fast, following(feed) as slow:
        assert await heard(slow, 1) == ["-"]
        told = await heard(fast, 1)
        for _ in range(5):
            await log.write("A", "A")
            told += await heard(fast, 2)
        behind = len(log.readings)
        found = await heard(slow, 11)
    assert len(log.readings) > behind
    assert [each for each in found if each != "-"] == [each for each in told if each != "-"]
    assert found[-1] == "-"


class Slow:
    """A reader who has room for one change at a time."""

    def __init__(self) -> None:
        self.is_busy = False
        self.waited = 0

    async def room(self) -> None:
        self.waited += 1
        self.is_busy = True  # with what comes next


async def test_a_reader_without_room_holds_nothing_and_misses_nothing(log: Log) -> None:
    feed, reader = feed_of(log), Slow()
    before = await log.write(*"AAAAA")
    follower = await feed.join("A")
    found = []
    async with aclosing(
        cast("AsyncGenerator[Happening | None]", feed.follow(follower, "000000", reader))
    ) as following_:
        async for each in following_:
            if each is None:
                break
            found.append(each.cursor)
    feed.leave(follower)
    assert found == before
    assert reader.waited > len(before)


async def test_so_many_read_by_themselves_at_once_and_all_catch_up(log: Log) -> None:
    feed = feed_of(log)
    before = await log.write(*"AAA")

    async def catch_up() -> list[str]:
        async with following(feed, since="000000") as cursors:
            found = []
            while "-" not in found:
                found += await heard(cursors, 1)
            return found

    for found in await asyncio.gather(*(catch_up() for _ in range(50))):
        assert found == [*before, "-"]
    assert log.most == feeds.AT_ONCE + 1, "beside the reading for all"


async def test_a_store_that_was_away_is_read_on(log: Log) -> None:
    feed = feed_of(log)
    async with following(feed) as cursors, following(feed, since="000000") as resumed:
        log.away = True
        await log.wake()
        await asyncio.sleep(0.01)
        new = await log.write("A", "A")
        log.away = False
        assert await heard(cursors, 3) == ["-", *new]
        assert [each for each in await heard(resumed, 3) if each != "-"] == new


async def test_a_store_that_was_away_is_asked_only_for_what_nobody_has_read(log: Log) -> None:
    async with following(feed_of(log)) as cursors:
        new = await log.write("A", "B", "B")
        await heard(cursors, 2)
        log.away = True
        await log.wake()
        await eventually(lambda: log.reading == 0)
        log.away = False
        await eventually(lambda: len(log.readings) > 1)
        assert log.readings[-1] == (new[2], ("A",), None)


async def test_who_catches_up_while_the_feed_ends_is_told_so_and_not_of_what_comes_behind_a_gap(log: Log) -> None:
    feed = feed_of(log)
    await log.write("A")
    async with following(feed) as one, following(feed, since="000000") as cursors:
        assert await heard(one, 1) + await heard(cursors, 1) == ["-", "000001"]
        log.failure = CursorGone()
        await log.wake()
        with pytest.raises(CursorGone):
            await heard(one, 1)
        log.failure = None
        await log.write("A")
        async with following(feed) as others:
            new = await log.write("A")
            assert await heard(others, 2) == ["-", *new]
            assert await heard(cursors, 1) == ["-"]
            with pytest.raises(CursorGone):
                await heard(cursors, 1)


async def test_nobody_joins_a_store_that_is_away(log: Log) -> None:
    feed = feed_of(log)
    log.away = True
    with pytest.raises(StoreUnavailable):
        await feed.join("A")
    log.away = False
    async with following(feed) as cursors:
        new = await log.write("A")
        assert await heard(cursors, 2) == ["-", *new]


async def test_what_ends_the_feed_is_told_and_it_may_begin_again(log: Log) -> None:
    feed = feed_of(log)
    async with following(feed) as cursors:
        await heard(cursors, 1)
        log.failure = CursorGone()
        await log.wake()
        with pytest.raises(CursorGone):
            await heard(cursors, 1)
    log.failure = None
    async with following(feed) as cursors:
        new = await log.write("A")
        assert await heard(cursors, 2) == ["-", *new]


async def test_a_cursor_of_nobody_is_refused(log: Log) -> None:
    async with following(feed_of(log), since="bad") as cursors:
        with pytest.raises(InvalidCursor):
            await heard(cursors, 1)
