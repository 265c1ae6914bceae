"""The figures that the store counts are those that one gets by counting the example data one by one."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from app.demo.examples import example_data
from app.fhir.dates import date_bounds
from app.recall.statistics import Scope, statistics
from app.search.tracing import traceability

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from app.recall.statistics import Statistics
    from tests.conftest import Start

TODAY, DAYS = date(2025, 6, 1), 400
NAMES = ("procedures", "by_month", "by_device_type", "traced", "stock", "failures")
EMDN = "https://interop.esante.gouv.fr/ig/fhir/tdmi/StructureDefinition/dmi-code-emdn"
EXAMPLES: list[dict[str, Any]] = list(example_data())
DEVICES = {f"Device/{each['id']}": each for each in EXAMPLES if each["resourceType"] == "Device"}
PROCEDURES = [
    each
    for each in EXAMPLES
    if each["resourceType"] == "Procedure" and each["status"] not in ("entered-in-error", "not-done")
]


@pytest.fixture
async def counted(start: Start) -> Statistics:
    product = await start(*EXAMPLES)
    return await statistics(product.store, Scope(None, None, (), TODAY, DAYS, ""), NAMES)


def focal(procedure: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The stored focal devices of a procedure."""
    named = (each.get("manipulated", {}).get("reference") for each in procedure.get("focalDevice", ()))
    return (DEVICES[reference] for reference in named if reference in DEVICES)


def number_of(texts: Iterable[Iterable[str]]) -> Counter[str]:
    """How many times each text is among the distinct ones of an entry."""
    return Counter(text for entry in texts for text in set(entry))


def months(procedure: dict[str, Any]) -> list[str]:
    """The month, in UTC, in which a procedure begins."""
    performed = procedure.get("performedDateTime")
    return [date_bounds(performed)[0].astimezone(UTC).strftime("%Y-%m")] if performed else []


def test_procedures_are_those_that_count(counted: Statistics) -> None:
    assert counted.procedures == len(PROCEDURES) > 100


def test_months_are_those_in_which_procedures_begin(counted: Statistics) -> None:
    assert counted.by_month == number_of(map(months, PROCEDURES))


def test_kinds_of_devices_are_the_codes_of_focal_devices(counted: Statistics) -> None:
    codes = (
        [
            each["valueCode"]
            for device in focal(procedure)
            for each in device.get("extension", ())
            if each["url"] == EMDN
        ]
        for procedure in PROCEDURES
    )
    assert {kind.code: kind.count for kind in counted.by_device_type} == number_of(codes)


def test_parts_of_a_full_udi_are_those_of_focal_devices(counted: Statistics) -> None:
    parts = ([part for device in focal(procedure) for part in traceability(device)] for procedure in PROCEDURES)
    assert counted.traced == number_of(parts)


def test_stock_is_what_no_procedure_and_no_patient_has(counted: Statistics) -> None:
    used = {device["id"] for procedure in PROCEDURES for device in focal(procedure)}
    stock = [
        each
        for each in DEVICES.values()
        if each["id"] not in used and "patient" not in each and each.get("status") != "entered-in-error"
    ]
    days = [date.fromisoformat(each["expirationDate"]) for each in stock if "expirationDate" in each]
    last = TODAY + timedelta(DAYS)
    assert counted.stock == len(stock) > 0
    assert counted.expired == sum(day < TODAY for day in days)
    assert counted.expiring == sum(TODAY <= day <= last for day in days) > 0


def test_failures_are_traces_that_tell_one(counted: Statistics) -> None:
    outcomes = Counter(each.get("outcome", "0") for each in EXAMPLES if each["resourceType"] == "AuditEvent")
    assert counted.failures == {outcome: number for outcome, number in outcomes.items() if outcome != "0"}
