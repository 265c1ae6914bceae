from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.store.repository import Write
from app.upkeep.erasure_plan import Asked, Plan, Survey
from app.upkeep.retention import FORTY_YEARS, HOLD
from tests.builders import device, organization, patient, practitioner, procedure

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.store.sqlite import SqliteStore
    from tests.unit.upkeep.conftest import Clock

HELD = {"tag": [dict(zip(("system", "code"), HOLD, strict=True))]}
LONG = {"tag": [dict(zip(("system", "code"), FORTY_YEARS, strict=True))]}
BASE = "https://dmi.example/fhir"
TEN = Asked(years=10)


def old(**changes: Any) -> dict[str, Any]:
    """A procedure of 2010: the clock of these tests begins in 2024."""
    return procedure(**{"id": "old", "performedDateTime": "2010-01-01", **changes})


def named(*places: str) -> Asked:
    return Asked(places=frozenset(places))


@pytest.fixture
def plan(store: SqliteStore, clock: Clock) -> Callable[..., Any]:
    async def planned(asked: Asked) -> Plan:
        survey = Survey(asked, BASE, clock())
        async for _ in survey.walk(store):
            pass
        return survey.plan()

    return planned


async def test_what_is_older_goes_and_what_is_not_stays(put: Callable[..., Any], plan: Callable[..., Any]) -> None:
    await put(old(), procedure(id="new", performedDateTime="2020-01-01"), patient())
    assert (await plan(TEN)).going == {"Procedure/old": 1}


async def test_what_has_no_date_of_its_own_stays_until_it_was_not_changed_for_so_long(
    put: Callable[..., Any], plan: Callable[..., Any], clock: Clock
) -> None:
    await put(patient())
    assert (await plan(TEN)).going == {}
    clock.now = clock.now.replace(year=2035)
    assert (await plan(TEN)).going == {"Patient/p1": 1}


async def test_what_something_that_stays_refers_to_stays_with_all_it_refers_to(
    put: Callable[..., Any], plan: Callable[..., Any], clock: Clock
) -> None:
    await put(organization(), patient(managingOrganization={"reference": "Organization/o1"}), practitioner())
    clock.now = clock.now.replace(year=2035)
    await put(procedure(id="new", performedDateTime="2034-01-01", performer=None))
    result = await plan(TEN)
    assert result.going == {"Practitioner/s1": 1}
    assert result.needed == {"Patient/p1": "Procedure/new", "Organization/o1": "Patient/p1"}


async def test_old_ones_that_refer_to_each_other_go_together(
    put: Callable[..., Any], plan: Callable[..., Any], clock: Clock
) -> None:
    await put(patient(), old(performer=None, focalDevice=None))
    clock.now = clock.now.replace(year=2035)
    assert (await plan(TEN)).going == {"Procedure/old": 1, "Patient/p1": 1}


async def test_an_audit_event_never_goes_and_keeps_nothing(
    put: Callable[..., Any], plan: Callable[..., Any], clock: Clock
) -> None:
    event = {"resourceType": "AuditEvent", "id": "e", "recorded": "2001-01-01T00:00:00Z"}
    await put(old(), {**event, "entity": [{"what": {"reference": "Procedure/old"}}]})
    assert (await plan(TEN)).going == {"Procedure/old": 1}


async def test_what_is_held_stays(put: Callable[..., Any], plan: Callable[..., Any]) -> None:
    await put(old(meta=HELD))
    result = await plan(TEN)
    assert (result.going, result.held) == ({}, {"Procedure/old"})


async def test_a_hold_on_a_patient_covers_what_refers_to_the_patient(
    put: Callable[..., Any], plan: Callable[..., Any]
) -> None:
    await put(old(), patient(meta=HELD), old(id="of another", subject={"reference": "Patient/p2"}))
    result = await plan(TEN)
    assert (list(result.going), result.held) == (["Procedure/of another"], {"Procedure/old"})


async def test_a_hold_covers_what_the_held_one_refers_to(
    put: Callable[..., Any], plan: Callable[..., Any], clock: Clock
) -> None:
    await put(patient(), old(meta=HELD))
    clock.now = clock.now.replace(year=2035)
    result = await plan(TEN)
    assert (result.going, result.needed) == ({}, {"Patient/p1": "Procedure/old"})


async def test_what_has_a_device_of_forty_years_stays_so_long(
    put: Callable[..., Any], plan: Callable[..., Any], clock: Clock
) -> None:
    definition = {"resourceType": "DeviceDefinition", "id": "blood", "meta": LONG}
    await put(definition, device(definition={"reference": "DeviceDefinition/blood"}), old())
    result = await plan(TEN)
    assert (result.going, result.long) == ({}, {"Procedure/old"})
    clock.now = clock.now.replace(year=2051)
    assert "Procedure/old" in (await plan(TEN)).going


async def test_the_tag_of_forty_years_counts_on_the_procedure_too(
    put: Callable[..., Any], plan: Callable[..., Any]
) -> None:
    await put(old(meta=LONG))
    assert (await plan(TEN)).long == {"Procedure/old"}
    assert (await plan(named("Procedure/old"))).going == {"Procedure/old": 1}


async def test_a_deleted_one_goes_by_the_date_it_had_and_keeps_nothing(
    store: SqliteStore, put: Callable[..., Any], plan: Callable[..., Any], clock: Clock
) -> None:
    await put(old(), procedure(id="new", performedDateTime="2034-01-01"), patient())
    await store.write([Write("Procedure", id_, None) for id_ in ("old", "new")])
    clock.now = clock.now.replace(year=2035)
    assert (await plan(TEN)).going == {"Procedure/old": 2, "Patient/p1": 1}


async def test_a_hold_outlives_a_deletion(
    store: SqliteStore, put: Callable[..., Any], plan: Callable[..., Any]
) -> None:
    await put(old(meta=HELD))
    await store.write([Write("Procedure", "old", None)])
    assert (await plan(TEN)).held == {"Procedure/old"}


async def test_what_is_named_goes_at_any_age(put: Callable[..., Any], plan: Callable[..., Any]) -> None:
    await put(procedure(id="new"), patient(), old())
    result = await plan(named("Procedure/new", "Patient/p2"))
    assert (result.going, result.unknown) == ({"Procedure/new": 1}, {"Patient/p2"})


async def test_what_is_named_and_referred_to_stays_and_tells_by_whom(
    put: Callable[..., Any], plan: Callable[..., Any]
) -> None:
    await put(old(), patient())
    assert (await plan(named("Patient/p1"))).needed == {"Patient/p1": "Procedure/old"}
    assert (await plan(named("Patient/p1", "Procedure/old"))).going == {"Patient/p1": 1, "Procedure/old": 1}


async def test_an_absolute_reference_to_this_server_counts(put: Callable[..., Any], plan: Callable[..., Any]) -> None:
    await put(old(subject={"reference": f"{BASE}/Patient/p1"}), patient())
    assert (await plan(named("Patient/p1"))).needed == {"Patient/p1": "Procedure/old"}


async def test_a_bundle_with_a_copy_is_told(put: Callable[..., Any], plan: Callable[..., Any]) -> None:
    bundle = {"resourceType": "Bundle", "id": "b", "type": "collection", "entry": [{"resource": patient()}]}
    await put(patient(), bundle)
    assert (await plan(named("Patient/p1"))).needed == {"Patient/p1": "Bundle/b"}
