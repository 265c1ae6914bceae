from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from app.errors import InProgress, InvalidResource, KeyReused, RequestError, StoreUnavailable
from app.intake import idempotency, ledger
from app.intake.idempotency import Answer, digest, idempotency_key, replayed
from app.store.repository import Reservation

if TYPE_CHECKING:
    from app.access.principal import PrincipalRepository

BODY = digest(b"POST", b"{}")


class Work:
    """What a request does: counts how often, and answers."""

    def __init__(self, answer: Answer | Exception | None = None) -> None:
        self.answer = answer or Answer("stored", lasting=True)
        self.done = 0

    async def __call__(self) -> Answer:
        self.done += 1
        await asyncio.sleep(0)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Away:
    """A ledger whose store does not answer after the first reservation."""

    def __init__(self) -> None:
        self.asked = 0

    async def reserve(self, name: str, holder: str, seconds: float) -> Reservation:
        self.asked += 1
        if self.asked > 1:
            raise StoreUnavailable("away", "absente")
        return Reservation(holder, held=True)

    async def settle(self, name: str, holder: str, answer: str | None) -> None:
        raise StoreUnavailable("away", "absente")


class Hurried:
    """A ledger whose store is away as soon as a name is to be held for longer than a request takes."""

    def __init__(self, writer: PrincipalRepository) -> None:
        self._writer = writer
        self.settle = writer.settle

    async def reserve(self, name: str, holder: str, seconds: float) -> Reservation:
        if seconds > ledger.LEASE:
            raise StoreUnavailable("away", "absente")
        return await self._writer.reserve(name, holder, seconds)


async def test_a_repeated_request_is_told_the_first_answer(writer: PrincipalRepository) -> None:
    work = Work()
    first = await replayed(writer, "k", BODY, work)
    again = await replayed(writer, "k", BODY, work)
    assert (first.text, first.first, again.text, again.first, work.done) == ("stored", True, "stored", False, 1)


async def test_another_key_is_another_request(writer: PrincipalRepository) -> None:
    work = Work()
    await replayed(writer, "k", BODY, work)
    assert (await replayed(writer, "l", BODY, work)).first
    assert work.done == 2


async def test_another_body_under_the_key_is_refused(writer: PrincipalRepository) -> None:
    await replayed(writer, "k", BODY, Work())
    with pytest.raises(KeyReused):
        await replayed(writer, "k", digest(b"POST", b"{ }"), Work())


async def test_fifty_racing_repeats_are_done_once_and_answered_alike(writer: PrincipalRepository) -> None:
    work = Work()
    replays = await asyncio.gather(*(replayed(writer, "k", BODY, work) for _ in range(50)))
    assert {each.text for each in replays} == {"stored"}
    assert ([each.first for each in replays].count(True), work.done) == (1, 1)


async def test_another_body_is_refused_while_the_first_one_runs(writer: PrincipalRepository) -> None:
    other = digest(b"POST", b"other")
    tried = await asyncio.gather(
        replayed(writer, "k", BODY, Work()), replayed(writer, "k", other, Work()), return_exceptions=True
    )
    assert isinstance(tried[1], KeyReused)


@pytest.mark.parametrize("refusal", [InvalidResource(()), StoreUnavailable("away", "absente")])
async def test_a_request_that_failed_may_be_corrected_under_its_key(
    writer: PrincipalRepository, refusal: Exception
) -> None:
    with pytest.raises(type(refusal)):
        await replayed(writer, "k", BODY, Work(refusal))
    assert (await replayed(writer, "k", digest(b"corrected"), Work())).first


async def test_an_answer_under_which_nothing_was_stored_is_not_remembered(writer: PrincipalRepository) -> None:
    work = Work(Answer("refused", lasting=False))
    for _ in range(2):
        assert (await replayed(writer, "k", BODY, work)).first
    assert work.done == 2


async def test_a_key_that_is_held_is_not_waited_for_for_ever(
    writer: PrincipalRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger.Patience.__init__, "__defaults__", (0.0,))
    held = asyncio.Event()

    async def never() -> Answer:
        held.set()
        await asyncio.Event().wait()
        raise AssertionError

    running = asyncio.create_task(replayed(writer, "k", BODY, never))
    await held.wait()
    with pytest.raises(InProgress):
        await replayed(writer, "k", BODY, Work())
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    with pytest.raises(InProgress):  # what became of it is not known
        await replayed(writer, "k", BODY, Work())


async def test_what_was_stored_is_acknowledged_though_it_cannot_be_remembered() -> None:
    assert (await replayed(Away(), "k", BODY, Work())).text == "stored"


async def test_an_answer_that_is_too_large_to_be_kept_is_told_and_lets_go_of_its_key(
    writer: PrincipalRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "MOST", 8)
    work = Work(Answer("ééééé", lasting=True))
    told = [await replayed(writer, "k", BODY, work) for _ in range(2)]
    assert [(each.text, each.first) for each in told] == [("ééééé", True)] * 2


async def test_an_answer_that_cannot_be_remembered_for_long_is_told_again_soon_after(
    writer: PrincipalRepository,
) -> None:
    assert (await replayed(Hurried(writer), "k", BODY, Work())).first
    again = await replayed(writer, "k", BODY, Work())
    assert (again.text, again.first) == ("stored", False)


def test_each_part_of_a_request_counts_by_itself() -> None:
    assert digest(b"ab", b"c") != digest(b"a", b"bc")


@pytest.mark.parametrize("header", ["8e03978e-40d5", '"8e03978e-40d5"', " 8e03978e-40d5 "])
def test_a_key_may_stand_in_quotes(header: str) -> None:
    assert idempotency_key(header) == "8e03978e-40d5"


@pytest.mark.parametrize("header", ["", " ", '""', '"a', "a b", "é", "a" * 256, "a\nb", "\x00"])
def test_what_is_no_key_is_refused(header: str) -> None:
    with pytest.raises(RequestError):
        idempotency_key(header)
