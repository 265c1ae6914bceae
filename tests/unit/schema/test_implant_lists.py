from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.schema.rows import MOST_ROWS
from tests.builders import device, organization, patient, procedure
from tests.counted import CountedStore
from tests.unit.schema.test_recall import operated

if TYPE_CHECKING:
    from tests.conftest import Start

IMPLANTS = "implants(first: 10) { edges { node { device { id } procedure { id } date } } pageInfo { hasNextPage } }"


def told(connection: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(edge["node"]["device"]["id"], (edge["node"]["procedure"] or {}).get("id")) for edge in connection["edges"]]


async def test_a_patient_carries_what_procedures_and_devices_tell(start: Start) -> None:
    product = await start(
        patient(),
        device(id="d1"),
        operated(1),
        device(id="d2", lotNumber="OTHER", patient={"reference": "Patient/p1"}),
        operated(2, status="not-done"),
        device(id="d3", patient={"reference": "Patient/p1"}),
        procedure(id="o3", focalDevice=[{"manipulated": {"reference": "Device/d3"}}]),
    )
    data = await product.data(f'{{ Patient(id: "p1") {{ {IMPLANTS} }} }}')
    assert told(data["Patient"]["implants"]) == [("d3", "o3"), ("d1", "o1"), ("d2", None)]


async def test_what_merged_records_tell_is_the_patients_too(start: Start) -> None:
    replaced = [{"other": {"reference": "Patient/p1"}, "type": "replaced-by"}]
    replaces = [{"other": {"reference": "Patient/p3"}, "type": "replaces"}]
    product = await start(
        patient(link=replaces),
        patient(id="p2", link=replaced),
        patient(id="p3"),
        *(device(id=f"d{n}") for n in range(1, 4)),
        *(operated(n) for n in range(1, 4)),
    )
    data = await product.data(f'{{ a: Patient(id: "p1") {{ {IMPLANTS} }} b: Patient(id: "p2") {{ {IMPLANTS} }} }}')
    expected = [("d3", "o3"), ("d2", "o2"), ("d1", "o1")]
    assert told(data["a"]["implants"]) == told(data["b"]["implants"]) == expected


async def test_a_device_that_a_procedure_names_by_an_identifier_is_the_patients(start: Start) -> None:
    identifier = {"system": "urn:serials", "value": "1"}
    used = procedure(id="o1", focalDevice=[{"manipulated": {"identifier": identifier}}])
    product = await start(patient(), device(identifier=[identifier]), used)
    data = await product.data(f'{{ Patient(id: "p1") {{ {IMPLANTS} }} }}')
    assert told(data["Patient"]["implants"]) == [("d1", "o1")]


async def test_a_device_that_names_another_patient_is_in_the_list_of_both(start: Start) -> None:
    product = await start(patient(), patient(id="p2"), device(patient={"reference": "Patient/p2"}), operated(1))
    data = await product.data(f'{{ a: Patient(id: "p1") {{ {IMPLANTS} }} b: Patient(id: "p2") {{ {IMPLANTS} }} }}')
    assert (told(data["a"]["implants"]), told(data["b"]["implants"])) == ([("d1", "o1")], [("d1", None)])


async def test_an_organization_has_what_was_done_on_its_behalf(start: Start) -> None:
    product = await start(organization(), device(), operated(1))
    data = await product.data(f'{{ Organization(id: "o1") {{ {IMPLANTS} }} }}')
    assert told(data["Organization"]["implants"]) == [("d1", "o1")]


async def test_a_device_knows_its_procedures_the_newest_first(start: Start) -> None:
    again = operated(2, focalDevice=None, usedReference=[{"reference": "Device/d1"}])
    product = await start(device(), operated(1), again)
    data = await product.data('{ Device(id: "d1") { implantedIn { procedure { id } explanted } } }')
    assert data["Device"]["implantedIn"] == [
        {"procedure": {"id": "o2"}, "explanted": False},
        {"procedure": {"id": "o1"}, "explanted": False},
    ]


async def test_a_device_in_many_procedures_knows_them_all(start: Start) -> None:
    shared = [{"manipulated": {"reference": "Device/d1"}}]
    product = await start(device(), *(operated(n, focalDevice=shared) for n in range(1, 29)))
    data = await product.data('{ Device(id: "d1") { implantedIn { procedure { id } } } }')
    assert [each["procedure"]["id"] for each in data["Device"]["implantedIn"]] == [f"o{n}" for n in range(28, 0, -1)]


async def test_a_device_in_more_procedures_than_a_page_has_is_asked_for_by_pages(start: Start) -> None:
    shared = [{"manipulated": {"reference": "Device/d1"}}]
    resources = [device(), *(operated(n, focalDevice=shared) for n in range(1, 29))]
    product = await start(*resources, environment={"DMI_MAX_ROWS": "25"})
    answer = await product.ask('{ Device(id: "d1") { implantedIn { date } } }')
    assert answer["data"]["Device"]["implantedIn"] is None
    assert answer["errors"][0]["extensions"]["code"] == "too-costly"


async def test_all_procedures_of_a_request_count_however_often_they_are_asked_for(start: Start) -> None:
    many = [operated(number, focalDevice=[{"manipulated": {"reference": "Device/d1"}}]) for number in range(150)]
    product = await start(patient(), device(), *many)
    answer = await product.ask('{ Device(id: "d1") { implantedIn { device { implantedIn { date } } } } }')
    told = answer["data"]["Device"]["implantedIn"]
    assert len(told) == 150
    assert sum(len(each["device"]["implantedIn"] or ()) for each in told) < MOST_ROWS
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"too-costly"}


async def test_a_device_without_a_procedure_tells_by_itself(start: Start) -> None:
    product = await start(device(patient={"reference": "Patient/p1"}), patient())
    data = await product.data('{ Device(id: "d1") { implantedIn { procedure { id } patient { id } namedBy } } }')
    assert data["Device"]["implantedIn"] == [{"procedure": None, "patient": {"id": "p1"}, "namedBy": "device"}]


async def test_pages_below_a_patient_follow_each_other(start: Start) -> None:
    mine = {"reference": "Patient/p1"}
    product = await start(
        patient(),
        *(device(id=f"d{n}") for n in range(1, 4)),
        *(operated(n, subject=mine) for n in range(1, 4)),
        device(id="d9", patient=mine),
    )
    query = """query($after: String) { Patient(id: "p1") { implants(first: 3, after: $after) {
        edges { node { device { id } procedure { id } } } pageInfo { hasNextPage endCursor } } } }"""
    first = (await product.data(query))["Patient"]["implants"]
    second = (await product.data(query, {"after": first["pageInfo"]["endCursor"]}))["Patient"]["implants"]
    assert told(first) + told(second) == [("d3", "o3"), ("d2", "o2"), ("d1", "o1"), ("d9", None)]
    assert (first["pageInfo"]["hasNextPage"], second["pageInfo"]["hasNextPage"]) == (True, False)


async def test_a_cursor_of_another_patient_is_refused(start: Start) -> None:
    product = await start(patient(), patient(id="p2"), device(), operated(1))
    query = (
        "query($id: ID!, $after: String) { Patient(id: $id) { implants(after: $after) { pageInfo { endCursor } } } }"
    )
    cursor = (await product.data(query, {"id": "p1"}))["Patient"]["implants"]["pageInfo"]["endCursor"]
    answer = await product.ask(query, {"id": "p2", "after": cursor})
    assert answer["errors"][0]["path"] == ["Patient", "implants"]


async def test_a_contained_patient_has_no_list(start: Start) -> None:
    inside = [{"resourceType": "Patient", "id": "p1"}]
    product = await start(operated(1, contained=inside, subject={"reference": "#p1"}), operated(2), device(id="d2"))
    data = await product.data(
        '{ Procedure(id: "o1") { contained { ... on Patient { id implants { edges { cursor } } } } } }'
    )
    assert data["Procedure"]["contained"] == [{"id": "p1", "implants": None}]


async def test_the_number_of_store_commands_does_not_grow_with_the_patients(start: Start) -> None:
    async def commands(patients: int) -> list[tuple[str, str]]:
        everybody = range(1, patients + 1)
        product = await start(
            *(patient(id=f"p{n}") for n in everybody),
            *(device(id=f"d{n}") for n in everybody),
            *(operated(n) for n in everybody),
            wrap=CountedStore,
        )
        store: Any = product.store
        store.commands.clear()
        await product.data(f"{{ PatientList(_count: 50) {{ {IMPLANTS} }} }}")
        return sorted(store.commands)

    expected = [
        ("read", "Device"),
        ("related", "Device"),
        ("related", "Patient"),
        ("related", "Patient"),
        ("related", "Procedure"),
        ("search", "Patient"),
    ]
    assert await commands(2) == await commands(20) == expected
