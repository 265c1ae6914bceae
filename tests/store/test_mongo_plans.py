"""Every query shape of every parameter is served by an index of a real MongoDB, as it explains itself."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from motor.motor_asyncio import AsyncIOMotorClient

from app.search.algebra import SortKey
from app.search.index import search_index
from app.store import keyset
from app.store.mongo import MongoStore
from app.store.mongo.filters import mongo_filter
from app.store.mongo.indexes import indexes
from app.store.mongo.links import CURRENT, Matched
from app.store.mongo.searching import pipeline
from tests.store.test_mongo_indexes import forms
from tests.store.toy import write

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

INDEX = search_index()


@pytest.fixture
async def database() -> AsyncIterator[Any]:
    """A database of its own with a collection for each type, so that each has its indexes."""
    if "MONGODB_URI" not in os.environ:
        pytest.skip("MONGODB_URI is not set, and no other store explains its plans as MongoDB does")
    client: AsyncIOMotorClient[Any] = AsyncIOMotorClient(os.environ["MONGODB_URI"])
    name = f"dmi_test_{uuid4().hex}"
    store = MongoStore(client[name], INDEX)
    try:
        await store.open()
        await store.write([write("x", {"resourceType": type_name}) for type_name in INDEX.parameters])
        yield client[name]
        await store.close()
        await client.drop_database(name)
    finally:
        client.close()


async def test_no_filter_reads_a_whole_collection(database: Any, subtests: pytest.Subtests) -> None:
    for type_name, parameters in INDEX.parameters.items():
        for parameter, kept in parameters.items():
            for leaf in forms(parameter, kept):
                with subtests.test(type=type_name, leaf=str(leaf)):
                    # Without "not deleted", which every question has, and which alone takes an index.
                    find = {"find": type_name, "filter": mongo_filter(leaf, parameters)}
                    plan = await database.command("explain", find)
                    assert "COLLSCAN" not in set(stages(plan))


async def test_no_sort_that_has_an_index_is_done_in_memory(database: Any, subtests: pytest.Subtests) -> None:
    for type_name, parameters in INDEX.parameters.items():
        there = {next(iter(index.document["key"].items())) for index in indexes(parameters)}
        for field, direction in there:
            if field.startswith("sort."):
                sort = (SortKey(field.removeprefix("sort."), descending=direction < 0),)
                with subtests.test(type=type_name, sort=sort):
                    for segment in keyset.segments(sort):
                        asked = pipeline(Matched(CURRENT), segment, backwards=False, skip=0, limit=10)
                        command = {"aggregate": type_name, "pipeline": asked, "cursor": {}}
                        assert not {"COLLSCAN", "SORT"} & set(stages(await database.command("explain", command)))


def stages(plan: Any) -> Iterator[str]:
    """The names of the stages of a plan that was chosen, wherever they are in it."""
    if isinstance(plan, dict):
        if isinstance(plan.get("stage"), str):
            yield plan["stage"]
        for name, part in plan.items():
            if name != "rejectedPlans":
                yield from stages(part)
    elif isinstance(plan, list):
        for part in plan:
            yield from stages(part)
