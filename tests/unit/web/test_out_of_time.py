"""A request that takes longer than it may: what it reads is given up, what it has stored is told."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from app.store.deadline import CURRENT, in_time
from tests.builders import organization, patient, practitioner

if TYPE_CHECKING:
    import httpx

    from tests.conftest import Product, Start

SHORT = {"DMI_MAX_SECONDS": "1"}
READING = {"read", "search", "count", "heads", "version", "history", "related", "count_related", "tally"}
CREATE = 'OrganizationCreate(resource: {resourceType: "Organization", name: "x"}) { location }'


class Stuck:
    """A store whose reads do not end by themselves."""

    def __init__(self, store: Any) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return self._endless if name in READING else getattr(self._store, name)

    async def _endless(self, *_: object, **__: object) -> None:
        async with in_time():
            await asyncio.sleep(60)


class Aging:
    """A store after whose commands of a name the time of the request is over."""

    def __init__(self, store: Any, last: str) -> None:
        self._store = store
        self._last = last

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        return self._aged(found) if name == self._last else found

    def _aged(self, command: Any) -> Any:
        async def aged(*arguments: Any, **named: Any) -> Any:
            answer = await command(*arguments, **named)
            if deadline := CURRENT.get():
                deadline._end = 0.0
            return answer

        return aged


def over(response: httpx.Response) -> bool:
    """Whether the answer is that the time was over, and nothing else."""
    assert "data" not in response.json()
    return response.status_code == 503 and "1 seconds" in response.text and "DMI_MAX_SECONDS" in response.text


async def test_a_read_is_given_up_at_every_address(start: Start) -> None:
    product = await start(environment=SHORT, wrap=Stuck)
    http = product.http
    query = "{ PatientList { id } }"
    answers = await asyncio.gather(
        http.post("/graphql", json={"query": query}),
        http.get("/graphql", params={"query": query}),
        http.post("/graphql", json={"query": '{ Patient(id: "x") { name { family } history { edges { version } } } }'}),
        http.post("/graphql", json={"query": '{ __type(name: "Patient") { name } PatientList { id } }'}),
        http.get("/fhir/$graphql", params={"query": "{ DmiStatistics { procedures } }"}),
        http.get("/fhir/Patient/x/$graphql", params={"query": "{ id }"}),
        http.get("/fhir/Patient"),
        http.post("/fhir/Patient/_search", data={"family": "x"}),
        http.get("/fhir/Patient/x"),
        http.get("/fhir/Patient/x/_history"),
        http.get("/fhir/Patient/x/_history/1"),
        http.get("/recall.csv?lot=x"),
    )
    assert [over(each) for each in answers] == [True] * len(answers)
    assert {each.json().get("resourceType") for each in answers[6:]} == {"OperationOutcome"}
    assert {each.json()["issue"][0]["code"] for each in answers[6:]} == {"timeout"}


async def test_a_write_that_still_has_to_read_stores_nothing(start: Start) -> None:
    product = await start(environment=SHORT, wrap=Stuck)
    created = product.http.post(
        "/fhir/Practitioner?x", json=practitioner(), headers={"If-None-Exist": "identifier=a|b"}
    )
    mutation = 'mutation { PatientUpdate(id: "p1", resource: {resourceType: "Patient"}) { location } }'
    rest, graph = await asyncio.gather(created, product.http.post("/graphql", json={"query": mutation}))
    assert over(rest)
    [error] = graph.json()["errors"]
    assert graph.json()["data"] == {"PatientUpdate": None}
    assert error["extensions"]["code"] == "timeout"
    assert "stored nothing" in error["message"]


async def test_what_a_mutation_has_stored_is_told_and_the_rest_is_not_begun(start: Start) -> None:
    product = await start(environment=SHORT, wrap=lambda store: Aging(store, "write"))
    answer = await product.ask(f"mutation {{ a: {CREATE} b: {CREATE} c: {CREATE} }}")
    assert answer["data"]["a"]["location"].startswith("Organization/")
    assert (answer["data"]["b"], answer["data"]["c"]) == (None, None)
    assert [(each["path"], each["extensions"]["code"]) for each in answer["errors"]] == [
        (["b"], "timeout"),
        (["c"], "timeout"),
    ]
    assert len(await stored(product)) == 1


async def test_what_a_mutation_has_stored_is_told_though_its_answer_cannot_be_read_further(start: Start) -> None:
    product = await start(patient(), environment=SHORT, wrap=lambda store: Aging(store, "write"))
    linked = patient(id="p2", link=[{"other": {"reference": "Patient/p1"}, "type": "seealso"}])
    fields = "location resource { link { other { resource { id } } } }"
    answer = await product.ask(f"mutation($r: FHIR!) {{ PatientCreate(resource: $r) {{ {fields} }} }}", {"r": linked})
    created = answer["data"]["PatientCreate"]
    assert created["location"].startswith("Patient/")
    assert created["resource"] == {"link": [{"other": {"resource": None}}]}
    assert [each["extensions"]["code"] for each in answer["errors"]] == ["timeout"]


async def test_a_write_that_takes_longer_than_there_is_time_is_told_as_it_ended(start: Start) -> None:
    product = await start(environment=SHORT)
    store: Any = product.store
    slow = asyncio.create_task(store._repository._running().writer.run(lambda _: time.sleep(1.2)))
    await asyncio.sleep(0.05)
    response = await product.http.post("/fhir/Organization", json={"resourceType": "Organization", "name": "x"})
    await slow
    assert response.status_code == 201
    assert len(await stored(product)) == 1


async def test_half_an_answer_never_looks_like_a_whole_one(start: Start) -> None:
    patients = [
        patient(id=f"p{number}", managingOrganization={"reference": "Organization/o1"}) for number in range(200)
    ]
    product = await start(organization(), *patients, environment=SHORT, wrap=lambda store: Aging(store, "search"))
    queries = ["{ PatientList(_count: 200) { id name { family } managingOrganization { resource { id } } } }"]
    queries += ["{ PatientList(_count: 200) { implants { edges { cursor } } history { edges { version } } } }"]
    for query in queries:
        assert over(await product.http.post("/graphql", json={"query": query}))


async def stored(product: Product) -> list[Any]:
    """The organizations that are in the store."""
    return list((await product.data("{ OrganizationList { id } }"))["OrganizationList"])
