"""One store command per target type and level of a query, never one per row."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from app.demo.hospital import hospital
from app.store.failures import slow
from tests.builders import procedure
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


class Meeting:
    """A store whose searches and counts wait for each other."""

    def __init__(self, store: Any, meeting: asyncio.Barrier) -> None:
        self._store = store
        self._meeting = meeting

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def search(self, type_: str, *rest: Any) -> Any:
        async with asyncio.timeout(5):
            await self._meeting.wait()
        return await self._store.search(type_, *rest)

    async def count(self, type_: str, *rest: Any) -> Any:
        async with asyncio.timeout(5):
            await self._meeting.wait()
        return await self._store.count(type_, *rest)


class Uncounted:
    """A store that is too slow to count."""

    def __init__(self, store: Any) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def count(self, *_: Any) -> int:
        raise slow()


async def test_rows_are_counted_while_their_page_is_read(start: Start) -> None:
    meeting = asyncio.Barrier(2)  # neither command ends ahead of the other's begin
    product = await start(procedure(id="one"), wrap=lambda store: Meeting(store, meeting))

    data = await product.data("{ ProcedureConnection { count edges { node { status } } } }")

    assert data["ProcedureConnection"] == {"count": 1, "edges": [{"node": {"status": "completed"}}]}


async def test_rows_that_cannot_be_counted_are_shown_nevertheless(start: Start) -> None:
    product = await start(procedure(id="one"), wrap=Uncounted)

    answer = await product.ask("{ ProcedureConnection { count edges { node { status } } } }")

    assert answer["data"]["ProcedureConnection"] == {"count": None, "edges": [{"node": {"status": "completed"}}]}
    assert [error["path"] for error in answer["errors"]] == [["ProcedureConnection", "count"]]
