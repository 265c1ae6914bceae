"""Nobody is missed: every way in which a record can tell that a patient carries a lot, in every store."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

import pytest

from app.errors import TooCostly
from app.recall.criteria import criteria_of
from app.recall.finding import RecallSource
from app.recall.listing import Place, page_of, sort_of
from app.recall.rows import recall_listing
from app.recall.totals import totals
from tests.builders import device, patient, procedure
from tests.store.recalls import (
    BASE,
    EVERY,
    EXPLANTED,
    UDI,
    carriers,
    inside,
    involving,
    joining,
    kept,
    linking,
    operated,
    ref,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.store.repository import Repository
    from tests.builders import Document
    from tests.store.conftest import Opened

TOLD: dict[str, Callable[[str], list[Document]]] = {
    "the lot as it is written": lambda k: [device(id=k, lotNumber=k), involving(k, ref(f"Device/{k}"))],
    "the lot in capitals": lambda k: [device(id=k, lotNumber=k.upper()), involving(k, ref(f"Device/{k}"))],
    "the lot in the UDI string alone": lambda k: [
        device(id=k, lotNumber=None, udiCarrier=[{"carrierHRF": UDI.format(k)}]),
        involving(k, ref(f"Device/{k}")),
    ],
    "the lot in the scan, beside a label without it": lambda k: [
        device(
            id=k,
            lotNumber=None,
            udiCarrier=[
                {
                    "carrierHRF": "(01)03453120000011",
                    "carrierAIDC": b64encode(f"010345312000001110{k}".encode()).decode(),
                }
            ],
        ),
        involving(k, ref(f"Device/{k}")),
    ],
    "an explanted device": lambda k: [
        device(id=k, lotNumber=k),
        involving(k, {}) | {"focalDevice": [{"action": EXPLANTED, "manipulated": ref(f"Device/{k}")}]},
    ],
    "a device that was used": lambda k: [
        device(id=k, lotNumber=k),
        involving(k, {}) | {"focalDevice": [], "usedReference": [ref(f"Device/{k}")]},
    ],
    "a contained device": lambda k: [involving(k, ref("#x"), contained=[inside(k)])],
    "a contained device that nothing refers to": lambda k: [involving(k, {}, contained=[inside(k)])],
    "a contained device with the UDI string alone": lambda k: [
        involving(k, ref("#x"), contained=[inside("") | {"udiCarrier": [{"carrierHRF": UDI.format(k)}]}])
    ],
    "an absolute reference": lambda k: [device(id=k, lotNumber=k), involving(k, ref(f"{BASE}/Device/{k}"))],
    "a reference to a version": lambda k: [
        device(id=k, lotNumber=k),
        involving(k, ref(f"Device/{k}/_history/1")),
    ],
    "the second device of a procedure": lambda k: [
        device(id=k, lotNumber=k),
        device(id=f"{k}-other", lotNumber="OTHER"),
        involving(k, {}) | {"focalDevice": [{"manipulated": ref(f"Device/{each}")} for each in (f"{k}-other", k)]},
    ],
    "a procedure that came ahead of its device": lambda k: [
        involving(k, ref(f"Device/{k}")),
        device(id=k, lotNumber=k),
    ],
    "a procedure that is not finished": lambda k: [
        device(id=k, lotNumber=k),
        involving(k, ref(f"Device/{k}"), status="in-progress"),
    ],
    "a procedure without a date": lambda k: [
        device(id=k, lotNumber=k),
        involving(k, ref(f"Device/{k}"), performedDateTime=None),
    ],
}
TOLD_BY_IDENTIFIER: dict[str, Callable[[str], list[Document]]] = {
    "an identifier alone": lambda k: [
        device(id=k, lotNumber=k, identifier=[{"system": "urn:serials", "value": k}]),
        involving(k, {"identifier": {"system": "urn:serials", "value": k}}),
    ],
    "an identifier beside the id of nobody": lambda k: [
        device(id=k, lotNumber=k, identifier=[{"value": k}], patient=ref(f"Patient/{k}")),
        involving(k, {}) | {"usedReference": [{"reference": "Device/nobody", "identifier": {"value": k}}]},
    ],
}
LOTS = {told: f"lot-{number:02d}" for number, told in enumerate(TOLD)}


async def all_told(open_store: Opened) -> Repository:
    """Each way of telling with a lot, a device, a procedure and a patient of its own."""
    every = [each for told, lot in LOTS.items() for each in TOLD[told](lot)]
    return await kept(open_store, *every, *(patient(id=lot) for lot in LOTS.values()))


@linking
async def test_a_patient_is_found_whatever_tells_the_lot(open_store: Opened) -> None:
    store = await all_told(open_store)
    found = {told: await carriers(store, lot=[lot]) for told, lot in LOTS.items()}
    assert found == {told: [(lot, lot)] for told, lot in LOTS.items()}


@joining
async def test_the_totals_count_whatever_tells_the_lot(open_store: Opened) -> None:
    store = await all_told(open_store)
    for told, lot in LOTS.items():
        found = await totals(store, criteria_of({"lot": [lot]}), EVERY, BASE)
        assert (found.procedures, found.patients, found.devices, found.without_procedure) == (1, 1, 1, 0), told
        assert found.by_organization == {"o1": 1}, told
        assert dict(found.by_month) == ({} if "without a date" in told else {"2024-02": 1}), told


@joining
@pytest.mark.parametrize("told", TOLD_BY_IDENTIFIER)
async def test_a_patient_is_found_by_the_identifier_of_a_device(open_store: Opened, told: str) -> None:
    store = await kept(open_store, *TOLD_BY_IDENTIFIER[told]("lot-1"), patient(id="lot-1"))
    found = await totals(store, criteria_of({"lot": ["LOT-1"]}), EVERY, BASE)
    assert await carriers(store) == [("lot-1", "lot-1")]
    assert (found.procedures, found.patients, found.devices, found.without_procedure) == (1, 1, 1, 0)


LEFT_OUT: dict[str, Callable[[str], list[Document]]] = {
    "a lot that only begins like it": lambda k: [device(id=k, lotNumber=f"{k}0"), involving(k, ref(f"Device/{k}"))],
    "a procedure entered in error": lambda k: [
        device(id=k, lotNumber=k),
        involving(k, ref(f"Device/{k}"), status="entered-in-error"),
    ],
    "a procedure that was not done": lambda k: [
        device(id=k, lotNumber=k),
        involving(k, ref(f"Device/{k}"), status="not-done"),
    ],
    "a contained device of another lot": lambda k: [involving(k, ref("#x"), contained=[inside("OTHER")])],
    "a device entered in error that names a patient": lambda k: [
        device(id=k, lotNumber=k, status="entered-in-error", patient=ref("Patient/p1")),
    ],
}


@linking
async def test_nobody_is_called_without_a_reason(open_store: Opened) -> None:
    store = await kept(open_store, *(each for n, told in enumerate(LEFT_OUT) for each in LEFT_OUT[told](f"lot-{n}")))
    found = {told: await carriers(store, lot=[f"lot-{number}"]) for number, told in enumerate(LEFT_OUT)}
    assert found == {told: [] for told in LEFT_OUT}


@linking
async def test_a_device_that_names_a_patient_without_a_procedure_comes_last(open_store: Opened) -> None:
    store = await kept(open_store, device(), operated("o1", "p1"), device(id="d0", patient={"reference": "Patient/p2"}))
    assert await carriers(store) == [("p1", "o1"), ("p2", "")]


@linking
async def test_a_procedure_that_was_not_done_leaves_the_patient_whom_the_device_names(open_store: Opened) -> None:
    store = await kept(
        open_store, device(patient={"reference": "Patient/p1"}), operated("o1", "p1", status="entered-in-error")
    )
    assert await carriers(store) == [("p1", "")]


@linking
async def test_a_device_and_its_procedure_that_disagree_give_both_patients(open_store: Opened) -> None:
    store = await kept(open_store, device(patient={"reference": "Patient/p2"}), operated("o1", "p1"))
    assert await carriers(store) == [("p1", "o1"), ("p2", "o1")]


@linking
async def test_the_newest_comes_first_and_what_has_no_date_last(open_store: Opened) -> None:
    store = await kept(
        open_store,
        *(device(id=f"d{n}") for n in range(4)),
        operated("o0", "p0", "d0", performedDateTime="2023-01-01"),
        operated("o1", "p1", "d1", performedDateTime=None, performedPeriod={"start": "2024-01-01"}),
        operated("o2", "p2", "d2", performedDateTime=None),
        operated("o3", "p3", "d3", performedDateTime="2023-06-01T10:00:00+02:00"),
    )
    assert await carriers(store) == [("p1", "o1"), ("p3", "o3"), ("p0", "o0"), ("p2", "o2")]


@linking
async def test_one_contained_device_meets_all_criteria(open_store: Opened) -> None:
    inside = [
        {"resourceType": "Device", "id": "x", "lotNumber": "LOT-1", "manufacturer": "Other"},
        {"resourceType": "Device", "id": "y", "lotNumber": "OTHER", "manufacturer": "Acme"},
    ]
    store = await kept(open_store, procedure(id="o1", contained=inside, focalDevice=None))
    assert await carriers(store, lot=["LOT-1"], manufacturer=["acme"]) == []
    assert await carriers(store, lot=["LOT-1"], manufacturer=["other"]) == [("p1", "o1")]


@joining
async def test_a_device_that_another_period_names_by_an_identifier_is_no_device_of_this_one(
    open_store: Opened,
) -> None:
    identifier = {"system": "urn:serials", "value": "1"}
    store = await kept(
        open_store,
        device(identifier=[identifier]),
        involving("p1", {"identifier": identifier}, performedDateTime="2023-05-06"),
    )
    for year, expected in (("2023", (1, 1, 1)), ("2024", (0, 0, 0))):
        criteria = criteria_of({"lot": ["LOT-1"], "implantedFrom": [year], "implantedTo": [year]})
        found = await totals(store, criteria, EVERY, BASE)
        assert (found.procedures, found.patients, found.devices) == expected


@joining
async def test_more_identifiers_than_can_be_followed_are_an_error_and_not_a_shorter_list(
    open_store: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.recall.naming.MOST", 1)
    many = [{"system": "urn:serials", "value": str(number)} for number in range(2)]
    store = await kept(open_store, device(identifier=many), involving("p1", {"identifier": many[0]}))
    with pytest.raises(TooCostly, match="identifiers"):
        await carriers(store)


@linking
@pytest.mark.parametrize("written", ["+A99912345", "A99912345", "a99912345"])
async def test_a_device_identifier_of_hibc_is_found_however_it_is_written(open_store: Opened, written: str) -> None:
    store = await kept(open_store, device(udiCarrier=[{"deviceIdentifier": written}]), operated("o1", "p1"))
    for asked in ("+A99912345", "A99912345", "a99912345", "+A99912345/$$3271231LOT1/SS1"):
        assert await carriers(store, udiDi=[asked]) == [("p1", "o1")], asked


@linking
async def test_a_thousand_lots_are_one_recall(open_store: Opened) -> None:
    store = await kept(open_store, device(), operated("o1", "p1"))
    assert await carriers(store, lot=["lot-1", *(f"other {number}" for number in range(999))]) == [("p1", "o1")]


DEFINITION = {
    "resourceType": "DeviceDefinition",
    "id": "m1",
    "extension": [
        {"url": "https://interop.esante.gouv.fr/ig/fhir/tdmi/StructureDefinition/dmi-code-lpp", "valueCode": "3180123"},
        {
            "url": "https://interop.esante.gouv.fr/ig/fhir/tdmi/StructureDefinition/dmi-code-emdn",
            "valueCode": "P090804",
        },
    ],
    "udiDeviceIdentifier": [{"deviceIdentifier": "03700000000026"}],
    "manufacturerString": "Fabricant du modèle",
}
MEANT: dict[str, dict[str, list[str]]] = {
    "the UDI-DI": {"udiDi": ["03700000000019"]},
    "a GTIN without the zero ahead": {"udiDi": ["3700000000019"]},
    "a whole UDI string": {"udiDi": [UDI.format("LOT-1")]},
    "a serial number": {"serial": ["sn-9"]},
    "a manufacturer's first word": {"manufacturer": ["ACMÉ"]},
    "the UDI-DI of the definition": {"udiDi": ["03700000000026"]},
    "the manufacturer of the definition": {"manufacturer": ["fabricant du modele"]},
    "the LPP code of the definition": {"lpp": ["3180123"]},
    "the EMDN code of the definition": {"emdn": ["P090804"]},
    "an EMDN code above it": {"emdn": ["p0908"]},
    "one of several lots": {"lot": ["OTHER", "LOT-1"]},
    "a lot and when it expires": {"lot": ["LOT-1"], "expiresBefore": ["2029"]},
}


NOT_MEANT: dict[str, dict[str, list[str]]] = {
    "another EMDN branch": {"emdn": ["P0909"]},
    "an expiry that is later": {"lot": ["LOT-1"], "expiresBefore": ["2028-12-31"]},
    "another lot of the same model": {"udiDi": ["03700000000019"], "lot": ["LOT-2"]},
    "a period ahead of it": {"lot": ["LOT-1"], "implantedTo": ["2024-02-28"]},
    "a period after it": {"lot": ["LOT-1"], "implantedFrom": ["2024-03"]},
    "another organization": {"lot": ["LOT-1"], "organization": ["Organization/o2"]},
}


@linking
async def test_a_device_is_meant_by_what_it_is_stored_or_contained(open_store: Opened) -> None:
    one = device(
        serialNumber="SN-9",
        manufacturer="Acmé Médical",
        udiCarrier=[{"carrierHRF": UDI.format("LOT-1")}],
        definition=ref("DeviceDefinition/m1"),
    )
    containing = involving("p2", ref("#d1"), contained=[one], performedDateTime="2024-02-29")
    store = await kept(open_store, DEFINITION, one, involving("p1", ref("Device/d1")), containing)
    found = {meant: await carriers(store, **arguments) for meant, arguments in (MEANT | NOT_MEANT).items()}
    assert {meant: found[meant] for meant in MEANT} == {meant: [("p1", "p1"), ("p2", "p2")] for meant in MEANT}
    assert {case: found[case] for case in NOT_MEANT} == {case: [] for case in NOT_MEANT}


@linking
async def test_a_period_takes_its_first_and_its_last_day(open_store: Opened) -> None:
    store = await kept(open_store, device(), operated("o1", "p1"))
    found = await carriers(store, lot=["LOT-1"], implantedFrom=["2024-02-29"], implantedTo=["2024-02-29"])
    assert found == [("p1", "o1")]


@joining
async def test_devices_without_a_procedure_are_counted_where_a_period_leaves_them_out(open_store: Opened) -> None:
    store = await kept(open_store, device(patient={"reference": "Patient/p1"}))
    arguments = {"lot": ["LOT-1"], "implantedFrom": ["2024"]}
    found = await totals(store, criteria_of(arguments), EVERY, BASE)
    assert await carriers(store, **arguments) == []
    assert (found.patients, found.devices, found.without_procedure) == (0, 0, 1)


@linking
@pytest.mark.parametrize(
    ("owner", "expected"),
    [({"reference": "Organization/o1"}, ["p1"]), (None, ["p1"]), ({"reference": "Organization/o2"}, [])],
)
async def test_a_device_without_a_procedure_belongs_to_its_owner_and_to_all_where_it_has_none(
    open_store: Opened, owner: Document | None, expected: list[str]
) -> None:
    store = await kept(open_store, device(patient={"reference": "Patient/p1"}, owner=owner))
    found = await carriers(store, lot=["LOT-1"], organization=["o1"])
    assert [who for who, _ in found] == expected


@linking
async def test_pages_of_any_size_hold_every_implant_once_and_in_order(open_store: Opened) -> None:
    def both(number: int) -> Document:
        references = [{"manipulated": {"reference": f"Device/d{number}{side}"}} for side in "ab"]
        return procedure(id=f"o{number}", subject={"reference": f"Patient/p{number}"}, focalDevice=references) | {
            "performedDateTime": f"2024-01-0{number}"
        }

    store = await kept(
        open_store,
        *(device(id=f"d{number}{side}") for number in range(1, 4) for side in "ab"),
        *(both(number) for number in range(1, 4)),
        *(device(id=f"e{n}", patient={"reference": f"Patient/q{n}"}) for n in range(3)),
    )
    criteria = criteria_of({"lot": ["LOT-1"]})
    for sort, order in (("-date", "332211"), ("date", "112233")):
        listing = recall_listing(criteria, BASE, sort_of(sort))
        for size in (1, 2, 3, 4, 20):
            found, after, more = [], None, True
            while more:
                page = await page_of(listing, RecallSource(store, criteria, BASE), size, after)
                found += [edge.implant.device["id"] for edge in page.edges]
                more = page.has_next
                after = listing.place(listing.cursor(page.edges[-1].place))
                assert isinstance(after, Place)
            assert found == [f"d{n}{'ab'[i % 2]}" for i, n in enumerate(order)] + ["e0", "e1", "e2"]


@joining
async def test_a_procedure_with_a_stored_and_a_contained_device_is_one_procedure(open_store: Opened) -> None:
    both = involving("p1", ref("Device/d1"), contained=[inside("LOT-1")])
    store = await kept(open_store, device(), both)
    found = await totals(store, criteria_of({"lot": ["LOT-1"]}), EVERY, BASE)
    assert (found.procedures, found.patients, found.devices, found.by_month) == (1, 1, 2, {"2024-02": 1})
    assert await carriers(store) == [("p1", "p1"), ("p1", "p1")]
