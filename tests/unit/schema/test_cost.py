from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from graphql import get_introspection_query

from app.schema.execution.preparing import Asking, Prepared
from app.schema.price import price_of
from app.settings import read_settings
from app.web.published import operations_directory, read_operations
from tests.builders import patient
from tests.conftest import schema_of
from tests.contract.operations import OPERATIONS, variables

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.conftest import Answer, Start

SETTINGS = read_settings({"DMI_STORE": "memory:"})
SMALL = {"DMI_MAX_COST": "100"}
COST = {"cost": True}


def price(query: str, **values: Any) -> int:
    """What an operation costs with these variables."""
    prepared = schema_of(SETTINGS).preparing.prepared(Asking(query, None, None))
    assert isinstance(prepared, Prepared), prepared.errors
    coerced = prepared.variables.values(values)
    assert not isinstance(coerced, list), coerced
    return price_of(prepared.price, coerced.coerced)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('{ Patient(id: "x") { id birthDate } }', 2),
        ('{ Patient(id: "x") { __typename } }', 1),
        ('{ Patient(id: "x") { name { family given } } }', 2),
        ("{ PatientList { id } }", 20),
        ("{ PatientList(_count: 1000) { id gender } }", 2_000),
        ("{ PatientList(_count: 1000) { __typename } }", 1_000),
        ("{ PatientList(_count: null) { id } }", 20),
        ("{ PatientList(_count: 2000000000) { id } }", 1_000),
        ("{ PatientConnection(first: 7) { edges { node { id gender } cursor } } }", 21),
        ("{ PatientConnection(last: 7) { count pageInfo { hasNextPage } edges { node { id } } } }", 29),
        ("{ PatientConnection { edges { node { id } } } }", 20),
        ('{ PatientList(_count: 10) { ProcedureList(_reference: "patient", _count: 10) { id status } } }', 200),
        (
            '{ PatientList(_count: 9) { ProcedureConnection(_reference: "patient") { count edges { node { id } } } } }',
            9 * (21 + 20),
        ),
        ('{ Procedure(id: "x") { history(first: 50) { edges { version resource { status } } } } }', 100),
        ('{ Procedure(id: "x") { history { edges { resource { changes { path } } } } } }', 20 * 20),
        ("{ PatientList(_count: 3) { implants(first: 4) { edges { node { date } } } } }", 12),
        ("{ PatientList(_count: 10) { raw } }", 410),
        ("{ PatientList(_count: 10) { name(_count: 1000) { family } } }", 10),
        ("{ ProcedureList(_count: 10) { contained { id } } }", 10),
        ('{ Bundle(id: "x") { entry { fullUrl resource { id } } } }', 40),
        ('{ a: Patient(id: "x") { id } b: PatientList { c: id d: id } }', 41),
        ("{ PatientList(_count: 10) { ...F } } fragment F on Patient { id ...G } fragment G on Patient { gender }", 20),
        (
            "{ ProcedureList(_count: 10) { subject { resource { id ... on Patient { gender birthDate } "
            "... on Group { name } } } } }",
            30,
        ),
        ("{ PatientList(_count: 10) { id @skip(if: true) gender @include(if: true) } }", 10),
        ("{ DmiStatistics { procedures } }", 5_001),
        ("{ ProcedureList(_count: 2) { code @flatten { coding @flatten @first { code } } } }", 2),
        ('mutation { PatientDelete(id: "x") { information { issue { code } } } }', 1),
        (get_introspection_query(), 20_000),
        ('{ __type(name: "Patient") { fields { type { fields { name } } } } }', 30_000),
    ],
)
def test_sizes_of_lists_are_multiplied_through_nesting_and_fragments(query: str, expected: int) -> None:
    assert price(query) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, 20 * (1 + 5)),
        ({"rows": 100}, 100 * (1 + 5)),
        ({"rows": 100, "below": 1000}, 100 * 1001),
        ({"rows": None, "below": 2}, 20 * 3),
        ({"rows": 100, "below": 1000, "deep": False}, 100),
        ({"rows": -5}, 6),
    ],
)
def test_variables_tell_the_sizes(values: dict[str, Any], expected: int) -> None:
    query = (
        "query($rows: Int, $below: Int = 5, $deep: Boolean! = true) { PatientList(_count: $rows) { id ...F "
        "@include(if: $deep) } } "
        'fragment F on Patient { ProcedureList(_reference: "patient", _count: $below) { id } }'
    )
    assert price(query, **values) == expected


@pytest.mark.parametrize(
    ("declared", "arguments", "values"),
    [
        ("", "_count: null, first: 1000", {}),
        ("", "first: null, last: 1000", {}),
        ("", "_count: 1, first: 1000", {}),
        ("($a: Int)", "_count: $a, first: 1000", {}),
        ("($a: Int = 1)", "_count: $a, first: 1000", {"a": None}),
        ("($a: Int, $b: Int)", "_count: $a, first: $b", {"b": 1000}),
        ("($a: Int = 1, $b: Int)", "last: $b, first: $a", {"a": None, "b": 1000}),
    ],
)
def test_an_argument_that_is_null_hides_no_other_one(declared: str, arguments: str, values: dict[str, Any]) -> None:
    query = f"query{declared} {{ PatientConnection({arguments}) {{ edges {{ node {{ id }} }} }} }}"
    assert price(query, **values) == 1000


def test_fragments_that_double_each_other_are_priced_at_once() -> None:
    doubling = " ".join(f"fragment F{n} on Patient {{ ...F{n + 1} ...F{n + 1} }}" for n in range(40))
    assert price("{ PatientList { ...F0 } } " + doubling + " fragment F40 on Patient { id }") == 20 * 2**40


@pytest.mark.parametrize("path", OPERATIONS, ids=lambda path: path.stem)
def test_every_published_operation_is_far_from_the_limit(path: Path) -> None:
    assert price(path.read_text(encoding="utf-8"), **variables(path)) < SETTINGS.max_cost / 4


def test_a_page_of_1000_rows_with_40_values_is_what_one_operation_may_cost() -> None:
    values = "id status performedDateTime " + "code { coding { code display system } } " * 12 + "statusReason { text }"
    assert price("{ ProcedureList(_count: 1000) { " + values + " } }") == SETTINGS.max_cost == 40_000


ROUND_ABOUT: Mapping[str, tuple[str, dict[str, Any]]] = {
    "plainly": ("{ PatientList(_count: 101) { id } }", {}),
    "by aliases": ("{ " + " ".join(f"a{n}: PatientList(_count: 10) {{ id }}" for n in range(11)) + " }", {}),
    "by fragments": (
        "{ ...A } fragment A on Query { PatientList(_count: 51) { ...B ... { ...B } } } fragment B on Patient { id }",
        {},
    ),
    "by a variable": ("query($n: Int) { PatientList(_count: $n) { id } }", {"n": 101}),
    "by the default of a variable": ("query($n: Int = 101) { PatientList(_count: $n) { id } }", {}),
    "by what is included": (
        "query($yes: Boolean!) { PatientList(_count: 101) @include(if: $yes) { id } }",
        {"yes": True},
    ),
    "by reverse hops": (
        '{ Patient(id: "p1") { ProcedureList(_reference: "patient", _count: 11) { subject { resource { ... on Patient '
        '{ ProcedureList(_reference: "patient", _count: 10) { id } } } } } } }',
        {},
    ),
    "by histories": ('{ Patient(id: "p1") { history(first: 101) { edges { resource { id } } } } }', {}),
    "by what is contained": (
        '{ Bundle(id: "b") { entry { resource { ... on Bundle { entry { resource { id } } } } } } }',
        {},
    ),
    "by recalls": ('{ ImplantRecall(lot: "L", first: 101) { edges { cursor } } }', {}),
    "by shaping directives": ("{ PatientList(_count: 101) { name @flatten { family } } }", {}),
    "by what graphql-core runs": ('{ __type(name: "Patient") { name } PatientList(_count: 101) { id } }', {}),
}


@pytest.mark.parametrize("case", ROUND_ABOUT)
async def test_no_way_leads_around_the_limit(start: Start, case: str) -> None:
    query, values = ROUND_ABOUT[case]
    read: list[str] = []
    product = await start(patient(), environment=SMALL, wrap=lambda store: Watched(store, read))
    answer = await product.ask(query, values)
    assert refused(answer)
    assert read == []


@pytest.mark.parametrize("address", ["/graphql", "/fhir/$graphql", "/fhir/Patient/p1/$graphql"])
@pytest.mark.parametrize("method", ["GET", "POST", "document"])
async def test_no_address_leads_around_the_limit(start: Start, address: str, method: str) -> None:
    product = await start(patient(), environment=SMALL)
    query = "{ PatientList(_count: 101) { id } }"
    if "/Patient/" in address:
        query = '{ ProcedureList(_reference: "patient", _count: 101) { id } }'
    http = product.http
    if method == "GET":
        response = await http.get(address, params={"query": query})
    elif method == "POST":
        response = await http.post(address, json={"query": query})
    else:
        response = await http.post(address, content=query, headers={"Content-Type": "application/graphql"})
    assert refused(response.json())


async def test_a_published_document_is_priced_with_its_variables(start: Start) -> None:
    http = (await start(environment=SMALL)).http
    published = read_operations(operations_directory())[0].id
    small = {"documentId": published, "variables": {"count": 3}}
    large = {"documentId": published, "variables": {"count": 4}}
    assert "errors" not in (await http.post("/graphql", json=small)).json()
    assert refused((await http.post("/graphql", json=large)).json())


async def test_a_refusal_names_the_limit_the_price_and_the_remedy_in_both_languages(start: Start) -> None:
    product = await start(environment=SMALL)
    query = "{ PatientList(_count: 101) { id } }"
    english = (await product.ask(query))["errors"][0]
    french = (await product.ask(query, accept_language="fr"))["errors"][0]
    for message, remedy in (
        (english["message"], "Ask for fewer rows"),
        (french["message"], "Demandez moins de lignes"),
    ):
        assert all(part in message for part in ("101", "100", "DMI_MAX_COST", remedy))
    assert english["extensions"]["resource"]["issue"][0]["code"] == "too-costly"


async def test_the_price_is_told_when_it_is_asked_for(start: Start) -> None:
    product = await start(patient(), environment=SMALL)
    body: dict[str, Any] = {"query": "query($n: Int) { PatientList(_count: $n) { id } }", "extensions": COST}
    posted = (await product.http.post("/graphql", json={**body, "variables": {"n": 7}})).json()
    got = await product.http.get("/graphql", params={"query": body["query"], "extensions": '{"cost": true}'})
    refusal = (await product.http.post("/graphql", json={**body, "variables": {"n": 700}})).json()
    unasked = (await product.http.post("/graphql", json={"query": body["query"]})).json()
    assert posted == {"data": {"PatientList": [{"id": "p1"}]}, "extensions": {"cost": {"price": 7, "limit": 100}}}
    assert got.json()["extensions"] == {"cost": {"price": 20, "limit": 100}}
    assert refusal["extensions"] == {"cost": {"price": 700, "limit": 100}}
    assert "extensions" not in unasked


def refused(answer: Answer) -> bool:
    """Whether nothing was executed, because of the price."""
    return "data" not in answer and "DMI_MAX_COST" in answer["errors"][0]["message"]


class Watched:
    """A store that notes what is read."""

    def __init__(self, store: Any, read: list[str]) -> None:
        self._store = store
        self._read = read

    def __getattr__(self, name: str) -> Any:
        if name in {"read", "search", "related", "history", "version", "tally", "count"}:
            self._read.append(name)
        return getattr(self._store, name)
