"""Each patient counts once, whatever names them, in every store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.recall.criteria import criteria_of
from app.recall.merging import persons_of, survivors
from app.recall.totals import totals
from tests.builders import device, patient
from tests.store.recalls import (
    BASE,
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
    import pytest

    from tests.builders import Document
    from tests.store.conftest import Opened


@joining
async def test_patients_whom_only_their_procedures_tell_are_one_each(open_store: Opened) -> None:
    within = {"resourceType": "Patient", "id": "who"}
    store = await kept(
        open_store,
        device(),
        *(involving(f"o{n}", ref("Device/d1"), contained=[within]) | {"subject": ref("#who")} for n in range(2)),
        *(involving(f"x{n}", ref("#x"), contained=[within, inside("LOT-1")]) | {"subject": ref("#who")} for n in "ab"),
        involving("t", ref("Device/d1")) | {"subject": {"display": "inconnue"}},
    )
    assert (await totals(store, criteria_of({"lot": ["LOT-1"]}), ["patients"], BASE)).patients == 5
    assert len(await carriers(store)) == 5


@linking
async def test_a_device_that_names_the_record_into_which_the_patient_was_merged_adds_nobody(
    open_store: Opened,
) -> None:
    merged = patient(id="p1", link=[{"other": ref("Patient/p2"), "type": "replaced-by"}])
    store = await kept(open_store, device(patient=ref("Patient/p2")), operated("o1", "p1"), merged, patient(id="p2"))
    assert await carriers(store) == [("p1", "o1")]


@joining
async def test_merged_records_are_one_patient(open_store: Opened) -> None:
    link = [{"other": {"reference": "Patient/p9"}, "type": "replaced-by"}]
    back = [{"other": {"reference": f"{BASE}/Patient/p3"}, "type": "replaces"}]
    store = await kept(
        open_store,
        *(device(id=f"d{n}") for n in range(1, 5)),
        *(operated(f"o{n}", f"p{n}", f"d{n}") for n in range(1, 5)),
        patient(id="p1", link=link),
        patient(id="p2", link=link),
        patient(id="p3"),
        patient(id="p4", link=[{"other": {"reference": "Patient/p1"}, "type": "seealso"}]),
        patient(id="p9", link=back),
    )
    found = await totals(store, criteria_of({"lot": ["LOT-1"]}), ["patients"], BASE)
    assert found.patients == 2
    assert await survivors(store, ["p1", "p3", "p4"], BASE) == {"p1": "p9", "p3": "p9"}


@linking
async def test_merges_are_followed_to_their_end_and_a_circle_ends_too(open_store: Opened) -> None:
    def replaced(id: str, other: str) -> Document:  # noqa: A002 - FHIR's word
        return patient(id=id, link=[{"other": {"reference": f"Patient/{other}"}, "type": "replaced-by"}])

    store = await kept(
        open_store,
        replaced("a", "b"),
        replaced("b", "c"),
        patient(id="c"),
        replaced("x", "y"),
        replaced("y", "x"),
        replaced("z", "x"),
    )
    persons = await persons_of(store, ["a", "x", "c"], BASE)
    assert (persons.of("a") == persons.of("c"), persons.of("x") == persons.of("y")) == (True, True)
    assert await survivors(store, ["a", "x", "z"], BASE) == {"a": "c"}


@linking
async def test_many_patients_are_merged_as_few_are(open_store: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.recall.merging.FEW", 1)
    merged = patient(id="a", link=[{"other": {"reference": "Patient/b"}, "type": "replaced-by"}])
    store = await kept(open_store, merged, patient(id="b"), patient(id="c"))
    persons = await persons_of(store, ["a", "b", "c"], BASE)
    assert len({persons.of(each) for each in ("a", "b", "c")}) == 2


@joining
async def test_a_patient_named_by_an_identifier_is_the_one_who_has_it(open_store: Opened) -> None:
    known = {"identifier": {"system": "urn:oid:1.2.250.1.213.1.4.8", "value": "280079912345678"}}
    unknown = {"identifier": {"value": "nobody"}}
    store = await kept(
        open_store,
        patient(),
        *(device(id=f"d{n}") for n in range(1, 4)),
        operated("o1", "p1", "d1"),
        operated("o2", "", "d2") | {"subject": known},
        operated("o3", "", "d3") | {"subject": unknown},
    )
    found = await totals(store, criteria_of({"lot": ["LOT-1"]}), ["patients"], BASE)
    assert found.patients == 2
    assert sorted(who or "" for who, _ in await carriers(store)) == ["", "p1", "p1"]
