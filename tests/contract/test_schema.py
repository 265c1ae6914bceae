from __future__ import annotations

import importlib.util
import json
from typing import TYPE_CHECKING

import pytest
from graphql import GraphQLObjectType, GraphQLSchema, build_schema, parse, validate

from app.fhir.elements import type_definition
from app.fhir.served import SERVED
from app.schema.build import build_schema as build_ours
from app.schema.execution.fields import definition_of
from app.schema.types.fields import ResolvedField
from app.settings import read_settings
from app.web.published import MANIFEST, manifest, operations_directory, read_operations
from tests.contract.operations import ASKED, FRAGMENTS, OPERATIONS, ROOT, variables

if TYPE_CHECKING:
    from pathlib import Path

    from app.schema.build import DmiSchema
    from tests.conftest import Start

PUBLISHED = ROOT / "graphql" / "schema.graphql"


@pytest.fixture(scope="module")
def ours() -> DmiSchema:
    return build_ours(read_settings({}))


@pytest.fixture(scope="module")
def sdl(ours: DmiSchema) -> str:
    return ours.as_str()


@pytest.fixture(scope="module")
def schema(sdl: str) -> GraphQLSchema:
    return build_schema(sdl)


def test_the_published_schema_is_the_one_that_is_served(sdl: str) -> None:
    assert PUBLISHED.read_text(encoding="utf-8") == sdl + "\n", "run `make schema`"


def test_the_manifest_lists_the_published_operations() -> None:
    folder = operations_directory()
    written = (folder / MANIFEST).read_text(encoding="utf-8")
    assert written == manifest(read_operations(folder)) + "\n", "run `make schema`"


def test_the_published_schema_stays_within_its_size(sdl: str) -> None:
    assert len(sdl.encode()) <= 1_500_000


def test_every_element_of_every_served_type_is_in_the_schema(schema: GraphQLSchema) -> None:
    for name in SERVED:
        fields = schema.type_map[name].fields  # type: ignore[attr-defined]
        elements = type_definition(name).elements.values()
        assert {e.name for e in elements} <= fields.keys()
        assert {f"_{e.name}" for e in elements if e.primitive and e.name != "id"} <= fields.keys()


def test_no_name_of_an_argument_is_taken_by_what_a_resolver_is_called_with(ours: DmiSchema) -> None:
    """`ProcedureList(_source:)` was, by a resolver whose first parameter had that name."""
    objects = [each for each in ours._schema.type_map.values() if isinstance(each, GraphQLObjectType)]
    resolvers = {
        definition.resolve
        for each in objects
        for field in each.fields.values()
        if field.args and isinstance(definition := definition_of(field), ResolvedField)
    }

    assert resolvers
    assert {each for each in resolvers if each.__code__.co_posonlyargcount != 2} == set()


@pytest.mark.parametrize("name", SERVED)
def test_every_served_type_has_its_root_fields(schema: GraphQLSchema, name: str) -> None:
    query, mutation = schema.query_type, schema.mutation_type
    assert query
    assert mutation
    assert {name, f"{name}List", f"{name}Connection", f"{name}Validate"} <= query.fields.keys()
    assert f"{name}Create" in mutation.fields


@pytest.mark.parametrize(
    ("type_name", "field", "target"),
    [
        ("ProcedureFocalDevice", "manipulated", "DeviceReference"),
        ("ProcedurePerformer", "onBehalfOf", "OrganizationReference"),
        ("ProcedurePerformer", "actor", "ResourceReference"),
        ("Device", "patient", "PatientReference"),
        ("Procedure", "usedReference", "[ResourceReference]"),
    ],
)
def test_a_reference_has_one_type_per_single_target(
    schema: GraphQLSchema, type_name: str, field: str, target: str
) -> None:
    assert str(schema.type_map[type_name].fields[field].type) == target  # type: ignore[attr-defined]


def test_the_allowed_codes_are_in_the_description(schema: GraphQLSchema) -> None:
    status = schema.type_map["Procedure"].fields["status"]  # type: ignore[attr-defined]
    assert "preparation | in-progress" in status.description
    assert str(status.type) == "code"


@pytest.mark.parametrize("path", OPERATIONS, ids=lambda path: path.stem)
def test_an_operation_is_valid(schema: GraphQLSchema, path: Path) -> None:
    assert validate(schema, parse(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("path", FRAGMENTS, ids=lambda path: path.stem)
def test_a_fragment_is_valid(schema: GraphQLSchema, path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    (fragment,) = parse(text).definitions
    condition = fragment.type_condition.name.value  # type: ignore[attr-defined]
    used = f"query {{ {condition}List {{ ...{fragment.name.value} }} }}"  # type: ignore[attr-defined]
    assert validate(schema, parse(text + used)) == []


@pytest.mark.parametrize("path", ASKED, ids=lambda path: path.stem)
async def test_an_operation_runs_on_the_example_data(start: Start, path: Path) -> None:
    product = await start(environment={"DMI_EXAMPLE_DATA": "auto"})
    data = await product.data(path.read_text(encoding="utf-8"), variables(path))
    assert all(value for value in data.values())
    assert "[]" not in json.dumps(data), "an empty list shows nothing"


@pytest.mark.parametrize("path", FRAGMENTS, ids=lambda path: path.stem)
async def test_a_fragment_runs_on_the_example_data(start: Start, path: Path) -> None:
    product = await start(environment={"DMI_EXAMPLE_DATA": "auto"})
    text = path.read_text(encoding="utf-8")
    (fragment,) = parse(text).definitions
    name, condition = fragment.name.value, fragment.type_condition.name.value  # type: ignore[attr-defined]
    data = await product.data(f"{text} query {{ {condition}List {{ ...{name} }} }}")
    assert data[f"{condition}List"]


@pytest.mark.parametrize("path", FRAGMENTS, ids=lambda path: path.stem)
def test_a_fragment_has_one_text_wherever_it_is_used(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    name = text.partition("fragment ")[2].partition(" ")[0]
    using = [each.read_text(encoding="utf-8") for each in OPERATIONS]
    assert all(text in operation for operation in using if f"fragment {name} " in operation)


def test_the_contract_folder_holds_no_python() -> None:
    assert list((ROOT / "graphql").rglob("*.py")) == []


def test_graphql_is_graphql_core() -> None:
    spec = importlib.util.find_spec("graphql")
    assert spec is not None
    assert spec.origin is not None
    assert "site-packages" in spec.origin


async def test_the_example_of_a_procedure_is_accepted(start: Start) -> None:
    resource = json.loads((ROOT / "graphql" / "examples" / "procedure.json").read_text(encoding="utf-8"))
    query = "query($r: FHIR!) { ProcedureValidate(resource: $r) { valid } }"
    assert await (await start()).data(query, {"r": resource}) == {"ProcedureValidate": {"valid": True}}


async def test_the_example_of_a_refusal_is_what_is_answered(start: Start) -> None:
    example = json.loads((ROOT / "graphql" / "examples" / "refusal.json").read_text(encoding="utf-8"))
    assert await (await start()).ask(**example["request"], **example["headers"]) == example["response"]
