from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.fhir.json import encode
from app.intake.verdict import judge
from app.search.algebra import Search
from app.store.repository import Write
from app.upkeep.erasing import BATCH, Erased, Why, audit_event, erase
from tests.builders import device, patient

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.intake.verdict import Rules
    from app.store.sqlite import SqliteStore
    from tests.unit.upkeep.conftest import Clock

WHY = Why("fin de conservation", "dpo")


async def erased(store: SqliteStore, clock: Clock, going: dict[str, int]) -> list[Erased]:
    return [each async for each in erase(store, going, WHY, clock)]


async def events(store: SqliteStore) -> list[Any]:
    return [row.resource for row in (await store.search("AuditEvent", Search(count=100))).rows]


async def test_what_is_erased_is_gone_with_its_history(
    store: SqliteStore, put: Callable[..., Any], clock: Clock
) -> None:
    await put(patient(), patient(gender="female"), device())
    assert await erased(store, clock, {"Patient/p1": 2}) == [Erased(1, [])]
    assert await store.histories("Patient", "", 10) == []
    assert await store.heads("Device", ["d1"])


async def test_an_audit_event_tells_what_when_who_and_why_and_nothing_else(
    store: SqliteStore, put: Callable[..., Any], clock: Clock
) -> None:
    await put(patient())
    await erased(store, clock, {"Patient/p1": 1})
    [event] = await events(store)
    assert [each["what"]["reference"] for each in event["entity"]] == ["Patient/p1"]
    assert event["purposeOfEvent"] == [{"text": "fin de conservation"}]
    assert event["agent"][0]["who"] == {"display": "dpo"}
    assert event["recorded"].startswith("2024-05-06T")
    assert b"Martin" not in encode(event)
    version = await store.version("AuditEvent", event["id"])
    assert version
    assert version.author == "dpo"


def test_the_audit_event_is_valid(rules: Rules) -> None:
    event = audit_event(["Patient/p1", "Procedure/x"], WHY, "2024-05-06T07:08:09.123Z")
    assert judge(rules.validator, event).issues == ()


async def test_what_has_changed_since_the_plan_is_left(
    store: SqliteStore, put: Callable[..., Any], clock: Clock
) -> None:
    await put(patient(), patient(gender="female"))
    assert await erased(store, clock, {"Patient/p1": 1}) == [Erased(0, ["Patient/p1"])]
    assert await store.heads("Patient", ["p1"])
    assert await events(store) == []


async def test_a_deleted_one_is_erased_too(store: SqliteStore, put: Callable[..., Any], clock: Clock) -> None:
    await put(patient())
    await store.write([Write("Patient", "p1", None)])
    assert await erased(store, clock, {"Patient/p1": 2}) == [Erased(1, [])]


async def test_what_is_gone_already_leaves_no_trace(store: SqliteStore, clock: Clock) -> None:
    assert await erased(store, clock, {"Patient/p1": 1}) == [Erased(0, [])]
    assert await events(store) == []


async def test_each_batch_has_its_event(store: SqliteStore, put: Callable[..., Any], clock: Clock) -> None:
    await put(*(device(id=f"d{number:04}") for number in range(BATCH + 1)))
    await erased(store, clock, {f"Device/d{number:04}": 1 for number in range(BATCH + 1)})
    assert sorted(len(event["entity"]) for event in await events(store)) == [1, BATCH]
