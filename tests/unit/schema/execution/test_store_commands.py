"""One store command per target type and level of a query, never one per row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.demo.hospital import hospital
from tests.contract.operations import operation
from tests.counted import CountedStore

if TYPE_CHECKING:
    from tests.conftest import Start


async def test_the_page_of_50_procedures_takes_five_store_commands(start: Start) -> None:
    product = await start(*hospital(60, 1), wrap=CountedStore)
    product.store.commands.clear()  # type: ignore[attr-defined]
    data = await product.data(operation("01-procedures"))
    assert len(data["ProcedureList"]) == 50
    assert sorted(product.store.commands) == [  # type: ignore[attr-defined]
        ("read", "Device"),
        ("read", "Organization"),
        ("read", "Patient"),
        ("read", "Practitioner"),
        ("search", "Procedure"),
    ]


async def test_the_same_page_as_a_connection_takes_one_more_for_its_count(start: Start) -> None:
    product = await start(*hospital(60, 1), wrap=CountedStore)
    product.store.commands.clear()  # type: ignore[attr-defined]
    data = await product.data(operation("02-procedure-page"))
    assert len(data["ProcedureConnection"]["edges"]) == 50
    assert len(product.store.commands) == 6  # type: ignore[attr-defined]
    assert ("count", "Procedure") in product.store.commands  # type: ignore[attr-defined]


async def test_a_resource_that_many_rows_refer_to_is_asked_for_once(start: Start) -> None:
    product = await start(*hospital(60, 1), wrap=CountedStore)
    product.store.commands.clear()  # type: ignore[attr-defined]
    await product.data("{ ProcedureList { performer { onBehalfOf { resource { name } } } } }")
    assert product.store.commands == [("search", "Procedure"), ("read", "Organization")]  # type: ignore[attr-defined]
