from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from app.demo.examples import guide_examples
from app.fhir.served import SERVED
from tests.builders import device, organization, patient, procedure

if TYPE_CHECKING:
    from tests.conftest import Start

KEPT = "{ location resource { id lotNumber meta { versionId } } information { issue { code details { text } } } }"
CREATE = f"mutation($resource: FHIR!, $if: String) {{ DeviceCreate(resource: $resource, ifNoneExist: $if) {KEPT} }}"
UPDATE = f"""mutation($id: ID!, $resource: FHIR!, $if: String) {{
  DeviceUpdate(id: $id, resource: $resource, ifMatch: $if) {KEPT}
}}"""
PATCH = f"""mutation($id: ID!, $patch: FHIR!, $if: String) {{
  DevicePatch(id: $id, patch: $patch, ifMatch: $if) {KEPT}
}}"""
DELETE = """mutation($id: ID!, $if: String) {
  DeviceDelete(id: $id, ifMatch: $if) { information { issue { details { text } } } }
}"""
TRANSMIT = """mutation($bundle: FHIR!) {
  TransmitTraces(bundle: $bundle) { bundle information { issue { severity } } }
}"""
LOT = [{"op": "replace", "path": "/lotNumber", "value": "B"}]


@pytest.mark.parametrize("name", SERVED)
async def test_every_served_type_can_be_written(start: Start, name: str) -> None:
    fields = (await (await start()).data("{ __schema { mutationType { fields { name type { name } } } } }"))["__schema"]
    types = {each["name"]: each["type"]["name"] for each in fields["mutationType"]["fields"]}
    assert [types[f"{name}{action}"] for action in ("Create", "Update", "Patch", "Delete")] == [
        f"{name}Creation",
        f"{name}Update",
        f"{name}Update",
        f"{name}Deletion",
    ]


async def test_a_conditional_create_answers_what_is_there(start: Start) -> None:
    product = await start(device())
    kept = (await product.data(CREATE, {"resource": device(), "if": "lotNumber=LOT-1"}))["DeviceCreate"]
    assert (kept["location"], kept["resource"]["id"]) == ("Device/d1/_history/1", "d1")
    assert "nothing was stored" in kept["information"]["issue"][0]["details"]["text"]


async def test_an_update_and_a_patch_answer_the_next_version(start: Start) -> None:
    product = await start(device())
    updated = (await product.data(UPDATE, {"id": "d1", "resource": device(lotNumber="A"), "if": "1"}))["DeviceUpdate"]
    assert (updated["location"], updated["resource"]["lotNumber"]) == ("Device/d1/_history/2", "A")
    for patch, version in ((LOT, "3"), (json.dumps(LOT), "3")):
        patched = (await product.data(PATCH, {"id": "d1", "patch": patch}))["DevicePatch"]
        assert (patched["resource"]["lotNumber"], patched["resource"]["meta"]["versionId"]) == ("B", version)


async def test_a_patch_may_be_written_into_the_document(start: Start) -> None:
    product = await start(device())
    query = """mutation {
      DevicePatch(id: "d1", patch: [{op: "replace", path: "/lotNumber", value: "C"}]) { resource { lotNumber } }
    }"""
    assert (await product.data(query))["DevicePatch"]["resource"] == {"lotNumber": "C"}


async def test_a_stale_if_match_is_a_conflict_with_the_current_version(start: Start) -> None:
    product = await start(device())
    for query, given in ((UPDATE, {"resource": device(lotNumber="A")}), (PATCH, {"patch": LOT}), (DELETE, {})):
        answer = await product.ask(query, {"id": "d1", "if": 'W/"7"', **given})
        extensions = answer["errors"][0]["extensions"]
        assert (extensions["code"], extensions["currentVersion"]) == ("conflict", "1")
        assert extensions["resource"]["issue"][0]["code"] == "conflict"


async def test_fifty_racing_updates_have_one_winner(start: Start) -> None:
    product = await start(device())
    racing = (product.ask(UPDATE, {"id": "d1", "resource": device(lotNumber=f"L{n}"), "if": "1"}) for n in range(50))
    answers = await asyncio.gather(*racing)
    assert sum("errors" not in answer for answer in answers) == 1


async def test_a_deleted_resource_is_told_so_and_an_update_restores_it(start: Start) -> None:
    product = await start(device())
    deleted = await product.data(DELETE, {"id": "d1"})
    assert "deleted" in deleted["DeviceDelete"]["information"]["issue"][0]["details"]["text"]
    assert not (await product.data("{ DeviceList { id } }"))["DeviceList"]
    restored = await product.data(UPDATE, {"id": "d1", "resource": device()})
    assert restored["DeviceUpdate"]["resource"]["meta"]["versionId"] == "3"


@pytest.mark.parametrize("query", [UPDATE, PATCH, DELETE])
async def test_an_unknown_id_is_not_found(start: Start, query: str) -> None:
    given = {"id": "none", "resource": device(id=None), "patch": LOT}
    names = {name: value for name, value in given.items() if f"${name}" in query}
    answer = await (await start()).ask(query, names)
    assert answer["errors"][0]["extensions"]["code"] == "not-found"


async def test_a_setting_lets_an_update_create(start: Start) -> None:
    product = await start(environment={"DMI_UPDATE_CREATE": "on"})
    kept = (await product.data(UPDATE, {"id": "new", "resource": device(id="new")}))["DeviceUpdate"]
    assert kept["location"] == "Device/new/_history/1"


async def test_a_setting_lets_procedures_share_a_number(start: Start) -> None:
    create = "mutation($p: FHIR!) { ProcedureCreate(resource: $p) { location } }"
    shared = await start(environment={"DMI_UNIQUE_INTERVENTIONS": "off"})
    for _ in range(2):
        await shared.data(create, {"p": procedure()})
    unique = await start()
    await unique.data(create, {"p": procedure()})
    refused = await unique.ask(create, {"p": procedure()})
    assert refused["errors"][0]["extensions"]["code"] == "duplicate"


async def test_what_was_written_is_what_a_later_field_of_the_mutation_reads(start: Start) -> None:
    product = await start(device(patient={"reference": "Patient/p1"}), patient())
    query = """mutation($p: FHIR!, $d: FHIR!) {
      before: DeviceUpdate(id: "d1", resource: $d) { resource { patient { resource { birthDate } } } }
      PatientUpdate(id: "p1", resource: $p) { location }
      after: DeviceUpdate(id: "d1", resource: $d) { resource { patient { resource { birthDate } } } }
    }"""
    given = {"p": patient(birthDate="1999-01-01"), "d": device(patient={"reference": "Patient/p1"})}
    data = await product.data(query, given)
    born = [data[name]["resource"]["patient"]["resource"]["birthDate"] for name in ("before", "after")]
    assert born == ["1980-07-01", "1999-01-01"]


async def test_an_update_has_the_findings_of_a_create(start: Start) -> None:
    product = await start(device())
    wrong = device(status="broken", expirationDate="soon")
    created, updated, patched = [
        (await product.ask(query, {"id": "d1", **given}))["errors"][0]["extensions"]["resource"]["issue"]
        for query, given in (
            (CREATE, {"resource": wrong}),
            (UPDATE, {"resource": wrong}),
            (PATCH, {"patch": [{"op": "replace", "path": "", "value": wrong}]}),
        )
    ]
    assert created == updated == patched


async def test_transmit_traces_answers_a_transaction_response(start: Start) -> None:
    product = await start()
    [example] = [each for each in guide_examples() if each["id"] == "dmi-bundle-transmission-traces-example"]
    transmitted = (await product.data(TRANSMIT, {"bundle": example}))["TransmitTraces"]
    assert transmitted["bundle"]["type"] == "transaction-response"
    assert [each["response"]["status"] for each in transmitted["bundle"]["entry"]] == ["201 Created"] * 4
    assert len((await product.data("{ AuditEventList { id } }"))["AuditEventList"]) == 1


async def test_a_refused_transmission_points_into_its_entries(start: Start) -> None:
    product = await start()
    entries: list[Any] = [
        {"resource": resource, "request": {"method": "POST", "url": "Any"}}
        for resource in (organization(), device(status="broken"))
    ]
    answer = await product.ask(
        TRANSMIT, {"bundle": {"resourceType": "Bundle", "type": "transaction", "entry": entries}}
    )
    [issue, *_] = answer["errors"][0]["extensions"]["resource"]["issue"]
    assert issue["expression"] == ["Bundle.entry[1].resource.status"]
    assert not (await product.data("{ OrganizationList { id } }"))["OrganizationList"]
