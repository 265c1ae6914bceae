"""Who may read in the event loop's thread, and who waits for whom."""

from __future__ import annotations

import asyncio
from contextvars import copy_context

import pytest

from app.store.deadline import CURRENT, Deadline
from app.store.sqlite.loop_time import TURN, LoopTime


@pytest.fixture
def time() -> LoopTime:
    return LoopTime(lambda: None)


class Requests:
    """Requests that read, each as often as it is told, all of a turn's time each time; `read` has them in the order in
    which they did."""

    def __init__(self, time: LoopTime) -> None:
        self._time = time
        self.read: list[str] = []

    def begin(self, name: str, reads: int = 1) -> asyncio.Task[None]:
        context = copy_context()
        context.run(CURRENT.set, Deadline(10))
        return asyncio.get_running_loop().create_task(self._request(name, reads), context=context)

    async def _request(self, name: str, reads: int) -> None:
        for _ in range(reads):
            if not self._time.is_time:
                await self._time.turn()
            self.read.append(name)
            self._time.spent(TURN)


async def test_reads_follow_each_other_until_the_turn_is_over(time: LoopTime) -> None:
    assert time.is_time
    time.spent(TURN / 2)
    assert time.is_time
    time.spent(TURN / 2)
    assert not time.is_time


async def test_the_next_turn_has_all_of_its_time(time: LoopTime) -> None:
    time.spent(TURN)
    await asyncio.sleep(0)
    assert time.is_time
    time.spent(TURN)
    await asyncio.sleep(0)
    assert time.is_time


async def test_the_end_of_each_turn_with_reads_is_told() -> None:
    over: list[str] = []
    time = LoopTime(lambda: over.append("over"))
    await asyncio.sleep(0)
    for _ in range(2):
        time.spent(TURN / 3)
        time.spent(TURN / 3)
        await asyncio.sleep(0)
    assert over == ["over"] * 2


async def test_a_request_that_began_comes_to_its_end_before_the_next_one_reads(time: LoopTime) -> None:
    requests = Requests(time)
    await asyncio.gather(requests.begin("first", 3), requests.begin("second", 2), requests.begin("third"))
    assert requests.read == ["first"] * 3 + ["second"] * 2 + ["third"]


async def test_who_waits_is_not_passed_by_those_who_come_later(time: LoopTime) -> None:
    requests = Requests(time)
    waiting = [requests.begin(name) for name in ("a", "b", "c")]
    for number in range(20):
        waiting.append(requests.begin(str(number)))
        await asyncio.sleep(0)
    await asyncio.gather(*waiting)
    assert requests.read == ["a", "b", "c", *map(str, range(20))]


async def test_one_who_goes_away_keeps_nobody_waiting(time: LoopTime) -> None:
    requests = Requests(time)
    waiting = [requests.begin(str(number)) for number in range(6)]
    await asyncio.sleep(0)
    for task in waiting[1:4]:
        task.cancel()
    await asyncio.wait(waiting)
    assert requests.read == ["0", "4", "5"]
    await asyncio.sleep(0)
    assert time.is_time


@pytest.mark.parametrize("turns", range(6))
async def test_it_may_go_away_at_any_moment(time: LoopTime, turns: int) -> None:
    requests = Requests(time)
    first, leaving, last = (requests.begin(name) for name in ("first", "leaving", "last"))
    for _ in range(turns):
        await asyncio.sleep(0)
    leaving.cancel()
    await asyncio.wait_for(asyncio.wait([first, leaving, last]), 10)
    assert [name for name in requests.read if name != "leaving"] == ["first", "last"]


async def test_what_is_no_request_reads_before_those_that_are(time: LoopTime) -> None:
    requests = Requests(time)
    waiting = [requests.begin(name) for name in ("first", "second", "third")]
    await asyncio.sleep(0)
    command = asyncio.create_task(requests._request("command", 1))
    await asyncio.gather(command, *waiting)
    assert requests.read == ["first", "second", "command", "third"]


async def test_one_that_is_thrown_away_when_it_was_called_keeps_nobody_waiting(time: LoopTime) -> None:
    time.spent(TURN)
    thrown_away = time.turn()
    thrown_away.send(None)
    await asyncio.sleep(0)
    thrown_away.close()
    assert time.is_time
