from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from app.errors import StoreUnavailable
from app.intake import ledger
from app.intake.ledger import holding, let_go, turns
from app.store.repository import Reservation

if TYPE_CHECKING:
    from app.access.principal import PrincipalRepository


class Counted:
    """A ledger that counts how often it is asked to hold a name, and may fail the second time."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.names: list[str] = []
        self.enough = asyncio.Event()
        self._failure = failure

    async def reserve(self, name: str, holder: str, seconds: float) -> Reservation:
        self.names.append(name)
        if len(self.names) == 3:
            self.enough.set()
        if self._failure and len(self.names) == 2:
            raise self._failure
        return Reservation(holder, held=True)

    async def settle(self, name: str, holder: str, answer: str | None) -> None:
        self.names.append(f"{name} is free")


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "LEASE", 0.04)


@pytest.mark.parametrize("failure", [None, StoreUnavailable("away", "absente")])
async def test_a_name_is_held_as_long_as_the_work_takes(failure: Exception | None) -> None:
    counted = Counted(failure)
    async with asyncio.timeout(10), holding(counted, ["n"], "me"):
        await counted.enough.wait()
    asked = len(counted.names)
    await asyncio.sleep(0.1)
    assert counted.names == ["n"] * asked


async def test_turns_are_held_as_long_as_they_take_and_then_are_free() -> None:
    counted = Counted()
    async with asyncio.timeout(10), turns(counted, ["b", "a", "b"]):
        await counted.enough.wait()
    assert counted.names[:3] == ["a", "b", "a"]
    assert counted.names[-2:] == ["a is free", "b is free"]


async def test_a_name_whose_holder_was_killed_is_free_after_its_lease(writer: PrincipalRepository) -> None:
    await writer.reserve("n", "killed", ledger.LEASE)
    async with asyncio.timeout(10), turns(writer, ["n"]):
        assert (await writer.reserve("n", "other", 1)).held is False
    await let_go(writer, "n", "nobody")
    assert (await writer.reserve("n", "other", 1)).held
