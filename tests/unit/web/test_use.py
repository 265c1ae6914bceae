"""What is noted of requests, as the access log tells it."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from app.fhir.json import decode
from app.usage import access_log
from tests.builders import organization, patient, practitioner, procedure
from tests.eventually import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Product, Start

SECRET = "Dupont-Secret"
PAGE = "query Page { ProcedureList { id subject { resource(optional: true) { id } } } }"


class Logged(Protocol):
    """Starts the product with an access log; beside it what tells that many lines of the log."""

    async def __call__(self, *resources: Any) -> tuple[Product, Any]: ...


@pytest.fixture
def logged(start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Logged:
    monkeypatch.setattr(access_log, "TICK", 0)
    path = tmp_path / "access.log"

    async def lines(number: int) -> list[dict[str, Any]]:
        await eventually(lambda: path.read_bytes().count(b"\n") == number)
        text = path.read_bytes()
        assert SECRET not in text.decode()
        return [decode(each) for each in text.splitlines()]

    async def started(*resources: Any) -> tuple[Product, Any]:
        return await start(*resources, environment={"DMI_ACCESS_LOG": str(path)}), lines

    return started


async def test_a_query_is_told_with_what_it_read_and_without_its_text(logged: Logged) -> None:
    product, lines = await logged(
        procedure(id="a"), procedure(id="b", subject={"reference": "Patient/none"}), patient()
    )
    headers = {"X-Request-Id": "r-1", "X-Intake-System": "bloc", "traceparent": f"00-{'a' * 32}-{'b' * 16}-00"}
    await product.ask(PAGE, {"unused": SECRET}, **headers)
    (told,) = await lines(1)
    assert told.pop("time").endswith("Z")
    assert told.pop("ms") > 0
    assert told == {
        "request": "r-1",
        "trace": "a" * 32,
        "client": "127.0.0.1",
        "principal": "bloc",
        "interaction": "query",
        "operation": "Page",
        "document": f"sha256:{sha256(PAGE.encode()).hexdigest()}",
        "cost": 40,
        "read": {"Procedure": ["a", "b"], "Patient": ["p1"]},
        "counts": {"Procedure": 2, "Patient": 1},
        "status": 200,
        "outcome": "success",
    }


async def test_values_of_a_search_are_in_no_line(logged: Logged) -> None:
    product, lines = await logged()
    await product.ask("query($f: [String]) { PatientList(family: $f) { id } }", {"f": [SECRET]})
    await product.ask(f'{{ PatientList(family: "{SECRET}") {{ id }} }}')
    await product.ask(f'{{ Patient(id: "x") "{SECRET}" }}')
    await product.http.get("/fhir/Patient", params={"family": SECRET})
    await product.http.get(f"/fhir/Patient/{SECRET}_")
    await product.http.get(f"/fhir/{SECRET}")
    await product.http.get("/recall.csv", params={"lot": SECRET})
    told = await lines(7)
    assert [each.get("interaction") for each in told] == ["query"] * 2 + [
        "graphql",
        "search-type",
        None,
        None,
        "recall",
    ]


@pytest.mark.parametrize(
    ("query", "noted"),
    [
        ("query A { nom }", {"interaction": "query", "operation": "A", "outcome": "refused", "errors": {"invalid": 1}}),
        ("{", {"interaction": "graphql", "outcome": "refused", "errors": {"invalid": 1}}),
        ('{ Patient(id: "gone") { id } }', {"interaction": "query", "outcome": "success", "counts": {"Patient": 0}}),
        (
            "query B { ProcedureList { id performer { actor { resource { __typename } } } } }",
            {"operation": "B", "outcome": "partial", "errors": {"not-found": 1}},
        ),
    ],
)
async def test_a_line_tells_what_went_wrong_by_codes(logged: Logged, query: str, noted: dict[str, Any]) -> None:
    product, lines = await logged(procedure(id="a"))
    await product.ask(query)
    (told,) = await lines(1)
    assert {name: told.get(name) for name in noted} == noted


async def test_what_is_stored_is_told_with_its_operation(logged: Logged) -> None:
    product, lines = await logged(organization(), patient(), practitioner())
    create = "mutation M($r: FHIR!) { OrganizationCreate(resource: $r) { resource { id } } }"
    created = (await product.ask(create, {"r": {"resourceType": "Organization", "name": SECRET}}))["data"]
    place = f"Organization/{created['OrganizationCreate']['resource']['id']}"
    await product.http.put("/fhir/Organization/o1", json=organization(name="CH"))
    await product.http.put("/fhir/Organization/o1", json=organization(name="CH"))
    await product.http.delete("/fhir/Organization/o1")
    told = await lines(4)
    assert [each.get("stored") for each in told] == [
        [["create", place]],
        [["update", "Organization/o1"]],
        None,
        [["delete", "Organization/o1"]],
    ]
    assert [each["interaction"] for each in told] == ["mutation", "update", "update", "delete"]


async def test_an_answer_that_is_told_again_names_its_operation(logged: Logged) -> None:
    product, lines = await logged()
    create = "mutation M($r: FHIR!) { OrganizationCreate(resource: $r) { location } }"
    for _ in range(2):
        await product.ask(create, {"r": {"resourceType": "Organization", "name": "x"}}, Idempotency_Key="k")
    first, again = await lines(2)
    assert (first["operation"], again["operation"]) == ("M", "M")
    assert "stored" in first
    assert "stored" not in again


@pytest.mark.parametrize(
    ("method", "path", "noted"),
    [
        ("GET", "/fhir/Patient/p1", {"interaction": "read", "target": "Patient/p1", "read": {"Patient": ["p1"]}}),
        ("HEAD", "/fhir/Patient/p1", {"interaction": "read", "target": "Patient/p1"}),
        ("GET", "/fhir/Patient/p1/_history/1", {"interaction": "vread", "read": {"Patient": ["p1"]}}),
        ("GET", "/fhir/Patient/p1/_history", {"interaction": "history-instance", "read": {"Patient": ["p1"]}}),
        ("GET", "/fhir/Patient", {"interaction": "search-type", "target": "Patient", "read": {"Patient": ["p1"]}}),
        ("GET", "/fhir/Patient/x", {"interaction": "read", "status": 404, "errors": {"not-found": 1}}),
        ("GET", "/fhir/Patient/p1/$graphql?query={id}", {"interaction": "query", "target": "Patient/p1"}),
        ("GET", "/fhir/metadata", {"interaction": None, "status": 200}),
        ("GET", "/health", {"interaction": None, "status": 200}),
    ],
)
async def test_each_interaction_has_its_word(logged: Logged, method: str, path: str, noted: dict[str, Any]) -> None:
    product, lines = await logged(patient())
    await product.http.request(method, path)
    (told,) = await lines(1)
    assert {name: told.get(name) for name in noted} == noted


async def test_ids_are_named_up_to_a_cap_and_counted_beyond(logged: Logged) -> None:
    product, lines = await logged(*(patient(id=f"p{number}") for number in range(30)))
    await product.ask("{ PatientList(_count: 30) { id } }")
    (told,) = await lines(1)
    assert len(told["read"]["Patient"]) == access_log.MOST_IDS
    assert told["counts"] == {"Patient": 30}


async def test_an_unexpected_error_is_a_failure(logged: Logged, monkeypatch: pytest.MonkeyPatch) -> None:
    product, lines = await logged()

    async def broken() -> None:
        raise ValueError(SECRET)

    monkeypatch.setattr(product.store, "ready", broken)
    with pytest.raises(ValueError, match=SECRET):
        await product.http.get("/ready")
    (told,) = await lines(1)
    assert (told["status"], told["outcome"]) == (500, "failed")


async def test_without_a_log_nothing_is_noted(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    monkeypatch.setattr("app.access.watching.WatchedRepository", lambda *given: made.append(given))
    await (await start(patient())).data('{ Patient(id: "p1") { id } }')
    assert made == []
