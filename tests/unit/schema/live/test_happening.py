from __future__ import annotations

import asyncio
import gc
import weakref
from typing import TYPE_CHECKING, Any

import pytest

from app.errors import StoreUnavailable
from app.schema.live.arguments import wanted
from app.schema.live.happening import Happenings
from app.search.algebra import Eq, Referenced
from app.store.repository import Change, Version, Write
from tests.builders import device, patient, procedure

if TYPE_CHECKING:
    from tests.builders import Document
    from tests.conftest import Product, Start

LOT = wanted("Procedure", {"lot": ["lot-1"]}, "")


class Counting:
    """A store whose reads are counted."""

    def __init__(self, product: Product) -> None:
        self.reads: list[tuple[str, frozenset[str]]] = []
        self.away = False
        self._store = product.store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def read(self, type_name: str, ids: Any) -> Any:
        self.reads.append((type_name, frozenset(ids)))
        await asyncio.sleep(0)
        if self.away:
            raise StoreUnavailable("away", "absent")
        return await self._store.read(type_name, ids)


def whole(store: Any) -> Any:
    """The store, as one that is whole."""
    return store


def change(resource: Document | None, id_: str = "a", version: int = 1) -> Change:
    """A version that was stored."""
    operation: Any = "update" if resource else "delete"
    return Change(f"{id_}.{version}", Version("Procedure", id_, version, "", "", operation, resource))


async def test_what_all_changes_of_a_batch_refer_to_is_read_once_for_all_who_ask(start: Start) -> None:
    store = Counting(await start(device(), device(id="d2", lotNumber="other")))
    other = [{"manipulated": {"reference": "Device/d2"}}]
    documents = [procedure(id="a"), procedure(id="b", focalDevice=other), procedure(id="c")]
    happenings = list(Happenings(whole(store), [change(each, each["id"]) for each in documents]))
    found = await asyncio.gather(*(each.meets(LOT) for each in happenings * 20))
    assert found == [True, False, True] * 20
    assert store.reads == [("Device", frozenset({"d1", "d2"}))]


async def test_a_read_that_failed_is_done_again(start: Start) -> None:
    store = Counting(await start(device()))
    [happening] = Happenings(whole(store), [change(procedure(id="a"))])
    store.away = True
    with pytest.raises(StoreUnavailable):
        await happening.meets(LOT)
    store.away = False
    assert await happening.meets(LOT)


async def test_who_waits_no_longer_leaves_the_others_alone(start: Start) -> None:
    store = Counting(await start(device()))
    [happening] = Happenings(whole(store), [change(procedure(id="a"))])
    first, second = (asyncio.create_task(happening.meets(LOT)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert await second
    assert len(store.reads) == 1


async def test_a_deletion_is_what_was_there_before(start: Start) -> None:
    product = await start(device(), procedure(id="a"))
    await product.store.write([Write("Procedure", "a", None)])
    [happening] = Happenings(product.store, [change(None, version=2)])
    assert await happening.meets(LOT)
    assert not await happening.meets(Eq("status", "stopped"))


async def test_a_deletion_of_what_is_erased_meets_nothing(start: Start) -> None:
    product = await start()
    [happening] = Happenings(product.store, [change(None, version=2)])
    assert not await happening.meets(LOT)


async def test_the_store_is_asked_what_only_it_knows(start: Start) -> None:
    product = await start(patient(), procedure(id="a"))
    happenings = Happenings(
        product.store,
        [Change("1", Version("Patient", id_, 1, "", "", "create", patient(id=id_))) for id_ in ("p1", "x")],
    )
    operated = Referenced("Procedure", "patient", Eq("status", "completed"), ("Patient/",))
    assert [await each.meets(operated) for each in happenings] == [True, False]


async def test_what_was_told_is_freed_without_a_search_for_garbage(start: Start) -> None:
    product = await start(device(), procedure(id="a"))
    await product.store.write([Write("Procedure", "a", None)])
    gc.disable()
    try:
        happenings = Happenings(product.store, [change(procedure(id="a")), change(None, version=2)])
        for each in happenings:
            assert await each.meets(LOT)
        seen = weakref.ref(happenings)
        del happenings, each
        await asyncio.sleep(0)
        assert seen() is None
    finally:
        gc.enable()
