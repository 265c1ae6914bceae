"""Every root field of the schema with every kind of token."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.fhir.served import SERVED
from app.search.algebra import And
from tests.authorization.conftest import codes
from tests.authorization.holders import HOLDERS, OPEN_TO_ALL, REFUSED, Holder
from tests.authorization.world import SECRET, ids

if TYPE_CHECKING:
    from tests.authorization.conftest import Guarded

pytestmark = pytest.mark.asyncio(loop_scope="module")

each_holder = pytest.mark.parametrize("holder", HOLDERS, ids=lambda holder: holder.name)

SPECIAL = {"ImplantRecall", "ImplantStock", "DmiStatistics"}
"""Root fields beside those of a type; `test_special_fields` is about them."""
RECALLED = ("Procedure", "Device", "DeviceDefinition", "Patient")


def root_fields(guarded: Guarded) -> tuple[set[str], set[str]]:
    schema = guarded.schema._schema
    assert schema.query_type
    assert schema.mutation_type
    return set(schema.query_type.fields), set(schema.mutation_type.fields)


async def test_every_root_field_is_in_the_matrix(guarded: Guarded) -> None:
    queries, mutations = root_fields(guarded)
    expected = {f"{name}{end}" for name in SERVED for end in ("", "List", "Connection", "Validate")}
    assert queries == expected | SPECIAL
    written = {f"{name}{end}" for name in SERVED for end in ("Create", "Update", "Patch", "Delete")}
    assert mutations == written | {"TransmitTraces"}


@pytest.mark.parametrize("kind", REFUSED)
async def test_no_field_is_answered_without_a_token_that_is_accepted(guarded: Guarded, kind: str) -> None:
    queries, mutations = root_fields(guarded)
    headers = {"Authorization": f"Bearer {sent}"} if (sent := REFUSED[kind]()) else {}
    for name in (*queries, *mutations):
        word = "mutation" if name in mutations else "query"
        body = {"query": f"{word} {{ {name} {{ __typename }} }}"}
        response = await guarded.http.post("/graphql", json=body, headers=headers)
        assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (401, "login")
        assert "data" not in response.json()


@each_holder
async def test_a_resource_is_read_by_those_who_may(guarded: Guarded, holder: Holder) -> None:
    for name in SERVED:
        every = " ".join(f'{id_}: {name}(id: "{id_}") {{ id raw }}' for id_ in (*ids(name), "gone"))
        answer = await guarded.asked(holder, f"{{ {every} }}")
        may = holder.may("r", name)
        seen = {id_ for id_, found in answer["data"].items() if found}
        assert seen == {id_ for id_ in ids(name) if may and holder.sees(name, id_)}, name
        whole = may and all(holder.sees(name, id_) for id_ in ids(name))
        # What is not there is told as what may not be seen, unless all may be seen.
        hidden = {} if whole else {(id_,): "forbidden" for id_ in answer["data"] if id_ not in seen}
        assert codes(answer) == hidden, name
        assert SECRET not in str(answer) or not holder.patient


@each_holder
async def test_lists_and_counts_hold_what_may_be_seen(guarded: Guarded, holder: Holder) -> None:
    for name in SERVED:
        query = (
            f"{{ {name}List {{ id raw }} page: {name}Connection {{ count edges {{ node {{ id raw }} }} }}"
            f' one: {name}Connection(_filter: "_id eq b") {{ count }} }}'
        )
        answer = await guarded.asked(holder, query)
        rows, page, one = answer["data"].values()
        assert SECRET not in str(answer) or not holder.patient
        if not holder.may("s", name):
            assert (rows, page, one) == (None, None, None), name
            assert codes(answer) == dict.fromkeys([(f"{name}List",), ("page",), ("one",)], "forbidden")
            continue
        expected = {id_ for id_ in ids(name) if holder.sees(name, id_)}
        assert {each["id"] for each in rows} == {each["node"]["id"] for each in page["edges"]} == expected, name
        assert (page["count"], one["count"]) == (len(expected), len(expected & {"b"}))
        assert "errors" not in answer


@each_holder
async def test_writing_is_for_those_who_may(guarded: Guarded, holder: Holder) -> None:
    """What is allowed fails all the same: it is no valid resource, or there is none. So the world stays as it is."""
    before = [await guarded.store.count(name, And()) for name in SERVED]
    for name in SERVED:
        query = (
            f"mutation($r: FHIR!, $p: FHIR!) {{ create: {name}Create(resource: $r) {{ location }}"
            f' update: {name}Update(id: "gone", resource: $r) {{ location }}'
            f' patch: {name}Patch(id: "gone", patch: $p) {{ location }}'
            f' delete: {name}Delete(id: "gone") {{ information {{ id }} }} }}'
        )
        variables = {"r": {"resourceType": name, "nonsense": True}, "p": [{"op": "remove", "path": "/status"}]}
        answer = await guarded.asked(holder, query, variables)
        assert not any(answer["data"].values())
        absent = "forbidden" if holder.patient else "not-found"
        assert codes(answer) == {
            ("create",): "invalid" if holder.may("c", name) else "forbidden",
            ("update",): absent if holder.may("u", name) else "forbidden",
            ("patch",): absent if holder.may("u", name) and holder.may("r", name) else "forbidden",
            ("delete",): absent if holder.may("d", name) else "forbidden",
        }, name
    assert before == [await guarded.store.count(name, And()) for name in SERVED]


@each_holder
async def test_validating_is_for_those_who_may_write(guarded: Guarded, holder: Holder) -> None:
    for name in SERVED:
        query = f"query($r: FHIR!) {{ {name}Validate(resource: $r) {{ valid }} }}"
        answer = await guarded.asked(holder, query, {"r": {"resourceType": name, "nonsense": True}})
        may = holder.may("c", name) or holder.may("u", name)
        assert answer["data"][f"{name}Validate"] == ({"valid": False} if may else None), name
        assert list(codes(answer).values()) == ([] if may else ["forbidden"])


@each_holder
async def test_a_transaction_is_for_those_who_may_do_all_of_it(guarded: Guarded, holder: Holder) -> None:
    entries = [
        {"request": {"method": "DELETE", "url": "Observation/gone"}},
        {"resource": {"resourceType": "Location"}, "request": {"method": "POST", "url": "Location"}},
    ]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    answer = await guarded.asked(holder, "mutation($b: FHIR!) { TransmitTraces(bundle: $b) { bundle } }", {"b": bundle})
    may = holder.may("d", "Observation") and holder.may("c", "Location")
    assert answer["data"] == {"TransmitTraces": None}
    assert list(codes(answer).values()) == ["invalid" if may else "forbidden"]


@each_holder
async def test_recalls_are_for_those_who_may_see_all_that_they_are_made_of(guarded: Guarded, holder: Holder) -> None:
    query = (
        '{ ImplantRecall(lot: "LOT-1", first: 100) { totals { procedures patients devices withoutProcedure'
        " byMonth { month } byOrganization { count } }"
        " edges { node { device { id raw } procedure { id raw } patient { id raw } } } } }"
    )
    answer = await guarded.asked(holder, query)
    assert SECRET not in str(answer) or not holder.patient
    if not all(holder.may(each, name) for each in "rs" for name in RECALLED):
        assert set(codes(answer).values()) == {"forbidden"}
        recall = answer["data"]["ImplantRecall"]
        assert recall is None or not recall["totals"]
        return
    assert "errors" not in answer
    nodes = [edge["node"] for edge in answer["data"]["ImplantRecall"]["edges"]]
    assert {node["patient"]["id"] for node in nodes} == ({"a"} if holder.patient else {"a", "b"})
    assert answer["data"]["ImplantRecall"]["totals"]["patients"] == (1 if holder.patient else 2)


@each_holder
async def test_stock_and_statistics_are_for_those_who_may_count(guarded: Guarded, holder: Holder) -> None:
    fields = {
        "procedures": ("Procedure",),
        "byMonth { count }": ("Procedure",),
        "byDeviceType { count }": ("Procedure", "Device"),
        "completeness { devices }": ("Procedure", "Device"),
        "stock { devices }": ("Procedure", "Device"),
        "failedTraces { count }": ("AuditEvent",),
    }
    for field, types in fields.items():
        answer = await guarded.asked(holder, f"{{ DmiStatistics {{ {field} }} }}")
        may = all(holder.may("s", name) for name in types)
        may = may and not (holder.patient and field.startswith(("byDeviceType", "completeness")))
        assert (answer["data"]["DmiStatistics"] is not None) is may, (field, answer)
        assert set(codes(answer).values()) == (set() if may else {"forbidden"})
    answer = await guarded.asked(holder, '{ ImplantStock(lot: "LOT-1") { count edges { node { device { id } } } } }')
    may = all(holder.may("s", name) for name in ("Procedure", "Device", "SupplyDelivery"))
    assert (answer["data"]["ImplantStock"] is not None) is may


async def test_who_may_see_everything_sees_the_secret(guarded: Guarded) -> None:
    answer = await guarded.asked(OPEN_TO_ALL, '{ Procedure(id: "b") { raw } }')
    assert SECRET in str(answer)
