"""Deleted and erased resources, for what a store joins: they count for nothing and refer to nothing, and what refers to
them is still there."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import pytest

from app.search.algebra import And, Facet, Search
from tests.store.kinds import JOINING
from tests.store.toy import deletion, device, named, procedure, refers, write

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from app.store.repository import Repository

Removal: TypeAlias = "Callable[[Repository, str, str], Awaitable[object]]"

REMOVALS: tuple[Removal, ...] = (
    lambda store, type_name, id_: store.write([deletion(type_name, id_)]),
    lambda store, type_name, id_: store.erase(type_name, [id_]),
)

pytestmark = [
    pytest.mark.parametrize("open_store", JOINING, indirect=True),
    pytest.mark.parametrize("remove", REMOVALS, ids=["deleted", "erased"]),
]


async def test_what_is_gone_counts_under_no_text(store: Repository, remove: Removal) -> None:
    await store.write([write("p1", named("A")), write("p2", named("A"))])
    await remove(store, "Patient", "p1")
    [tally] = await store.tally("Patient", And(), [Facet("family")])
    assert tally.counts == {"A": 1}


async def test_what_refers_to_something_gone_is_still_there(store: Repository, remove: Removal) -> None:
    await store.write([write("p1", named("A")), write("x", procedure(subject=refers("Patient/p1")))])
    await remove(store, "Patient", "p1")
    [page] = await store.related("Procedure", "patient", [("Patient/p1",)], Search())
    assert [row.resource["id"] for row in page.rows] == ["x"]
    assert list(await store.count_related("Procedure", "patient", [("Patient/p1",)], And())) == [1]


async def test_what_is_gone_refers_to_nothing(store: Repository, remove: Removal) -> None:
    await store.write([write("d1", device("L1")), write("x", procedure(None, "Device/d1"))])
    await remove(store, "Procedure", "x")
    [page] = await store.related("Procedure", "device", [("Device/d1",)], Search())
    assert list(page.rows) == []
    assert list(await store.count_related("Procedure", "device", [("Device/d1",)], And())) == [0]
