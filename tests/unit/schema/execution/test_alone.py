"""One resource by its id and nothing that it refers to: read at once, and answered as every operation is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.errors import StoreUnavailable
from app.schema.execution import alone, planning, schema
from app.schema.execution.references import LONG
from tests.builders import patient, procedure

if TYPE_CHECKING:
    from tests.conftest import Start

ALONE = [
    '{ Patient(id: "p1") { id } }',
    '{ a: Patient(id: "p1") { birthDate name(_count: 1) { given @first } ... on Resource { id } } }',
    "query ($id: ID!) { Patient(id: $id) { id __typename meta { versionId } } }",
    'query ($id: ID!, $no: Boolean = false) { Patient(id: $id) { id } o: Patient(id: "x") @include(if: $no) { id } }',
]
NOT_ALONE = [
    '{ Patient(id: "p1") { id } Procedure(id: "x") { id } }',
    '{ a: Patient(id: "p1") { id } b: Patient(id: "p1") { id } }',
    '{ Patient(id: "p1", version: "1") { id } }',
    '{ Procedure(id: "x1") { subject { resource { ... on Patient { id } } } } }',
    '{ Patient(id: "p1") { history { edges { version } } } }',
    '{ Patient(id: "p1") { raw } }',
    "{ PatientList { id } }",
    "{ __typename }",
]
ASKED = [
    (
        "query ($id: ID!) { Patient(id: $id) { id name { family given } birthDate } }",
        ["p1", "none", "gone", "no id", ""],
    ),
    ("query ($id: ID!) { Patient(id: $id) { name { family } identifier { system } } }", ["long", "unfit"]),
    (
        "query ($id: ID!) { Patient(id: $id) { a: name { family } b: name { family } c: identifier { value } } }",
        ["long"],
    ),
    ('query ($id: ID!) { Patient(id: $id) { name(fhirpath: "wrong(") { family } } }', ["p1"]),
    ('query ($id: ID!) { Patient(id: $id) { name(fhirpath: "use") { family } birthDate @nothing } }', ["p1"]),
]


class Counted:
    """Counts the operations that are run so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.number = 0

        def counted(*arguments: Any) -> Any:
            self.number += 1
            return alone.run_alone(*arguments)

        monkeypatch.setattr(schema, "run_alone", counted)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counted:
    return Counted(monkeypatch)


@pytest.mark.parametrize(("query", "expected"), [*((each, 1) for each in ALONE), *((each, 0) for each in NOT_ALONE)])
async def test_only_what_needs_nothing_else_is_read_so(
    start: Start, counted: Counted, query: str, expected: int
) -> None:
    product = await start(patient(), procedure(id="x1"))
    await product.data(query, {"id": "p1"} if "$id" in query else None)
    assert counted.number == expected


@pytest.mark.parametrize(("query", "id_"), [(query, id_) for query, ids in ASKED for id_ in ids])
async def test_the_answer_is_that_of_every_operation(
    start: Start, counted: Counted, monkeypatch: pytest.MonkeyPatch, query: str, id_: str
) -> None:
    names: list[Any] = [{"family": f"F{number}"} for number in range(2 * LONG)]
    names[LONG + 3] = "Martin"
    product = await start(
        patient(), patient(id="long", name=names), patient(id="unfit", name="Martin"), patient(id="gone")
    )
    await product.http.delete("/fhir/Patient/gone")
    answer = await product.ask(query, {"id": id_}, x_request_id="same")
    assert counted.number <= 1
    monkeypatch.setattr(planning, "alone_in", lambda _root: None)
    number = counted.number
    as_always = await product.ask(f"{query} # another text has a plan of its own", {"id": id_}, x_request_id="same")
    assert counted.number == number
    assert answer == as_always


class Away:
    """A store that cannot be read."""

    def __init__(self, store: Any) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def read(self, *_: object) -> None:
        raise StoreUnavailable("away", "absente")


async def test_a_store_that_is_away_is_an_error_of_the_field(start: Start, counted: Counted) -> None:
    product = await start(wrap=Away)
    answer = await product.ask('{ Patient(id: "p1") { id } }')
    assert counted.number == 1
    assert answer["data"] == {"Patient": None}
    assert [(error["path"], error["message"]) for error in answer["errors"]] == [(["Patient"], "away")]


async def test_who_wants_to_know_the_course_sees_a_level(start: Start, counted: Counted) -> None:
    product = await start(patient(), environment={"DMI_EXPLAIN": "on"})
    body = {"query": '{ Patient(id: "p1") { id } }', "extensions": {"explain": True}}
    answer = (await product.http.post("/graphql", json=body)).json()
    assert counted.number == 0
    assert len(answer["extensions"]["explain"]["levels"]) == 1
