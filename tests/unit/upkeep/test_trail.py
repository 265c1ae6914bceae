from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from app.errors import RequestError
from app.intake.verdict import judge
from app.store.repository import Event
from app.upkeep import trail
from app.upkeep.erasing import Why
from app.usage.audit_trail import id_at

if TYPE_CHECKING:
    from app.intake.verdict import Rules
    from app.store.sqlite import SqliteStore

NOW = datetime(2024, 5, 6, 12, tzinfo=UTC)
WHY = Why("conservation terminée", "dpo")


@pytest.fixture(autouse=True)
async def kept(store: SqliteStore) -> None:
    """An event of each of ten days, the last of today."""
    for days in range(10):
        at = NOW - timedelta(days=days)
        what = {"reference": f"Patient/{days % 2}"}
        resource = {"resourceType": "AuditEvent", "recorded": at.isoformat(), "entity": [{"what": what}, {"name": "x"}]}
        await store.keep_events([Event(id_at(at), resource)])


async def days(store: SqliteStore, **which: str) -> list[int]:
    return [datetime.fromisoformat(each["recorded"]).day async for each in trail.events(store, **which)]


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        ({}, [27, 28, 29, 30, 1, 2, 3, 4, 5, 6]),
        ({"since": "2024-05-03"}, [3, 4, 5, 6]),
        ({"until": "2024-04-28"}, [27, 28]),
        ({"since": "2024-05-03T11:59:59Z", "until": "2024-05-04T11:00:00Z"}, [3]),
        ({"since": "2024-05", "about": "Patient/1"}, [1, 3, 5]),
        ({"about": "Patient/none"}, []),
    ],
)
async def test_events_are_told_of_a_time_and_of_a_resource(
    store: SqliteStore, which: dict[str, str], expected: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trail, "BATCH", 3)
    assert await days(store, **which) == expected


@pytest.mark.parametrize("which", [{"since": "yesterday"}, {"until": "2024-13"}])
async def test_a_date_that_is_none_is_told_by_its_option(store: SqliteStore, which: dict[str, str]) -> None:
    with pytest.raises(RequestError, match=f"--{next(iter(which))}"):
        await days(store, **which)


async def test_old_events_are_erased_and_an_event_tells_of_it(store: SqliteStore, rules: Rules) -> None:
    before = id_at(datetime(2024, 4, 29, tzinfo=UTC))
    assert await trail.number(store, before) == 2
    assert await trail.erase(store, before, WHY, NOW) == 2
    left: list[Any] = [each async for each in trail.events(store)]
    assert len(left) == 9
    told = left[-1]
    assert (told["purposeOfEvent"], told["agent"][0]["who"]) == ([{"text": WHY.reason}], {"display": "dpo"})
    assert told["entity"][0]["detail"] == [{"type": "events erased", "valueString": "2"}]
    assert judge(rules.validator, told, "AuditEvent").issues == ()


@pytest.mark.parametrize(("date", "is_old"), [("2023-11-05", True), ("2023-11-06", False), ("2024-05-01", False)])
def test_what_is_younger_than_half_a_year_stays(date: str, is_old: bool) -> None:
    if is_old:
        assert trail.erased_before(date, NOW) == id_at(datetime.fromisoformat(f"{date}T00:00:00+00:00"))
    else:
        with pytest.raises(RequestError, match="half a year"):
            trail.erased_before(date, NOW)
