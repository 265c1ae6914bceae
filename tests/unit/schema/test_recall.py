from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.builders import device, organization, patient, practitioner, procedure

if TYPE_CHECKING:
    from tests.builders import Document
    from tests.conftest import Start

NODE = """
  device { id lotNumber } procedure { id } patient { id } practitioner { id } organization { id }
  date action { text } explanted namedBy patientDeceased mergedInto { id }
"""
RECALL = f"""
query($lot: [String], $first: Int, $after: String, $sort: String) {{
  ImplantRecall(lot: $lot, first: $first, after: $after, _sort: $sort) {{
    edges {{ cursor node {{ {NODE} }} }}
    pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }}
  }}
}}
"""


def operated(number: int, **changes: Any) -> Document:
    """Procedure o<n> of January 2024 on patient p<n> with device d<n>."""
    return procedure(
        **{
            "id": f"o{number}",
            "subject": {"reference": f"Patient/p{number}"},
            "performedDateTime": f"2024-01-{number:02d}",
            "focalDevice": [{"manipulated": {"reference": f"Device/d{number}"}}],
            **changes,
        }
    )


async def test_a_node_has_everything_that_a_call_needs(start: Start) -> None:
    told = {"action": {"text": "pose"}, "manipulated": {"reference": "Device/d1"}}
    gone = patient(deceasedBoolean=True, link=[{"other": {"reference": "Patient/p2"}, "type": "replaced-by"}])
    product = await start(
        device(), operated(1, focalDevice=[told]), gone, patient(id="p2"), practitioner(), organization()
    )
    ((edge,), page) = (await product.data(RECALL, {"lot": ["lot-1"]}))["ImplantRecall"].values()
    assert edge["node"] == {
        "device": {"id": "d1", "lotNumber": "LOT-1"},
        "procedure": {"id": "o1"},
        "patient": {"id": "p1"},
        "practitioner": {"id": "s1"},
        "organization": {"id": "o1"},
        "date": "2024-01-01",
        "action": {"text": "pose"},
        "explanted": False,
        "namedBy": "procedure",
        "patientDeceased": True,
        "mergedInto": {"id": "p2"},
    }
    assert page == {
        "hasNextPage": False,
        "hasPreviousPage": False,
        "startCursor": edge["cursor"],
        "endCursor": edge["cursor"],
    }


async def test_what_is_not_on_this_server_is_null_without_an_error(start: Start) -> None:
    product = await start(device(), operated(1))
    data = await product.data(RECALL, {"lot": ["LOT-1"]})
    node = data["ImplantRecall"]["edges"][0]["node"]
    assert [node[name] for name in ("patient", "practitioner", "organization", "patientDeceased")] == [None] * 4


async def test_a_contained_device_and_patient_are_shown(start: Start) -> None:
    inside = [
        {"resourceType": "Device", "id": "d", "lotNumber": "LOT-1"},
        {"resourceType": "Patient", "id": "p", "birthDate": "1980"},
    ]
    moved = [{"manipulated": {"reference": "#d"}}]
    product = await start(operated(1, contained=inside, subject={"reference": "#p"}, focalDevice=moved))
    node = (await product.data(RECALL, {"lot": ["LOT-1"]}))["ImplantRecall"]["edges"][0]["node"]
    assert (node["device"], node["patient"]) == ({"id": "d", "lotNumber": "LOT-1"}, {"id": "p"})


async def test_a_record_that_none_replaced_is_merged_into_none(start: Start) -> None:
    product = await start(device(), operated(1), patient())
    node = (await product.data(RECALL, {"lot": ["LOT-1"]}))["ImplantRecall"]["edges"][0]["node"]
    assert (node["mergedInto"], node["patientDeceased"]) == (None, False)


async def test_the_practitioner_behind_a_role_is_shown(start: Start) -> None:
    role = {"resourceType": "PractitionerRole", "id": "r1", "practitioner": {"reference": "Practitioner/s1"}}
    performed = [{"actor": {"reference": "PractitionerRole/r1"}}]
    product = await start(device(), operated(1, performer=performed), role, practitioner())
    node = (await product.data(RECALL, {"lot": ["LOT-1"]}))["ImplantRecall"]["edges"][0]["node"]
    assert node["practitioner"] == {"id": "s1"}


async def test_a_record_that_another_one_replaced_leads_to_it_over_any_number_of_merges(start: Start) -> None:
    back = [{"other": {"reference": "Patient/p1"}, "type": "replaces"}]
    on = [*back, {"other": {"reference": "Patient/p3"}, "type": "replaced-by"}]
    product = await start(device(), operated(1), patient(), patient(id="p2", link=on), patient(id="p3"))
    node = (await product.data(RECALL, {"lot": ["LOT-1"]}))["ImplantRecall"]["edges"][0]["node"]
    assert node["mergedInto"] == {"id": "p3"}


async def test_records_that_replaced_each_other_lead_nowhere(start: Start) -> None:
    def replaced(id: str, other: str) -> Document:  # noqa: A002 - FHIR's word
        return patient(id=id, link=[{"other": {"reference": f"Patient/{other}"}, "type": "replaced-by"}])

    product = await start(device(), operated(1), replaced("p1", "p2"), replaced("p2", "p1"))
    node = (await product.data(RECALL, {"lot": ["LOT-1"]}))["ImplantRecall"]["edges"][0]["node"]
    assert node["mergedInto"] is None


@pytest.mark.parametrize(("sort", "expected"), [(None, "321"), ("date", "123")])
async def test_pages_follow_each_other(start: Start, sort: str | None, expected: str) -> None:
    days = range(1, 4)
    product = await start(*(device(id=f"d{n}") for n in days), *(operated(n) for n in days))
    found, page = "", {"hasNextPage": True, "endCursor": None}
    while page["hasNextPage"]:
        variables = {"lot": ["LOT-1"], "first": 1, "after": page["endCursor"], "sort": sort}
        recall = (await product.data(RECALL, variables))["ImplantRecall"]
        page = recall["pageInfo"]
        assert page["hasPreviousPage"] is bool(found)
        found += recall["edges"][0]["node"]["procedure"]["id"][1:]
    assert found == expected


async def test_a_cursor_of_another_lot_is_refused(start: Start) -> None:
    product = await start(device(), operated(1))
    cursor = (await product.data(RECALL, {"lot": ["LOT-1"]}))["ImplantRecall"]["pageInfo"]["endCursor"]
    answer = await product.ask(RECALL, {"lot": ["LOT-2"], "after": cursor})
    assert answer["errors"][0]["extensions"]["code"] == "invalid"


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ("", "which devices"),
        ('lot: ""', "lot"),
        ("lot: []", "lot"),
        ("lot: [null]", "lot"),
        ('lot: "1", expiresBefore: "x"', "expiresBefore"),
        ('lot: "1", implantedFrom: "2024", implantedTo: "2023"', "implantedFrom"),
        ('lot: "1", first: 0', "first"),
        ('lot: "1", first: 1001', "first"),
        ('lot: "1", _sort: "lot"', "_sort"),
        ('lot: "1", after: "x"', "cursor"),
    ],
)
async def test_what_cannot_be_meant_is_an_error(start: Start, arguments: str, word: str) -> None:
    product = await start()
    field = f"ImplantRecall({arguments})" if arguments else "ImplantRecall"
    answer = await product.ask(f"{{ {field} {{ edges {{ cursor }} }} }}")
    assert word in answer["errors"][0]["message"]
    assert "extensions" in answer["errors"][0]


async def test_totals_are_whole_whatever_the_page(start: Start) -> None:
    days = range(1, 4)
    product = await start(
        organization(), *(device(id=f"d{n}") for n in days), *(operated(n) for n in days), device(id="d9")
    )
    data = await product.data(
        """{ ImplantRecall(lot: "LOT-1", first: 1) {
            totals { ...T byMonth { month count } }
        } }
        fragment T on ImplantRecallTotals {
            procedures patients devices withoutProcedure byOrganization { organization { name } count }
        }"""
    )
    assert data["ImplantRecall"]["totals"] == {
        "procedures": 3,
        "patients": 3,
        "devices": 3,
        "withoutProcedure": 0,
        "byOrganization": [{"organization": {"name": "CHU"}, "count": 3}],
        "byMonth": [{"month": "2024-01", "count": 3}],
    }


async def test_stock_shows_the_last_known_place(start: Start) -> None:
    delivered = {
        "resourceType": "SupplyDelivery",
        "id": "s1",
        "suppliedItem": {"itemReference": {"reference": "Device/d1"}},
        "occurrenceDateTime": "2024-05-01",
        "destination": {"reference": "Location/l1"},
    }
    place = {"resourceType": "Location", "id": "l1", "name": "Arsenal"}
    product = await start(device(owner={"reference": "Organization/o1"}), delivered, place, organization())
    data = await product.data(
        """{ ImplantStock(lot: "lot-1") {
            count pageInfo { hasNextPage }
            edges { node { device { id } location { name } organization { id } owner { id } delivery { id } since } }
        } }"""
    )
    assert data["ImplantStock"] == {
        "count": 1,
        "pageInfo": {"hasNextPage": False},
        "edges": [
            {
                "node": {
                    "device": {"id": "d1"},
                    "location": {"name": "Arsenal"},
                    "organization": None,
                    "owner": {"id": "o1"},
                    "delivery": {"id": "s1"},
                    "since": "2024-05-01",
                }
            }
        ],
    }


async def test_stock_pages_follow_each_other(start: Start) -> None:
    product = await start(*(device(id=f"d{n}") for n in range(3)))
    query = """query($after: String) { ImplantStock(lot: "LOT-1", first: 2, after: $after) {
        edges { node { device { id } } } pageInfo { hasNextPage hasPreviousPage endCursor } } }"""
    first = (await product.data(query))["ImplantStock"]
    second = (await product.data(query, {"after": first["pageInfo"]["endCursor"]}))["ImplantStock"]
    assert [e["node"]["device"]["id"] for e in first["edges"] + second["edges"]] == ["d0", "d1", "d2"]
    assert (second["pageInfo"]["hasNextPage"], second["pageInfo"]["hasPreviousPage"]) == (False, True)


async def test_stock_that_expires_comes_with_the_first_to_expire_first(start: Start) -> None:
    expiries = {"d0": "2030-01", "d1": "2024", "d2": "2024-06-01", "d3": "2023-05-05"}
    product = await start(*(device(id=id_, expirationDate=expiry) for id_, expiry in expiries.items()))
    query = """query($after: String, $sort: String) {
        ImplantStock(expiresBefore: "2025", first: 2, after: $after, _sort: $sort) {
            edges { node { device { id } } } pageInfo { endCursor } } }"""
    first = (await product.data(query, {"sort": "expiration_date"}))["ImplantStock"]
    cursor = first["pageInfo"]["endCursor"]
    second = (await product.data(query, {"sort": "expiration_date", "after": cursor}))["ImplantStock"]
    assert [e["node"]["device"]["id"] for e in first["edges"] + second["edges"]] == ["d3", "d1", "d2"]
    refused = [
        await product.ask(query, variables)
        for variables in ({"sort": "owner"}, {"sort": "-expiration_date", "after": cursor})
    ]
    assert [each["errors"][0]["extensions"]["code"] for each in refused] == ["invalid", "invalid"]


async def test_stock_needs_a_criterion(start: Start) -> None:
    answer = await (await start()).ask("{ ImplantStock { count } }")
    assert "which devices" in answer["errors"][0]["message"]
