from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from app.errors import StoreUnavailable
from app.usage import audit_trail
from app.usage.audit_trail import AuditTrail, events_of, id_at, new_id
from app.usage.record import Record, begun
from app.usage.use import Use
from tests.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.store.repository import Event


class Keeper:
    """Keeps events in a list, or fails."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.fails = False

    async def keep_events(self, events: Sequence[Event]) -> None:
        if self.fails:
            raise StoreUnavailable("The store is away.", "La base est absente.")
        self.batches.append([each.id for each in events])

    @property
    def number(self) -> int:
        return sum(map(len, self.batches))


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_trail, "TICK", 0)
    monkeypatch.setattr(audit_trail, "AGAIN", 0)
    monkeypatch.setattr(audit_trail, "LAST", 0.1)


def record(**noted: Any) -> Record:
    found = begun(b"r-1", b"")
    found.use = Use(20, audited=True, interaction="read", status=200)
    for name, value in noted.items():
        setattr(found.use, name, value)
    return found


async def opened(keeper: Keeper, *, required: bool = False) -> AuditTrail:
    trail = AuditTrail(keeper, required=required)
    await trail.open()
    return trail


async def test_events_are_kept_in_batches() -> None:
    keeper = Keeper()
    trail = await opened(keeper)
    for _ in range(1_200):
        trail.note(record())
    await trail.close()
    assert [len(batch) for batch in keeper.batches] == [500, 500, 200]
    assert (trail.kept, trail.missing) == (1_200, 0)


async def test_events_that_could_not_be_kept_are_kept_later(caplog: pytest.LogCaptureFixture) -> None:
    keeper = Keeper()
    trail = await opened(keeper)
    keeper.fails = True
    for _ in range(3):
        trail.note(record())
    await eventually(lambda: "cannot be kept" in caplog.text)
    keeper.fails = False
    await eventually(lambda: keeper.number == 3)
    await trail.close()
    assert caplog.text.count("cannot be kept") == 1


async def test_the_queue_is_bounded_and_what_is_lost_is_counted_and_told(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_trail, "WAITING", 10)
    trail = AuditTrail(Keeper(), required=False)
    for _ in range(15):
        trail.note(record())
    assert trail.missing == 5
    assert caplog.text.count("loses events") == 1


async def test_what_is_left_at_the_end_is_told(caplog: pytest.LogCaptureFixture) -> None:
    keeper = Keeper()
    keeper.fails = True
    trail = await opened(keeper)
    trail.note(record())
    await trail.close()
    assert trail.missing == 1
    assert "ends without 1 events" in caplog.text


async def test_who_must_be_told_waits_until_the_events_are_kept() -> None:
    keeper = Keeper()
    trail = await opened(keeper, required=True)
    told = record()
    await trail.keep(told)
    assert keeper.number == 1
    await trail.keep(told)
    trail.note(told)
    await trail.close()
    assert keeper.number == 1, "what is kept is not kept again"


async def test_who_must_be_told_is_refused_while_the_store_fails_and_the_event_is_kept_later() -> None:
    keeper = Keeper()
    trail = await opened(keeper, required=True)
    keeper.fails = True
    with pytest.raises(StoreUnavailable, match="DMI_AUDIT=required"):
        await trail.keep(record())
    keeper.fails = False
    await eventually(lambda: keeper.number == 1)
    await trail.keep(record())
    await trail.close()
    assert keeper.number == 2


async def test_who_must_be_told_is_refused_when_too_many_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_trail, "WAITING", 0)
    with pytest.raises(StoreUnavailable):
        await AuditTrail(Keeper(), required=True).keep(record())


async def test_who_must_be_told_does_not_wait_for_a_store_that_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_trail, "PATIENCE", 0.01)
    keeper = Keeper()

    async def still(_events: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(keeper, "keep_events", still)
    trail = await opened(keeper, required=True)
    with pytest.raises(StoreUnavailable):
        await trail.keep(record())
    await trail.close()
    assert trail.missing == 1
    with pytest.raises(StoreUnavailable):
        trail.check()


async def test_an_error_that_nobody_expects_does_not_end_the_trail(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = Keeper()
    trail = await opened(keeper, required=True)
    with monkeypatch.context() as broken:
        broken.setattr(keeper, "keep_events", lambda _: int("Dupont"))
        with pytest.raises(StoreUnavailable, match="DMI_AUDIT=required"):
            await trail.keep(record())
        with pytest.raises(StoreUnavailable):
            trail.check()
    await eventually(lambda: keeper.number == 1)
    trail.check()
    await trail.close()
    assert "ValueError at " in caplog.text
    assert "Dupont" not in caplog.text


@pytest.mark.parametrize(
    ("noted", "number"),
    [
        ({}, 1),
        ({"interaction": ""}, 0),
        ({"interaction": "", "status": 401}, 1),
        ({"interaction": "", "status": 403}, 1),
    ],
)
def test_requests_for_resources_and_those_without_leave_have_events(noted: dict[str, Any], number: int) -> None:
    assert len(events_of(record(**noted))) == number


def test_later_ids_are_larger_and_tell_their_time() -> None:
    ids = [new_id() for _ in range(3)]
    past, future = (id_at(datetime(year, 1, 1, tzinfo=UTC)) for year in (2020, 2999))
    assert all(past < id_ < future for id_ in ids)
    assert len(set(ids)) == 3
    assert {id_[14] for id_ in ids} == {"7"}


def test_the_trail_logs_by_the_products_own_logger() -> None:
    assert audit_trail.LOGGER is logging.getLogger("dmi")
