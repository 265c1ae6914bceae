"""What is in stock and where, and the figures of everything, in every store."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from app.recall.criteria import criteria_of
from app.recall.naming import named
from app.recall.statistics import Scope, statistics
from app.recall.stock import INTERNAL_ORGANIZATION, in_stock, placed
from app.search.algebra import Search
from tests.builders import device, organization
from tests.store.kinds import JOINING, LINKING
from tests.store.recalls import BASE, EMDN, kept, operated, ref

if TYPE_CHECKING:
    from tests.builders import Document
    from tests.store.conftest import Opened

linking = pytest.mark.parametrize("open_store", LINKING, indirect=True)
joining = pytest.mark.parametrize("open_store", JOINING, indirect=True)


@linking
async def test_stock_is_what_nobody_bears_and_no_procedure_used(open_store: Opened) -> None:
    store = await kept(
        open_store,
        device(id="used"),
        operated("o1", "p1", "used"),
        device(id="planned"),
        operated("o2", "p1", "planned", status="not-done"),
        device(id="borne", patient={"reference": "Patient/p1"}),
        device(id="wrong", status="entered-in-error"),
        device(id="other", lotNumber="OTHER"),
        device(id="shelf"),
    )
    page = await store.search("Device", Search(in_stock(criteria_of({"lot": ["lot-1"]}), BASE)))
    assert [row.position.id for row in page.rows] == ["planned", "shelf"]


@joining
async def test_a_device_that_a_procedure_names_by_an_identifier_is_no_stock(open_store: Opened) -> None:
    identifier = {"system": "urn:serials", "value": "1"}
    used = operated("o1", "p1") | {"focalDevice": [{"manipulated": {"identifier": identifier}}]}
    store = await kept(open_store, device(identifier=[identifier]), device(id="d2"), used)
    criteria = await named(store, criteria_of({"lot": ["lot-1"]}), BASE)
    page = await store.search("Device", Search(in_stock(criteria, BASE)))
    assert [row.position.id for row in page.rows] == ["d2"]


@joining
async def test_the_place_of_a_device_is_that_of_its_latest_valid_delivery(open_store: Opened) -> None:
    def delivery(id: str, day: str | None, place: str, **changes: Any) -> Document:  # noqa: A002 - FHIR's word
        return {
            "resourceType": "SupplyDelivery",
            "id": id,
            "status": "completed",
            "extension": [{"url": INTERNAL_ORGANIZATION, "valueReference": {"reference": "Organization/pui"}}],
            "suppliedItem": {"itemReference": {"reference": "Device/d1"}},
            "destination": {"reference": f"Location/{place}"},
            **({"occurrenceDateTime": day} if day else {}),
            **changes,
        }

    moved, still = (
        device(location={"reference": "Location/old"}),
        device(id="d2", owner={"reference": "Organization/o1"}),
    )
    store = await kept(
        open_store,
        organization(),
        delivery("s1", "2024-01-01", "first"),
        delivery("s2", "2024-03-01", "second"),
        delivery("s3", "2024-06-01", "wrong", status="entered-in-error"),
        delivery("s4", None, "undated"),
        moved,
        still,
    )
    first, second = await placed(store, [moved, still], BASE)
    assert (first.location, first.since) == ({"reference": "Location/second"}, "2024-03-01")
    assert first.organization == {"reference": "Organization/pui"}
    assert (second.delivery, second.location, second.owner) == (None, None, {"reference": "Organization/o1"})


@linking
async def test_stock_of_an_organization_is_what_it_owns_or_keeps_and_what_is_nowhere(open_store: Opened) -> None:
    def at(id: str, organization_id: str) -> Document:  # noqa: A002 - FHIR's word
        return {"resourceType": "Location", "id": id, "managingOrganization": ref(f"Organization/{organization_id}")}

    store = await kept(
        open_store,
        at("mine", "o1"),
        at("theirs", "o2"),
        device(id="owned", owner=ref("Organization/o1")),
        device(id="kept", location=ref("Location/mine")),
        device(id="lost"),
        device(id="away", location=ref("Location/theirs")),
        device(id="foreign", owner=ref("Organization/o2")),
    )
    wanted = criteria_of({"lot": ["LOT-1"], "organization": ["o1"]})
    page = await store.search("Device", Search(in_stock(wanted, BASE)))
    assert [row.position.id for row in page.rows] == ["kept", "lost", "owned"]


@joining
async def test_the_figures_of_everything(open_store: Opened) -> None:
    def of_kind(id: str, code: str, **changes: Any) -> Document:  # noqa: A002 - FHIR's word
        return device(id=id, extension=[{"url": EMDN, "valueCode": code}], **changes)

    def trace(id: str, outcome: str) -> Document:  # noqa: A002 - FHIR's word
        return {"resourceType": "AuditEvent", "id": id, "recorded": "2024-02-01T10:00:00Z", "outcome": outcome}

    full = [{"carrierHRF": "(01)03700000000019(17)281231(10)LOT-1"}]
    store = await kept(
        open_store,
        of_kind("d1", "P09", udiCarrier=full),
        of_kind("d2", "P09", type={"coding": [{"code": "P09", "display": "Prothèse"}]}),
        of_kind("d3", "J01", lotNumber=None),
        operated("o1", "p1", "d1"),
        operated("o2", "p1", "d2", performedDateTime="2024-03-01"),
        operated("o3", "p1", "d3", status="not-done"),
        operated("o4", "p1", "gone"),
        device(id="s1", expirationDate="2024-04-30"),
        device(id="s2", expirationDate="2024-05-01"),
        device(id="s3", expirationDate="2024-05-31"),
        device(id="s4", expirationDate="2024-06-01"),
        trace("a1", "0"),
        trace("a2", "8"),
    )
    names = ("procedures", "by_month", "by_device_type", "traced", "stock", "failures")
    found = await statistics(store, Scope(None, None, (), date(2024, 5, 1), 30, BASE), names)
    assert (found.procedures, dict(found.by_month)) == (3, {"2024-02": 2, "2024-03": 1})
    (kind,) = found.by_device_type
    assert (kind.code, kind.count, found.device_types) == ("P09", 2, 1)
    assert dict(found.traced) == {"udi": 1, "lot-or-serial": 2, "expiry": 1, "complete": 1}
    assert (found.stock, found.expired, found.expiring) == (5, 1, 2)
    assert dict(found.failures) == {"8": 1}
