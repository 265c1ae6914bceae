"""What /metrics tells."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.builders import patient, procedure
from tests.contract.operations import OPERATIONS, operation, variables

if TYPE_CHECKING:
    from tests.conftest import Product, Start

ON = {"DMI_METRICS": "on"}
SECRET = "Dupont-Secret"


async def figures(product: Product) -> dict[str, float]:
    """Samples by their name and labels, as in `dmi_plans_total{cache="hit"}`."""
    response = await product.http.get("/metrics")
    assert response.status_code == 200
    found = {}
    for family in text_string_to_metric_families(response.text):
        for sample in family.samples:
            labels = ",".join(f'{name}="{value}"' for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}"] = sample.value
    return found


async def test_without_the_setting_there_is_no_such_address(start: Start) -> None:
    assert (await (await start()).http.get("/metrics")).status_code == 404


async def test_requests_are_told_by_operation_and_outcome(start: Start) -> None:
    product = await start(patient(), environment=ON)
    for _ in range(2):
        await product.ask(operation("03-procedure"), variables(OPERATIONS[2]))
    await product.ask(f"query {SECRET.replace('-', '')} {{ __typename }}")
    await product.http.get("/fhir/Patient/p1")
    await product.http.get("/fhir/Patient/none")
    await product.http.get("/health")
    told = await figures(product)
    counted = {name: value for name, value in told.items() if name.startswith("dmi_request_seconds_count")}
    assert counted == {
        'dmi_request_seconds_count{operation="procedure",outcome="success"}': 2,
        'dmi_request_seconds_count{operation="other",outcome="success"}': 1,
        'dmi_request_seconds_count{operation="read",outcome="success"}': 1,
        'dmi_request_seconds_count{operation="read",outcome="refused"}': 1,
    }


async def test_commands_of_the_store_are_told_by_operation(start: Start) -> None:
    product = await start(patient(), environment=ON)
    await product.http.get("/fhir/Patient/p1")
    await product.http.get("/fhir/Patient")
    told = await figures(product)
    assert told['dmi_store_seconds_count{command="read",operation="read"}'] == 1
    assert told['dmi_store_seconds_count{command="search",operation="search-type"}'] == 1
    assert told['dmi_store_seconds_sum{command="read",operation="read"}'] > 0


async def test_documents_and_plans_are_told_as_kept_or_made(start: Start) -> None:
    product = await start(environment=ON)
    before = await figures(product)
    for _ in range(3):
        await product.ask("query Unique8412 { PatientList { id } }")
    await product.ask("query Unique8413 { __schema { queryType { name } } }")
    after = await figures(product)

    def more(name: str) -> float:
        return after[name] - before.get(name, 0)

    assert more('dmi_plans_total{cache="hit"}') == 2
    assert more('dmi_documents_total{cache="hit"}') == 2
    assert more('dmi_executions_total{by="plan"}') == 3
    assert more('dmi_executions_total{by="graphql-core"}') == 1


async def test_refusals_are_told_by_rule(start: Start) -> None:
    product = await start(environment={**ON, "DMI_MAX_DEPTH": "3"})
    create = "mutation($r: FHIR!) { ProcedureCreate(resource: $r) { location } }"
    await product.ask(create, {"r": procedure(bodySite=None)})
    await product.http.post("/fhir/Patient", json=patient(birthDate=SECRET))
    await product.ask("{ a: ProcedureList { subject { resource(optional: true) { id meta { versionId } } } } }")
    rules = {name for name in await figures(product) if name.startswith("dmi_refusals_total")}
    assert any("dmi-procedure" in name for name in rules)
    assert 'dmi_refusals_total{rule="DMI_MAX_DEPTH"}' in rules
    assert len(rules) >= 3


async def test_what_the_store_is_busy_with_is_told(start: Start) -> None:
    told = await figures(await start(environment=ON))
    assert told['dmi_busy{what="writes_waiting"}'] == 0


async def test_no_figure_holds_a_value_or_a_name_of_a_client(start: Start) -> None:
    product, name = await start(patient(), environment=ON), SECRET.replace("-", "")
    await product.ask(f'query {name} {{ PatientList(family: "{SECRET}") {{ id }} }}')
    await product.http.get("/fhir/Patient", params={SECRET: SECRET})
    await product.http.get(f"/fhir/{SECRET}/x")
    unknown = {name: 1, "name": [{f"_{name}": 1}], "contained": [{"resourceType": "Device", "id": "x", name: 1}]}
    await product.http.post("/fhir/Patient", json=patient(**unknown))
    text = (await product.http.get("/metrics")).text
    assert not re.search("dupont|p1", text, re.IGNORECASE)


@pytest.mark.parametrize(
    ("accept", "media_type"), [("", "text/plain"), ("application/openmetrics-text", "application/openmetrics-text")]
)
async def test_prometheus_may_choose_the_form(start: Start, accept: str, media_type: str) -> None:
    response = await (await start(environment=ON)).http.get("/metrics", headers={"Accept": accept})
    assert response.headers["content-type"].startswith(media_type)


async def test_rules_beyond_all_bounds_are_told_together(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.usage.metrics.MOST_RULES", 0)
    product = await start(environment=ON)
    await product.http.post("/fhir/Patient", json=patient(birthDate="x"))
    assert (await figures(product))['dmi_refusals_total{rule="other"}'] >= 1
