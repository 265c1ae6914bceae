from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.builders import device, procedure
from tests.unit.schema.test_recall import operated

if TYPE_CHECKING:
    from tests.conftest import Start

EMDN = "https://interop.esante.gouv.fr/ig/fhir/tdmi/StructureDefinition/dmi-code-emdn"


def of_kind(code: str, **changes: Any) -> dict[str, Any]:
    kind = {"coding": [{"code": code, "display": f"kind {code}"}]}
    return device(extension=[{"url": EMDN, "valueCode": code}], type=kind, **changes)


async def test_procedures_are_counted_by_month_and_kind(start: Start) -> None:
    product = await start(
        of_kind("P09", id="d1"),
        of_kind("J01", id="d2"),
        of_kind("P09", id="d3"),
        *(operated(n) for n in (1, 2, 3)),
        operated(4, performedDateTime="2024-02-01"),
        operated(5, status="not-done"),
    )
    data = await product.data(
        "{ DmiStatistics { procedures byMonth { month count } byDeviceType { code display count } deviceTypes } }"
    )
    assert data["DmiStatistics"] == {
        "procedures": 4,
        "byMonth": [{"month": "2024-01", "count": 3}, {"month": "2024-02", "count": 1}],
        "byDeviceType": [
            {"code": "P09", "display": "kind P09", "count": 2},
            {"code": "J01", "display": "kind J01", "count": 1},
        ],
        "deviceTypes": 2,
    }


async def test_completeness_is_a_part_of_the_devices_that_are_stored(start: Start) -> None:
    full = [{"carrierHRF": "(01)03700000000019(17)281231(10)LOT-1"}]
    one, two = (device(id="d1", lotNumber=None, udiCarrier=full), device(id="d2"))
    bare = [device(id=id_, lotNumber=None) for id_ in ("d3", "d4")]
    product = await start(one, two, *bare, *(operated(n) for n in (1, 2, 3, 4, 5)))
    data = await product.data(
        """{ DmiStatistics {
            completeness { devices udi { share } lotOrSerial { count share } expiry { count } complete { share } }
        } }"""
    )
    assert data["DmiStatistics"]["completeness"] == {
        "devices": 4,
        "udi": {"share": 0.25},
        "lotOrSerial": {"count": 2, "share": 0.5},
        "expiry": {"count": 1},
        "complete": {"share": 0.25},
    }


async def test_two_focal_devices_of_a_procedure_are_two_of_the_devices(start: Start) -> None:
    moved = [{"manipulated": {"reference": f"Device/{id_}"}} for id_ in ("d1", "d2")]
    expiring = [device(id="d1", expirationDate="2028"), device(id="d2", lotNumber=None, expirationDate="2029")]
    product = await start(*expiring, operated(1, focalDevice=moved))
    data = await product.data("{ DmiStatistics { procedures completeness { devices expiry { count share } } } }")
    assert data["DmiStatistics"] == {
        "procedures": 1,
        "completeness": {"devices": 2, "expiry": {"count": 2, "share": 1.0}},
    }


async def test_an_empty_store_has_no_shares(start: Start) -> None:
    data = await (await start()).data("{ DmiStatistics { completeness { udi { count share } } byMonth { month } } }")
    assert data["DmiStatistics"] == {"completeness": {"udi": {"count": 0, "share": None}}, "byMonth": []}


async def test_a_period_and_an_organization_narrow_the_figures(start: Start) -> None:
    elsewhere = [{"onBehalfOf": {"reference": "Organization/o2"}}]
    product = await start(
        operated(1), operated(2), operated(3, performer=elsewhere), operated(9, performedDateTime="2025-01-01")
    )
    data = await product.data(
        """{
            a: DmiStatistics(from: "2024", to: "2024") { procedures }
            b: DmiStatistics(organization: "Organization/o2") { procedures }
            c: DmiStatistics(from: "2024-01-02", organization: ["o1"]) { procedures }
        }"""
    )
    assert [data[name]["procedures"] for name in "abc"] == [3, 1, 2]


async def test_stock_expires_after_the_day_it_names(start: Start) -> None:
    def due(id: str, days: int, **changes: Any) -> dict[str, Any]:  # noqa: A002 - FHIR's word
        day = datetime.now(UTC).date() + timedelta(days=days)
        return device(id=id, expirationDate=day.isoformat(), **changes)

    product = await start(
        due("d1", -1),
        due("d2", 0),
        due("d3", 30),
        due("d4", 31),
        due("d5", -1, patient={"reference": "Patient/p1"}),
        due("d6", -1),
        procedure(id="o6", focalDevice=[{"manipulated": {"reference": "Device/d6"}}]),
        device(id="d7"),
    )
    data = await product.data("{ DmiStatistics(expiringWithin: 30) { stock { devices expired expiring } } }")
    assert data["DmiStatistics"]["stock"] == {"devices": 5, "expired": 1, "expiring": 2}


async def test_failed_traces_are_counted_by_outcome(start: Start) -> None:
    def trace(id: str, outcome: str, day: str = "2024-01-01") -> dict[str, Any]:  # noqa: A002 - FHIR's word
        return {"resourceType": "AuditEvent", "id": id, "recorded": f"{day}T10:00:00Z", "outcome": outcome}

    product = await start(
        trace("a", "0"), trace("b", "8"), trace("c", "8"), trace("d", "12"), trace("e", "12", "2020-01-01")
    )
    data = await product.data('{ DmiStatistics(from: "2024") { failedTraces { outcome text count } } }')
    assert data["DmiStatistics"]["failedTraces"] == [
        {"outcome": "8", "text": "serious failure", "count": 2},
        {"outcome": "12", "text": "major failure", "count": 1},
    ]


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ('from: "x"', "from"),
        ('to: ""', "to"),
        ('from: "2025", to: "2024"', "from"),
        ("organization: []", "organization"),
        ('organization: "Patient/x"', "organization"),
        ("expiringWithin: -1", "expiringWithin"),
        ("expiringWithin: 100000", "expiringWithin"),
    ],
)
async def test_what_cannot_be_meant_is_an_error(start: Start, arguments: str, word: str) -> None:
    answer = await (await start()).ask(f"{{ DmiStatistics({arguments}) {{ procedures }} }}")
    assert answer["errors"][0]["extensions"]["code"] == "invalid"
    assert word in answer["errors"][0]["message"]
