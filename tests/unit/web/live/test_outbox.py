from __future__ import annotations

import asyncio

import pytest

from app.web.live.outbox import OVERHEAD, SLOW, Outbox
from app.web.live.protocol import Closing, Code


async def test_messages_are_taken_in_their_order() -> None:
    outbox = Outbox(10_000)
    outbox.put("a", "b")
    outbox.put("c")
    assert [await outbox.take(), await outbox.take()] == ["ab", "c"]


async def test_a_message_is_waited_for() -> None:
    outbox = Outbox(10_000)
    taking = asyncio.create_task(outbox.take())
    await asyncio.sleep(0)
    outbox.put("a")
    assert await taking == "a"


async def test_who_reads_too_slowly_is_told_so_in_place_of_all_that_waited() -> None:
    outbox = Outbox(3 * OVERHEAD)
    assert outbox.put("a")
    assert outbox.put("b")
    assert not outbox.put("c" * OVERHEAD)
    assert not outbox.put("d")
    assert outbox.is_slow
    with pytest.raises(Closing, match="cursor of the last") as closing:
        await outbox.take()
    assert closing.value.code == 1013


async def test_one_message_has_room_however_large_it_is() -> None:
    outbox = Outbox(10)
    assert outbox.put("a" * 1_000)
    assert await outbox.take() == "a" * 1_000
    assert outbox.put("b" * 1_000), "what was taken makes room"


async def test_the_end_may_come_behind_all_that_waits() -> None:
    outbox = Outbox(10_000)
    outbox.put("a")
    outbox.close(Closing(Code.BAD_REQUEST, "x"), after_all=True)
    outbox.close(Closing(Code.FORBIDDEN, "y"))
    assert await outbox.take() == "a"
    with pytest.raises(Closing, match="x"):
        await outbox.take()


async def test_room_is_waited_for() -> None:
    outbox = Outbox(4 * OVERHEAD)
    for text in "abc":
        outbox.put(text)
    waiting = asyncio.create_task(outbox.room(30))
    await asyncio.sleep(0)
    assert not waiting.done()
    await outbox.take()
    await outbox.take()
    await waiting


async def test_who_takes_nothing_is_not_waited_for_for_ever() -> None:
    outbox = Outbox(OVERHEAD)
    outbox.put("a")
    await outbox.room(0.01)
    with pytest.raises(Closing, match=SLOW[:20]):
        await outbox.take()
