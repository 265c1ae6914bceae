"""Who waits for a batch, and what becomes of it when one of them goes away."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from app.schema.batches import Batches

if TYPE_CHECKING:
    from app.schema.batches import Ticket


class Reading:
    """Reads when it is let."""

    def __init__(self) -> None:
        self.may_end = asyncio.Event()
        self.begun = asyncio.Event()
        self.read: list[list[str]] = []

    async def __call__(self, keys: list[str]) -> list[str]:
        """As a batch reads."""
        self.read.append(list(keys))
        self.begun.set()
        await self.may_end.wait()
        return [key.upper() for key in keys]


async def arrived(ticket: Ticket[str]) -> str:
    return await ticket


async def test_what_is_asked_for_together_is_read_together_and_once() -> None:
    batches, reading = Batches(), Reading()
    reading.may_end.set()
    tickets = [batches.ask("kind", key, reading) for key in ("a", "b", "a")]
    assert await asyncio.gather(*map(arrived, tickets)) == ["A", "B", "A"]
    assert reading.read == [["a", "b"]]


async def test_one_who_goes_away_while_a_batch_is_read_takes_it_from_nobody() -> None:
    batches, reading = Batches(), Reading()
    ticket = batches.ask("kind", "a", reading)
    staying = asyncio.create_task(arrived(ticket))
    await reading.begun.wait()
    leaving = [asyncio.create_task(batches.flush(at_once=True)), asyncio.create_task(arrived(ticket))]
    await asyncio.sleep(0)
    for task in leaving:
        task.cancel()
    await asyncio.wait(leaving)
    reading.may_end.set()
    assert await staying == "A"


async def test_one_who_goes_away_while_it_reads_leaves_an_error_to_the_others() -> None:
    batches, reading = Batches(), Reading()
    tickets = [batches.ask("kind", key, reading) for key in ("a", "b")]
    first = asyncio.create_task(arrived(tickets[0]))
    await reading.begun.wait()
    other: asyncio.Task[Any] = asyncio.create_task(arrived(tickets[1]))
    await asyncio.sleep(0)
    first.cancel()
    async with asyncio.timeout(1):
        with pytest.raises(Exception, match=r"."):
            await other


async def test_what_is_forgotten_is_let_go_of_and_read_anew() -> None:
    batches, reading = Batches(), Reading()
    reading.may_end.set()
    assert await arrived(batches.ask("kind", "a", reading)) == "A"
    batches.forget()
    assert not list(batches.held())
    assert await arrived(batches.ask("kind", "a", reading)) == "A"
    assert reading.read == [["a"], ["a"]]


async def test_what_is_being_read_is_there_for_those_who_wait_though_it_is_forgotten() -> None:
    batches, reading = Batches(), Reading()
    waiting = asyncio.create_task(arrived(batches.ask("kind", "a", reading)))
    await reading.begun.wait()
    batches.forget()
    flushing = asyncio.create_task(batches.flush(at_once=False))
    await asyncio.sleep(0)
    assert not flushing.done()
    reading.may_end.set()
    await flushing
    assert await waiting == "A"
    assert batches.others.unread == 0
