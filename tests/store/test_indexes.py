"""The indexes of every store, as it tells them itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.search.algebra import And
from tests.store.kinds import LASTING
from tests.store.toy import device, named, write

if TYPE_CHECKING:
    from app.store.repository import Repository
    from tests.store.conftest import Opened


@pytest.fixture
async def filled(store: Repository) -> Repository:
    await store.write([write("p1", named("A")), write("d1", device("L1"))])
    return store


async def test_an_open_store_has_the_indexes_it_needs(filled: Repository) -> None:
    found = await filled.indexes()
    assert found
    assert {index.state for index in found} == {"present"}


async def test_each_index_is_listed_once_by_place_and_name(filled: Repository) -> None:
    found = [(index.place, index.name) for index in await filled.indexes()]
    assert found == sorted(set(found))


async def test_nothing_is_stale_where_one_release_has_been_at_work(filled: Repository) -> None:
    before = await filled.indexes()
    assert list(await filled.drop_stale()) == []
    assert await filled.indexes() == before
    assert await filled.count("Patient", And()) == 1


@pytest.mark.parametrize("open_store", LASTING, indirect=True)
async def test_the_names_of_indexes_stay_the_same(open_store: Opened) -> None:
    first = await open_store()
    await first.write([write("p1", named("A"))])
    before = await first.indexes()
    await first.close()
    assert await (await open_store()).indexes() == before
