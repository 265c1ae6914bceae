"""What runs by a plan, and what graphql-core runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from strawberry.extensions import SchemaExtension
from strawberry.types import ExecutionResult

from app.demo.hospital import hospital
from app.schema import following
from app.schema.build import build_schema
from app.schema.execution import planning
from app.settings import read_settings
from app.store.repository import Write
from tests.builders import device, organization, patient, practitioner, procedure
from tests.contract.operations import ASKED, LIVE, operation, variables
from tests.sockets import socket_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.schema.build import DmiSchema
    from tests.conftest import Product, Start


def runs(product: Product) -> dict[str, int]:
    """How often an operation ran by a plan, and how often by graphql-core."""
    return dict(product.schema.runs)


@pytest.mark.parametrize("path", ASKED, ids=lambda path: path.stem)
async def test_every_published_operation_runs_by_a_plan(start: Start, path: Path) -> None:
    product = await start(*hospital(5, 1))
    product.schema.runs.clear()
    await product.ask(operation(path.stem), variables(path))
    assert runs(product) == {"planned": 1}


@pytest.mark.parametrize("path", LIVE, ids=lambda path: path.stem)
async def test_what_is_told_as_it_happens_runs_by_a_plan(start: Start, path: Path) -> None:
    product = await start()
    product.schema.runs.clear()
    contained = device(id="d", lotNumber=variables(path)["lot"][0])
    async with socket_of(product.app) as client:
        await client.greet()
        await client.subscribe(operation(path.stem), variables(path))
        await product.store.write([Write("Procedure", "a", procedure(id="a", contained=[contained]))])
        [told] = await client.told()
    assert told["id"] == "a"
    assert runs(product) == {"planned": 1}


@pytest.mark.parametrize("shaped", ["resource { status }", "resource @flatten { status }"])
async def test_a_change_is_told_the_same_by_a_plan_and_by_graphql_core(
    start: Start, monkeypatch: pytest.MonkeyPatch, shaped: str
) -> None:
    query = f"subscription ($s: [String]) {{ changed: ProcedureChanged(status: $s) {{ __typename id {shaped} }} }}"
    told = []
    for most in (planning.MOST_FIELDS, 1):
        monkeypatch.setattr(planning, "MOST_FIELDS", most)
        product = await start()
        product.schema.runs.clear()
        async with socket_of(product.app) as client:
            await client.greet()
            await client.subscribe(f"{query} # {most}", {"s": ["completed"]})  # no plan is kept for that
            await product.store.write([Write("Procedure", "a", procedure(id="a"))])
            message = await client.heard()
        assert runs(product) == {"planned" if most > 1 else "graphql-core": 1}
        told.append(message["payload"])
    assert told[0] == told[1]
    assert told[0]["data"]["changed"]["__typename"] == "ProcedureChange"


async def test_introspection_is_run_by_graphql_core(start: Start) -> None:
    product = await start(patient())
    product.schema.runs.clear()
    asked = '{ __schema { queryType { name } } Patient(id: "p1") { birthDate } }'
    assert await product.data(asked) == {
        "__schema": {"queryType": {"name": "Query"}},
        "Patient": {"birthDate": "1980-07-01"},
    }
    assert runs(product) == {"graphql-core": 1}


async def test_introspection_keeps_the_shaping_directives(start: Start) -> None:
    product = await start(patient())
    asked = '{ __typename __schema { __typename } Patient(id: "p1") { name @flatten { family @first } } }'
    answer = await product.data(asked)
    assert answer["Patient"] == {"family": ["Martin"]}


async def test_variables_that_do_not_fit_are_refused_before_anything_runs(start: Start) -> None:
    product = await start(patient())
    product.schema.runs.clear()
    answer = await product.ask("query($id: ID!) { Patient(id: $id) { id } }", {})
    assert "data" not in answer
    assert answer["errors"][0]["extensions"]["code"] == "invalid"
    assert runs(product) == {}


async def test_a_directive_with_another_value_of_its_variable_selects_other_fields(start: Start) -> None:
    product = await start(patient())
    asked = 'query($born: Boolean!) { Patient(id: "p1") { id birthDate @include(if: $born) } }'
    for _ in range(2):
        assert await product.data(asked, {"born": True}) == {"Patient": {"id": "p1", "birthDate": "1980-07-01"}}
        assert await product.data(asked, {"born": False}) == {"Patient": {"id": "p1"}}


async def test_arguments_are_found_out_anew_in_each_request(start: Start) -> None:
    product = await start(patient(), patient(id="p2"))
    asked = "query($id: ID!) { Patient(id: $id) { id } }"
    assert [(await product.data(asked, {"id": id_}))["Patient"]["id"] for id_ in ("p1", "p2")] == ["p1", "p2"]


async def test_a_document_that_selects_too_much_for_a_plan_is_run_by_graphql_core(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    product = await start(patient())
    monkeypatch.setattr(planning, "MOST_FIELDS", 5)
    product.schema.runs.clear()
    asked = '{ Patient(id: "p1") { a: id b: id c: id d: id e: id } }'
    assert await product.data(asked) == {"Patient": dict.fromkeys("abcde", "p1")}
    assert runs(product) == {"graphql-core": 1}


class Noting(dict[str, Any]):
    """Takes the notes of extensions, and has what an execution notes in a Context."""

    course = None
    cost = 0
    max_answer = 1_000


class Fields(SchemaExtension):
    """Notes every field that is resolved."""

    def resolve(self, _next: Any, root: Any, info: Any, *args: Any, **kwargs: Any) -> Any:
        """Strawberry's hook for each field."""
        info.context.setdefault("fields", []).append(info.field_name)
        return _next(root, info, *args, **kwargs)


class Steps(SchemaExtension):
    """Notes the steps of an execution."""

    def on_operation(self) -> Iterator[None]:
        """Strawberry's hook."""
        yield
        self.execution_context.context["steps"] = ("operation", self.execution_context.result is not None)

    def on_execute(self) -> Iterator[None]:
        """Strawberry's hook."""
        self.execution_context.context["executing"] = True
        yield

    def get_results(self) -> dict[str, Any]:
        """Strawberry's hook."""
        return {"steps": "seen"}


@pytest.fixture
def watched() -> Iterator[DmiSchema]:
    schema = build_schema(read_settings({"DMI_STORE": "memory:"}))
    yield schema
    schema.extensions = ()


async def test_an_extension_sees_an_execution_by_plan(watched: DmiSchema) -> None:
    watched.extensions = (Steps,)
    context: dict[str, Any] = {}
    result = await watched.execute("{ nothing }", context_value=context)
    assert result.errors
    assert (context["steps"], result.extensions) == (("operation", True), {"steps": "seen"})


class Failing(SchemaExtension):
    """Fails when execution is over."""

    def on_execute(self) -> Iterator[None]:
        """Strawberry's hook."""
        yield
        raise ValueError


async def test_an_extension_that_fails_refuses_the_request(watched: DmiSchema) -> None:
    watched.extensions = (Failing, Steps)
    context: dict[str, Any] = {}
    result = await watched.execute("{ __typename }", context_value=context)
    assert (result.data, len(result.errors or ())) == (None, 1)


class Remembering(SchemaExtension):
    """Answers instead of the execution."""

    def on_execute(self) -> Iterator[None]:
        """Strawberry's hook."""
        self.execution_context.result = ExecutionResult({"__typename": "Remembered"}, None)
        yield


async def test_an_extension_may_answer_instead_of_an_execution(watched: DmiSchema) -> None:
    watched.extensions = (Remembering,)
    result = await watched.execute("{ __typename }")
    assert result.data == {"__typename": "Remembered"}
    assert dict(watched.runs) == {}


class Documents(SchemaExtension):
    """Remembers which documents are read, and which are checked."""

    def on_parse(self) -> Iterator[None]:
        """Strawberry's hook."""
        yield
        self.execution_context.context["read"] = self.execution_context.graphql_document is not None

    def on_validate(self) -> Iterator[None]:
        """Strawberry's hook."""
        yield
        self.execution_context.context["errors"] = len(self.execution_context.pre_execution_errors or ())


@pytest.mark.parametrize(
    ("query", "seen"),
    [
        ("{ __typename }", {"read": True, "errors": 0}),
        ("{ nothing }", {"read": True, "errors": 1}),
        ("{ nothing", {"read": False}),
    ],
)
async def test_an_extension_sees_a_document_that_is_refused(
    watched: DmiSchema, query: str, seen: dict[str, Any]
) -> None:
    watched.extensions = (Documents,)
    context: dict[str, Any] = {}
    await watched.execute(query, context_value=context)
    assert context == seen


async def test_an_extension_that_looks_at_every_field_has_graphql_core_run_it(watched: DmiSchema) -> None:
    watched.extensions = (Fields, Steps)
    context = Noting()
    result = await watched.execute("{ __typename }", context_value=context)
    assert (result.data, result.errors) == ({"__typename": "Query"}, None)
    assert (context["fields"], context["executing"]) == (["__typename"], True)
    assert dict(watched.runs) == {"graphql-core": 1}


async def test_one_referenced_document_with_an_error_has_it_at_every_place(start: Start) -> None:
    rows = [procedure(id=f"x{number}", identifier=None) for number in range(2)]
    product = await start(patient(name=["Martin"]), practitioner(), organization(), *rows)
    answer = await product.ask("{ ProcedureList { subject { resource { ... on Patient { name { family } } } } } }")
    assert [error["path"] for error in answer["errors"]] == [
        ["ProcedureList", number, "subject", "resource", "name", 0, "family"] for number in range(2)
    ]
    assert answer["data"]["ProcedureList"] == [{"subject": {"resource": {"name": [{"family": None}]}}}] * 2


async def test_each_field_of_a_mutation_counts_its_references_anew(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "MOST_REFERENCES", 3)
    settings = {"DMI_PROFILES": "Procedure=base", "DMI_UNIQUE_INTERVENTIONS": "off"}
    product = await start(device(), environment=settings)
    asked = """mutation($two: FHIR!, $one: FHIR!) {
      a: ProcedureCreate(resource: $two) { resource { ...devices } }
      b: ProcedureCreate(resource: $one) { resource { ...devices } }
    }
    fragment devices on Procedure { focalDevice { manipulated { resource { id } } } }"""
    used = {"manipulated": {"reference": "Device/d1"}}
    data = await product.data(asked, {"two": procedure(focalDevice=[used, used]), "one": procedure(focalDevice=[used])})
    leads = {"manipulated": {"resource": {"id": "d1"}}}
    assert [data[key]["resource"]["focalDevice"] for key in "ab"] == [[leads, leads], [leads]]
