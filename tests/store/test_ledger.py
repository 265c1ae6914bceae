"""The ledger: names that one holder has for a time, with the answer given under them; in every store."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from app.store.repository import Reservation, Write
from tests.builders import patient
from tests.store.clock import Clock
from tests.store.kinds import KEEPING

if TYPE_CHECKING:
    from app.store.repository import Repository
    from tests.store.conftest import Opened

pytestmark = pytest.mark.parametrize("open_store", KEEPING, indirect=True)


async def test_a_free_name_is_held_by_who_asks_first(store: Repository) -> None:
    assert await store.reserve("n", "me", 60) == Reservation("me", held=True)
    assert await store.reserve("n", "you", 60) == Reservation("me", held=False)
    assert await store.reserve("m", "you", 60) == Reservation("you", held=True)


async def test_the_holder_may_ask_again(store: Repository) -> None:
    await store.reserve("n", "me", 60)
    assert await store.reserve("n", "me", 60) == Reservation("me", held=True)


async def test_the_answer_is_told_to_everybody(store: Repository) -> None:
    await store.reserve("n", "me", 60)
    await store.settle("n", "me", '{"é": 1.50}')
    assert await store.reserve("n", "you", 60) == Reservation("me", held=False, answer='{"é": 1.50}')
    assert await store.reserve("n", "me", 60) == Reservation("me", held=True, answer='{"é": 1.50}')


async def test_an_answer_is_replaced_by_the_next(store: Repository) -> None:
    await store.reserve("n", "me", 60)
    for answer in ("one", "", "two"):
        await store.settle("n", "me", answer)
        assert (await store.reserve("n", "you", 60)).answer == answer


async def test_a_name_that_its_holder_lets_go_is_free(store: Repository) -> None:
    await store.reserve("n", "me", 60)
    await store.settle("n", "me", None)
    assert await store.reserve("n", "you", 60) == Reservation("you", held=True)


@pytest.mark.parametrize("answer", ["mine", None])
async def test_nobody_settles_a_name_that_somebody_else_holds(store: Repository, answer: str | None) -> None:
    await store.reserve("n", "me", 60)
    await store.settle("n", "you", answer)
    assert await store.reserve("n", "you", 60) == Reservation("me", held=False)


async def test_settling_what_nobody_holds_is_no_error(store: Repository) -> None:
    await store.settle("n", "me", "answer")
    await store.settle("n", "me", None)
    assert await store.reserve("n", "you", 60) == Reservation("you", held=True)


async def test_after_its_time_a_name_is_free_and_its_answer_is_forgotten(open_store: Opened) -> None:
    clock = Clock()
    store = await open_store(clock=clock)
    await store.reserve("n", "me", 60)
    await store.settle("n", "me", "answer")
    clock.skip(40)
    assert (await store.reserve("n", "you", 60)).answer == "answer"
    clock.skip(30)
    assert await store.reserve("n", "you", 60) == Reservation("you", held=True)


async def test_an_answer_that_comes_too_late_is_not_noted(open_store: Opened) -> None:
    clock = Clock()
    store = await open_store(clock=clock)
    await store.reserve("n", "me", 60)
    clock.skip(100)
    await store.settle("n", "me", "answer")
    assert await store.reserve("n", "me", 60) == Reservation("me", held=True)


async def test_the_time_of_the_holder_begins_anew_when_it_asks_again(open_store: Opened) -> None:
    clock = Clock()
    store = await open_store(clock=clock)
    await store.reserve("n", "me", 60)
    clock.skip(50)
    await store.reserve("n", "me", 60)
    clock.skip(50)
    assert await store.reserve("n", "you", 60) == Reservation("me", held=False)


async def test_names_and_holders_are_any_texts(store: Repository) -> None:
    for name in ("", "a.b", "$n", "é", "e\u0301", "n\u0000", "N", "n" * 200):
        assert await store.reserve(name, "", 60) == Reservation("", held=True)
    assert await store.reserve("n", "x", 60) == Reservation("x", held=True)


async def test_of_fifty_who_race_for_a_name_one_has_it(store: Repository) -> None:
    found = await asyncio.gather(*(store.reserve("n", f"h{number}", 60) for number in range(50)))
    [winner] = [each for each in found if each.held]
    assert {each.holder for each in found} == {winner.holder}


async def test_all_answers_are_forgotten_when_a_resource_is_erased(store: Repository) -> None:
    await store.write([Write("Patient", "p1", patient())])
    await store.reserve("answered", "me", 60)
    await store.settle("answered", "me", '{"family": "Martin"}')
    await store.reserve("held", "me", 60)
    await store.erase("Patient", ["p1"])
    assert (await store.reserve("answered", "you", 60)).held
    assert (await store.reserve("held", "you", 60)).holder == "me"
