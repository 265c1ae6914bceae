"""Who waits for a place in a store: clients take turns, whatever each of them asks for."""

from __future__ import annotations

import asyncio

from app.store.deadline import CURRENT, Deadline
from app.store.fair_places import Places


class Asking:
    """Takes places for clients, and notes who has got one, in order."""

    def __init__(self, number: int) -> None:
        self.places = Places(number)
        self.got: list[str] = []

    def ask(self, client: str, *, last: bool = False) -> asyncio.Task[None]:
        return asyncio.create_task(self._take(client, last=last))

    async def _take(self, client: str, *, last: bool) -> None:
        CURRENT.set(Deadline(60, client) if client else None)
        await self.places.acquire(last=last)
        self.got.append(client)


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_one_client_keeps_another_waiting_for_one_of_its_requests() -> None:
    asking = Asking(1)
    tasks = [asking.ask(client) for client in ("a", "a", "a", "a", "b", "c", "b")]
    for _ in tasks:
        await settled()
        asking.places.release()
    await asyncio.gather(*tasks)
    assert asking.got == ["a", "a", "b", "c", "a", "b", "a"]


async def test_whoever_gives_up_takes_no_place() -> None:
    asking = Asking(1)
    first, second, third, fourth = (asking.ask(client) for client in ("a", "b", "b", "c"))
    await settled()
    second.cancel()
    await settled()
    asking.places.release()
    third.cancel()  # it has the place, and does not know yet
    await settled()
    assert asking.got == ["a", "c"]
    await asyncio.gather(first, second, third, fourth, return_exceptions=True)


async def test_a_place_that_nobody_waits_for_is_free() -> None:
    places = Places(2)
    async with places, places:
        waiting = asyncio.create_task(places.acquire())
        await settled()
        assert not waiting.done()
    await asyncio.wait_for(waiting, 10)
    await asyncio.wait_for(places.acquire(), 10)


async def test_the_last_one_waits_for_all_others() -> None:
    asking = Asking(1)
    tasks = [asking.ask("a"), asking.ask("end", last=True), asking.ask("a"), asking.ask("b")]
    for _ in tasks:
        await settled()
        asking.places.release()
    await asyncio.gather(*tasks)
    assert asking.got == ["a", "a", "b", "end"]
