"""The audit trail of a server, from requests to events."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from app.errors import StoreUnavailable
from app.fhir.json import encode
from app.usage import audit_trail
from tests.builders import device, organization, patient, practitioner, procedure

if TYPE_CHECKING:
    from tests.conftest import Product, Start

SECRET = "Dupont-Secret"
SUBJECT = {"reference": "Patient/p1"}
PAGE = "query Page { ProcedureList { id status } }"


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_trail, "TICK", 0)
    monkeypatch.setattr(audit_trail, "AGAIN", 0.01)
    monkeypatch.setattr(audit_trail, "LAST", 0.05)


async def required(start: Start, *resources: Any) -> Product:
    return await start(*resources, environment={"DMI_AUDIT": "required"})


async def events(product: Product) -> list[dict[str, Any]]:
    return [each.resource for each in await product.store.events("", 100)]


def places(event: dict[str, Any]) -> set[str]:
    return {each["what"]["reference"] for each in event["entity"] if "reference" in each.get("what", {})}


async def test_an_event_names_the_patient_also_where_nobody_asked_for_the_subject(start: Start) -> None:
    product = await required(start, procedure(id="a", subject=SUBJECT))
    assert await product.data(PAGE) == {"ProcedureList": [{"id": "a", "status": "completed"}]}
    (event,) = await events(product)
    assert places(event) == {"Procedure/a", "Patient/p1"}


@pytest.mark.parametrize(
    "query",
    [
        '{ Procedure(id: "a") { status } }',
        '{ Procedure(id: "a", version: "1") { status } }',
        '{ Procedure(id: "a") { history { edges { version } } } }',
        "{ ProcedureConnection { edges { resource { status } } } }",
        '{ Patient(id: "p1") { ProcedureList(_reference: "patient") { id } } }',
        '{ ImplantRecall(lot: "LOT-1") { edges { node { date } } } }',
    ],
)
async def test_whatever_the_way_the_resources_are_named(start: Start, query: str) -> None:
    product = await required(start, procedure(id="a", subject=SUBJECT), patient(), device())
    await product.data(query)
    told = set().union(*(places(event) for event in await events(product)))
    assert {"Procedure/a", "Patient/p1"} <= told


async def test_no_event_holds_a_value(start: Start) -> None:
    product = await required(start, patient(name=[{"family": SECRET}]))
    await product.ask(f'query Q {{ PatientList(family: "{SECRET}") {{ name {{ family }} }} }}')
    await product.http.get("/fhir/Patient", params={"family": SECRET})
    await product.http.post("/fhir/Patient", json=patient(birthDate=SECRET))
    told = await events(product)
    assert len(told) == 3
    assert SECRET.encode() not in encode(told)


async def test_what_is_stored_is_told_with_its_kind(start: Start) -> None:
    product = await required(start, patient(), practitioner(), organization(), device())
    created = await product.http.post("/fhir/Procedure", json=procedure())
    place = created.headers["location"].partition("/fhir/")[2].partition("/_history")[0]
    await product.http.delete(f"/fhir/{place}")
    told = await events(product)
    assert {place, "Patient/p1"} <= places(next(each for each in told if each["action"] == "C"))
    assert place in places(next(each for each in told if each["action"] == "D"))


async def test_what_asks_for_no_resources_has_no_event(start: Start) -> None:
    product = await required(start)
    for path in ("/health", "/ready", "/", "/fhir/metadata"):
        await product.http.get(path)
    assert await events(product) == []


async def test_a_refusal_has_an_event(start: Start) -> None:
    product = await required(start)
    await product.http.get("/fhir/Patient/none")
    (event,) = await events(product)
    assert (event["outcome"], event["outcomeDesc"]) == ("4", "not-found")


async def test_on_keeps_events_after_the_answer(start: Start) -> None:
    product = await start(procedure(id="a"), environment={"DMI_AUDIT": "on"})
    await product.data(PAGE)
    async with asyncio.timeout(10):
        while not (found := await events(product)):  # noqa: ASYNC110 - no event tells of it
            await asyncio.sleep(0.001)
    assert places(found[0]) == {"Procedure/a", "Patient/p1"}


async def away(*_: Any) -> None:
    raise StoreUnavailable("The store is away.", "La base est absente.")


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("POST", "/graphql", "errors"),
        ("GET", "/fhir/Procedure", "issue"),
        ("GET", "/fhir/Procedure/a", "issue"),
        ("GET", "/fhir/Procedure/a/_history", "issue"),
        ("GET", "/fhir/Procedure/a/$graphql?query={id}", "errors"),
        ("GET", "/recall.csv?lot=LOT-1", "issue"),
    ],
)
async def test_required_answers_nothing_while_events_cannot_be_kept(
    start: Start, monkeypatch: pytest.MonkeyPatch, method: str, path: str, kind: str
) -> None:
    product = await required(start, procedure(id="a"), patient(), device())
    monkeypatch.setattr(product.store, "keep_events", away)
    body = {"json": {"query": PAGE}} if method == "POST" else {}
    response = await product.http.request(method, path, **body)  # type: ignore[arg-type]
    assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    assert kind in response.json()
    assert "DMI_AUDIT=required" in response.text
    assert '"a"' not in response.text
    assert response.headers["x-request-id"]


async def test_required_goes_on_when_events_can_be_kept_again(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    product = await required(start, procedure(id="a"))
    with monkeypatch.context() as outage:
        outage.setattr(product.store, "keep_events", away)
        assert (await product.http.get("/fhir/Procedure/a")).status_code == 503
        assert (await product.http.get("/health")).status_code == 200
        ready = await product.http.get("/ready")
        assert (ready.status_code, "DMI_AUDIT=required" in ready.text) == (503, True)
    assert (await product.http.get("/fhir/Procedure/a")).status_code == 200
    assert (await product.http.get("/ready")).status_code == 200


async def test_a_table_is_broken_off_where_its_next_rows_cannot_be_told(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [procedure(id=f"a{number}", subject={"reference": f"Patient/{number}"}) for number in range(1_200)]
    product = await required(start, device(), *many)
    kept = product.store.keep_events
    calls: list[int] = []

    async def once(given: Any) -> None:
        calls.append(len(given))
        await (kept if len(calls) == 1 else away)(given)

    monkeypatch.setattr(product.store, "keep_events", once)
    with pytest.raises(StoreUnavailable):
        await product.http.get("/recall.csv", params={"lot": "LOT-1"})
    assert len(calls) > 1


async def test_on_answers_also_while_events_cannot_be_kept(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    product = await start(procedure(id="a"), environment={"DMI_AUDIT": "on"})
    monkeypatch.setattr(product.store, "keep_events", away)
    assert (await product.http.get("/fhir/Procedure/a")).status_code == 200
    assert (await product.http.get("/ready")).status_code == 200
