from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.fhir.json import encode
from app.intake.verdict import judge
from app.search.algebra import Search
from app.store.repository import Write
from app.upkeep.erasing import Why, audit_event, erase, trail
from app.upkeep.erasure_order import BATCH
from app.upkeep.erasure_plan import Asked, Survey
from app.upkeep.last_look import Erased, PlanWatch
from app.upkeep.retention import FORTY_YEARS, HOLD
from tests.builders import device, patient, procedure

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.intake.verdict import Rules
    from app.store.sqlite import SqliteStore
    from tests.unit.upkeep.conftest import Clock

WHY = Why("fin de conservation", "dpo")


async def planned(store: SqliteStore, clock: Clock, *places: str, years: int = 0) -> PlanWatch:
    """The plan to erase these places, or all that is so old."""
    since, survey = await store.reached(), Survey(Asked(frozenset(places), years), "", clock())
    async for _ in survey.walk(store):
        pass
    return PlanWatch(survey, survey.plan().going, since, trail(WHY, clock))


async def erased(store: SqliteStore, watch: PlanWatch) -> list[Erased]:
    return [each async for each in erase(store, watch)]


async def events(store: SqliteStore) -> list[Any]:
    return [row.resource for row in (await store.search("AuditEvent", Search(count=100))).rows]


async def there(store: SqliteStore) -> set[str]:
    """The places that the store still has, AuditEvents apart."""
    return {
        f"{type_}/{each[0].id}"
        for type_ in ("Patient", "Procedure", "Device", "Encounter")
        for each in await store.histories(type_, "", 1_000)
    }


def tagged(resource: Any, tag: tuple[str, str]) -> Any:
    return {**resource, "meta": {"tag": [{"system": tag[0], "code": tag[1]}]}}


def of(place: str, **elements: Any) -> Any:
    """A procedure of a patient, with nothing else that it refers to."""
    return procedure(subject={"reference": place}, **elements)


async def test_what_is_erased_is_gone_with_its_history(
    store: SqliteStore, put: Callable[..., Any], clock: Clock
) -> None:
    await put(patient(), patient(gender="female"), device())
    assert await erased(store, await planned(store, clock, "Patient/p1")) == [Erased(1, [])]
    assert await store.histories("Patient", "", 10) == []
    assert await store.heads("Device", ["d1"])


async def test_an_audit_event_tells_what_when_who_and_why_and_nothing_else(
    store: SqliteStore, put: Callable[..., Any], clock: Clock
) -> None:
    await put(patient())
    await erased(store, await planned(store, clock, "Patient/p1"))
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
    await put(patient())
    watch = await planned(store, clock, "Patient/p1")
    await put(patient(gender="female"))
    assert await erased(store, watch) == [Erased(0, ["Patient/p1"])]
    assert await store.heads("Patient", ["p1"])
    assert await events(store) == []


async def test_what_is_referred_to_since_the_plan_is_left_with_all_that_it_refers_to(
    store: SqliteStore, put: Callable[..., Any], clock: Clock
) -> None:
    await put(patient(), patient(id="p2"), device(patient={"reference": "Patient/p1"}))
    watch = await planned(store, clock, "Patient/p1", "Patient/p2", "Device/d1")
    await put(of("Patient/other", id="new", usedReference=[{"reference": "Device/d1"}]))
    await erased(store, watch)
    assert await there(store) == {"Patient/p1", "Device/d1", "Procedure/new"}
    [event] = await events(store)
    assert [each["what"]["reference"] for each in event["entity"]] == ["Patient/p2"]


async def test_what_changes_while_others_are_erased_still_has_what_it_refers_to(
    store: SqliteStore, put: Callable[..., Any], clock: Clock
) -> None:
    await put(patient(), of("Patient/p1", id="x"), of("Patient/p1", id="y"))
    watch = await planned(store, clock, "Patient/p1", "Procedure/x", "Procedure/y")
    async for batch in erase(store, watch):
        if batch.gone:
            await put(of("Patient/p1", id="new"))
    assert await there(store) == {"Patient/p1", "Procedure/new"}


@pytest.mark.parametrize(
    ("tag", "years", "resource"),
    [
        (HOLD, 0, patient()),
        (FORTY_YEARS, 10, device()),
    ],
)
async def test_what_is_put_under_a_hold_since_the_plan_covers_others(  # noqa: PLR0917 - fixtures and cases
    store: SqliteStore, put: Callable[..., Any], clock: Clock, tag: tuple[str, str], years: int, resource: Any
) -> None:
    old = of("Patient/p1", id="x", performedDateTime="2012-01-01", usedReference=[{"reference": "Device/d1"}])
    await put(patient(), device(), old)
    watch = await planned(store, clock, *(() if years else ["Procedure/x"]), years=years)
    assert set(watch.going) == {"Procedure/x"}
    await put(tagged(resource, tag))
    assert await erased(store, watch) == [Erased(0, ["Procedure/x"])]


async def test_an_audit_event_written_meanwhile_keeps_nothing(
    store: SqliteStore, put: Callable[..., Any], clock: Clock
) -> None:
    await put(patient())
    watch = await planned(store, clock, "Patient/p1")
    await put({**audit_event(["Patient/p1"], WHY, "2024-05-06T07:08:09.123Z"), "id": "a1"})
    assert await erased(store, watch) == [Erased(1, [])]


async def test_a_deleted_one_is_erased_too(store: SqliteStore, put: Callable[..., Any], clock: Clock) -> None:
    await put(patient())
    await store.write([Write("Patient", "p1", None)])
    assert await erased(store, await planned(store, clock, "Patient/p1")) == [Erased(1, [])]


async def test_what_is_gone_already_leaves_no_trace(store: SqliteStore, put: Callable[..., Any], clock: Clock) -> None:
    await put(patient())
    watch = await planned(store, clock, "Patient/p1")
    await store.erase("Patient", ["p1"])
    assert await erased(store, watch) == [Erased(0, [])]
    assert await events(store) == []


async def test_each_batch_has_its_event(store: SqliteStore, put: Callable[..., Any], clock: Clock) -> None:
    await put(*(device(id=f"d{number:04}") for number in range(BATCH + 1)))
    await erased(store, await planned(store, clock, *(f"Device/d{number:04}" for number in range(BATCH + 1))))
    assert sorted(len(event["entity"]) for event in await events(store)) == [1, BATCH]
