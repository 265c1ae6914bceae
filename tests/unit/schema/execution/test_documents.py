from __future__ import annotations

from typing import TYPE_CHECKING

from tests.builders import patient

if TYPE_CHECKING:
    from tests.conftest import Start


async def test_introspection_and_type_names_are_answered_beside_data(start: Start) -> None:
    product = await start(patient())
    asked = '{ __typename __schema { queryType { name } } Patient(id: "p1") { __typename name { __typename family } } }'
    assert await product.data(asked) == {
        "__typename": "Query",
        "__schema": {"queryType": {"name": "Query"}},
        "Patient": {"__typename": "Patient", "name": [{"__typename": "HumanName", "family": "Martin"}]},
    }


async def test_one_field_is_answered_with_arguments_and_without(start: Start) -> None:
    product = await start(patient(name=[{"family": "Martin"}, {"family": "Durand"}]))
    asked = '{ Patient(id: "p1") { all: name { family } one: name(family: "Durand") { family } } }'
    assert await product.data(asked) == {
        "Patient": {"all": [{"family": "Martin"}, {"family": "Durand"}], "one": [{"family": "Durand"}]}
    }


async def test_a_stored_value_that_is_no_document_is_an_error_at_its_path(start: Start) -> None:
    product = await start(patient(name=["Martin"]))
    answer = await product.ask('{ Patient(id: "p1") { name { family } } }')
    assert answer["errors"][0]["path"] == ["Patient", "name", 0, "family"]
    assert answer["errors"][0]["extensions"]["code"] == "structure"
