"""Every bad input gets the same findings through each door: GraphQL, REST, the transaction Bundle, load."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from app.fhir.outcome import operation_outcome
from app.intake.load import load
from app.main import rules_of
from app.settings import read_settings
from tests.builders import device, patient, procedure
from tests.unit.profiles.test_dmi_procedure import BROKEN
from tests.unit.web.rest.outcomes import issues

if TYPE_CHECKING:
    from tests.builders import Document
    from tests.conftest import Product, Start

Found = list[tuple[str, str, str, str]]
HALF = '{"resourceType":"Patient","name":[{"family":"\\ud800"}]}'
LOST = {"reference": "Patient/lost"}

BAD: dict[str, Document] = {
    "nothing but a type": {"resourceType": "Procedure"},
    "elements missing": procedure(bodySite=None, performer=None, focalDevice=None, subject=None),
    "elements twice": procedure(bodySite=[{"text": "a"}, {"text": "b"}], focalDevice=procedure()["focalDevice"] * 2),
    "a slice missing": procedure(identifier=[{"value": "1"}]),
    "a code that is none": procedure(status="finished"),
    "a choice of another type": procedure(performedDateTime=None, performedPeriod={"start": "2024"}),
    "an unknown element": procedure(patientName="Martin"),
    "null, empty": procedure(bodySite=[], code={}, note=None, outcome={"text": ""}, category=[]),
    "explicit null": {**procedure(), "code": None},
    "no array": procedure(bodySite={"text": "a"}),
    "an array": procedure(status=["completed"]),
    "a date that is none": procedure(performedDateTime="2024-02-30"),
    "a number for a text": procedure(performedDateTime=2024),
    "a text for a boolean": patient(active="true"),
    "a narrative with a script": patient(text={"status": "generated", "div": "<div><script/></div>"}),
    "a wrong reference": procedure(subject={"reference": "Device/d1"}),
    "a contained one nobody names": patient(contained=[{"resourceType": "Organization", "id": "o"}]),
    "a date before its start": patient(period={"start": "2024", "end": "2023"}),
    "a UDI that does not agree": device(expirationDate="x", udiCarrier=[{"deviceIdentifier": 1}]),
    "an id that is none": patient(id="a b"),
    "an extension without a url": patient(extension=[{"valueString": "x"}]),
    "many at once": procedure(status=1, bodySite=3, focalDevice="x", performer=[{}], identifier=[{}], subject=[]),
    **BROKEN,
}
RULES = rules_of(read_settings({}))
CREATE = "mutation($r: FHIR!) { %sCreate(resource: $r) { location } }"


def told(found: list[dict[str, Any]], inside: str = "") -> Found:
    """(severity, code, place, rule) of each issue in their order; places inside an entry as those of the resource."""
    return [
        (
            each["severity"],
            each["code"],
            each.get("expression", [""])[0].replace("Bundle.entry[0].resource", inside, 1),
            each.get("details", {}).get("coding", [{}])[0].get("code", ""),
        )
        for each in found
    ]


async def by_graphql(product: Product, resource: Document) -> Found:
    text = json.dumps({"query": CREATE % resource["resourceType"], "variables": {"r": json.dumps(resource)}})
    response = await product.http.post("/graphql", content=text, headers={"content-type": "application/json"})
    (error,) = response.json()["errors"]
    return told(error["extensions"]["resource"]["issue"])


async def by_rest(product: Product, resource: Document) -> Found:
    headers = {"content-type": "application/fhir+json"}
    response = await product.http.post(
        f"/fhir/{resource['resourceType']}", content=json.dumps(resource), headers=headers
    )
    return told(issues(response, 422))


async def by_update(product: Product, resource: Document) -> Found:
    headers = {"content-type": "application/fhir+json"}
    address = f"/fhir/{resource['resourceType']}/u1"
    response = await product.http.put(address, content=json.dumps({**resource, "id": "u1"}), headers=headers)
    return told(issues(response, 422))


async def by_transaction(product: Product, resource: Document) -> Found:
    entry = {"resource": resource, "request": {"method": "POST", "url": "Any"}}
    sent = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
    headers = {"content-type": "application/fhir+json"}
    response = await product.http.post("/fhir", content=json.dumps(sent), headers=headers)
    return told(issues(response, 422), resource["resourceType"])


async def by_load(product: Product, resource: Document) -> Found:
    [loaded] = [each async for each in load(RULES, product.store, [("file", resource)])]
    assert loaded.refused
    return told(operation_outcome(loaded.issues)["issue"])


@pytest.mark.parametrize("name", BAD)
async def test_a_bad_input_gets_the_same_findings_through_each_door(start: Start, name: str) -> None:
    product = await start()
    expected = await by_graphql(product, BAD[name])
    assert "error" in {severity for severity, *_ in expected}
    assert await by_rest(product, BAD[name]) == expected
    assert await by_load(product, BAD[name]) == expected
    assert sorted(await by_transaction(product, BAD[name])) == sorted(expected)


@pytest.mark.parametrize("name", [name for name in BAD if "id" not in BAD[name]])
async def test_an_update_gets_the_findings_of_a_create(start: Start, name: str) -> None:
    kind = BAD[name]["resourceType"]
    product = await start({"resourceType": kind, "id": "u1"})
    assert await by_update(product, BAD[name]) == await by_rest(product, BAD[name])


async def test_a_reference_that_leads_nowhere_is_the_same_finding_where_it_is_enforced(start: Start) -> None:
    product = await start(environment={"DMI_REFERENCES": "enforce"})
    expected = await by_graphql(product, procedure(subject=LOST))
    assert ("error", "not-found", "Procedure.subject", "reference-exists") in expected
    assert await by_rest(product, procedure(subject=LOST)) == expected
    assert await by_transaction(product, procedure(subject=LOST)) == expected


@pytest.mark.parametrize("text", ["", "{", '{"resourceType":"Patient","resourceType":"Patient"}', "[" * 3_000, HALF])
async def test_text_that_is_no_json_is_the_same_finding(start: Start, text: str) -> None:
    product = await start()
    answer = await product.ask(CREATE % "Patient", {"r": text})
    expected = answer["errors"][0]["extensions"]["resource"]["issue"]
    headers = {"content-type": "application/fhir+json"}
    for address in ("/fhir/Patient", "/fhir"):
        response = await product.http.post(address, content=text, headers=headers)
        assert issues(response, 400) == expected
