from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.builders import DMI_PROCEDURE, organization, procedure

if TYPE_CHECKING:
    from tests.builders import Document
    from tests.conftest import Start

CREATE = """
mutation($resource: FHIR!) {
  ProcedureCreate(resource: $resource) {
    location
    resource { id status meta { versionId lastUpdated } bodySite { text } }
    information { issue { severity code } }
  }
}
"""
VALIDATE = """
query($resource: FHIR!) {
  ProcedureValidate(resource: $resource) { valid information { issue { severity expression details { text } } } }
}
"""
INVALID = procedure(status="finished", bodySite=None, performer=None, focalDevice=[{}])


async def test_a_valid_procedure_is_stored_and_answered_with_its_place(start: Start) -> None:
    product = await start()
    created = (await product.data(CREATE, {"resource": procedure()}))["ProcedureCreate"]
    resource = created["resource"]
    assert created["location"] == f"Procedure/{resource['id']}/_history/1"
    assert (resource["status"], resource["bodySite"]) == ("completed", [{"text": "cheville"}])
    assert resource["meta"]["versionId"] == "1"
    assert resource["meta"]["lastUpdated"].endswith("Z")


async def test_what_is_stored_is_what_was_sent_plus_id_and_version(start: Start) -> None:
    product = await start()
    sent = procedure(meta={"profile": [DMI_PROCEDURE]}, extension=[{"url": "urn:mine", "valueString": "kept"}])
    created = (await product.data(CREATE, {"resource": sent}))["ProcedureCreate"]["resource"]
    stored = (await product.store.read("Procedure", [created["id"]]))[created["id"]]
    assert stored == {**sent, "id": created["id"], "meta": {**sent["meta"], **created["meta"]}}


async def test_a_resource_may_be_sent_as_json_text(start: Start) -> None:
    product = await start()
    data = await product.data(CREATE, {"resource": json.dumps(procedure())})
    assert data["ProcedureCreate"]["resource"]["status"] == "completed"


async def test_a_resource_may_be_written_into_the_document(start: Start) -> None:
    product = await start()
    query = """
    mutation($name: String) {
      OrganizationCreate(resource: {resourceType: "Organization", name: $name, active: true, contact: []}) { location }
    }"""
    answer = await product.ask(query.replace(", contact: []", ""), {"name": "CHU"})
    assert answer["data"]["OrganizationCreate"]["location"]
    listed = await product.data("{ OrganizationList { name active } }")
    assert listed["OrganizationList"] == [{"name": "CHU", "active": True}]


async def test_an_invalid_procedure_names_every_broken_rule_and_stores_nothing(start: Start) -> None:
    product = await start()
    answer = await product.ask(CREATE, {"resource": INVALID})
    assert answer["data"] == {"ProcedureCreate": None}
    (error,) = answer["errors"]
    outcome = error["extensions"]["resource"]
    places = {place for issue in outcome["issue"] for place in issue["expression"]}
    assert {"Procedure.status", "Procedure.bodySite", "Procedure.performer"} <= places
    assert any(place.startswith("Procedure.focalDevice[0]") for place in places)
    assert "finished" not in json.dumps(answer)
    assert (await product.data("{ ProcedureConnection { count } }"))["ProcedureConnection"]["count"] == 0


async def test_validate_gives_the_same_verdict_and_stores_nothing(start: Start) -> None:
    product = await start()
    refused = await product.ask(CREATE, {"resource": INVALID})
    verdict = (await product.data(VALIDATE, {"resource": INVALID}))["ProcedureValidate"]
    assert verdict["valid"] is False
    named = [issue["details"]["text"] for issue in refused["errors"][0]["extensions"]["resource"]["issue"]]
    assert [issue["details"]["text"] for issue in verdict["information"]["issue"]] == named
    assert (await product.data(VALIDATE, {"resource": procedure()}))["ProcedureValidate"]["valid"] is True
    assert (await product.data("{ ProcedureConnection { count } }"))["ProcedureConnection"]["count"] == 0


@pytest.mark.parametrize(
    "sent",
    [
        organization(),
        {"resourceType": "Nonsense"},
        {"resourceType": "Medication"},
        {},
        "not json",
        "[]",
        '"text"',
        '{"resourceType": "Procedure", "status": NaN}',
    ],
)
async def test_what_is_no_procedure_is_refused_with_a_reason(start: Start, sent: Document | str) -> None:
    product = await start()
    answer = await product.ask(CREATE, {"resource": sent})
    assert answer["data"] == {"ProcedureCreate": None}
    assert answer["errors"][0]["extensions"]["resource"]["issue"][0]["severity"] in ("error", "fatal")


async def test_the_author_of_a_version_is_the_named_intake_system(start: Start) -> None:
    product = await start()
    named = await product.ask(CREATE, {"resource": procedure()}, x_intake_system="bloc-3")
    unnamed = await product.ask(CREATE, {"resource": procedure(status="entered-in-error")})
    for answer, author in ((named, "bloc-3"), (unnamed, "")):
        [version] = await product.store.history("Procedure", answer["data"]["ProcedureCreate"]["resource"]["id"], 2)
        assert version.author == author


async def test_a_missing_target_is_a_warning_beside_what_was_stored(start: Start) -> None:
    data = await (await start()).data(CREATE, {"resource": procedure()})
    issues = data["ProcedureCreate"]["information"]["issue"]
    assert {(issue["severity"], issue["code"]) for issue in issues} == {("warning", "not-found")}


async def test_a_missing_target_keeps_a_procedure_out_where_references_are_enforced(start: Start) -> None:
    product = await start(environment={"DMI_REFERENCES": "enforce"})
    answer = await product.ask(CREATE, {"resource": procedure()})
    outcome = answer["errors"][0]["extensions"]["resource"]
    assert {issue["expression"][0] for issue in outcome["issue"]} >= {"Procedure.subject"}
    assert (await product.data(VALIDATE, {"resource": procedure()}))["ProcedureValidate"]["valid"] is False


async def test_a_json_text_with_a_name_that_comes_twice_is_refused(start: Start) -> None:
    text = json.dumps(procedure())[:-1] + ', "status": "completed"}'
    answer = await (await start()).ask(CREATE, {"resource": text})
    assert answer["data"] == {"ProcedureCreate": None}
