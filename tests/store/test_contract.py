"""The rest of the contract: readiness, closing, several stores on one place."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from app.errors import StoreUnavailable
from app.search.algebra import And, Eq, Facet, Search, SearchValues
from app.store.repository import Version
from tests.store.kinds import LASTING
from tests.store.toy import INDEX, Document, named, values, write

if TYPE_CHECKING:
    from app.store.repository import Repository
    from tests.store.conftest import Opened


async def test_an_open_store_is_ready(store: Repository) -> None:
    await store.ready()


async def test_a_closed_store_says_so(store: Repository) -> None:
    await store.close()
    for request in (
        store.ready(),
        store.read("Patient", ["p1"]),
        store.search("Patient", Search()),
        store.count("Patient", And()),
        store.related("Patient", "organization", [("Organization/1",)], Search()),
        store.count_related("Patient", "organization", [("Organization/1",)], And()),
        store.tally("Patient", And(), [Facet("family")]),
        store.indexes(),
        store.drop_stale(),
        store.write([write("p1", named("A"))]),
        store.write([write("p1", named("A")), write("p2", named("A"))], together=True),
        store.heads("Patient", ["p1"]),
        store.version("Patient", "p1"),
        store.history("Patient", "p1", 10),
        store.histories("Patient", "", 10),
        store.restore([[Version("Patient", "p1", 1, "", "", "create", named("A"))]]),
        store.erase("Patient", ["p1"]),
        store.inspect("Patient", "", 10),
        store.repair("Patient", ["p1"]),
        store.reserve("name", "me", 10),
        store.settle("name", "me", "answer"),
    ):
        with pytest.raises(StoreUnavailable, match="closed"):
            await request


async def test_a_store_may_be_closed_twice(store: Repository) -> None:
    await store.close()
    await store.close()


@pytest.mark.parametrize("open_store", LASTING, indirect=True)
async def test_two_stores_on_one_place_see_each_others_writes(open_store: Opened) -> None:
    one, other = await open_store(), await open_store()
    await one.write([write("p1", named("A"))])
    await other.write([write("p1", named("B"), expected=1)])
    assert (await one.read("Patient", ["p1"]))["p1"]["name"] == [{"family": "B"}]


@pytest.mark.parametrize("open_store", LASTING, indirect=True)
async def test_two_stores_that_write_at_the_same_time_lose_nothing(open_store: Opened) -> None:
    one, other = await open_store(), await open_store()
    await asyncio.gather(
        *(one.write([write(f"a{number}", named("A"))]) for number in range(30)),
        *(other.write([write(f"b{number}", named("B"))]) for number in range(30)),
        *(store.write([write("shared", named(f"N{id(store)}"))]) for store in (one, other)),
    )
    assert await one.count("Patient", And()) == 61
    assert (await other.read("Patient", ["shared"]))["shared"]["meta"]["versionId"] == "2"


def backwards(resource: Document) -> SearchValues:
    """The values of another release: a name is found by its letters in reverse."""
    return values({**resource, "name": [{"family": name["family"][::-1]} for name in resource.get("name", [])]})


@pytest.mark.parametrize("open_store", LASTING, indirect=True)
async def test_search_values_of_another_index_are_rebuilt_when_the_store_is_opened(open_store: Opened) -> None:
    first = await open_store()
    await first.write([write(f"p{number}", named("abc")) for number in range(220)])
    await first.close()
    again = await open_store(replace(INDEX, version="2", values=backwards))
    assert await again.count("Patient", Eq("family", "cba")) == 220
    assert await again.count("Patient", Eq("family", "abc")) == 0


@pytest.mark.parametrize("open_store", LASTING, indirect=True)
async def test_what_an_interrupted_rebuild_has_left_is_done_when_the_store_is_opened_again(open_store: Opened) -> None:
    first = await open_store()
    await first.write([write(f"p{number}", named("abc")) for number in range(220)])
    await first.close()
    budget = iter(range(210))

    def failing(resource: Document) -> SearchValues:
        if next(budget, None) is None:
            raise RuntimeError
        return backwards(resource)

    with pytest.raises(RuntimeError):
        await open_store(replace(INDEX, version="2", values=failing))
    again = await open_store(replace(INDEX, version="2", values=backwards))
    assert await again.count("Patient", Eq("family", "cba")) == 220


@pytest.mark.parametrize("open_store", LASTING, indirect=True)
async def test_a_parameter_that_is_new_in_an_index_is_found_at_once(open_store: Opened) -> None:
    without = {**INDEX.parameters, "Patient": {"active": INDEX.parameters["Patient"]["active"]}}
    first = await open_store(replace(INDEX, parameters=without, values=lambda _: SearchValues({}, {}, {})))
    await first.write([write("p1", named("A"))])
    await first.close()
    again = await open_store(replace(INDEX, version="2"))
    assert await again.count("Patient", Eq("family", "A")) == 1


async def test_an_error_in_the_index_fails_its_own_write_only(open_store: Opened) -> None:
    def broken(resource: Document) -> SearchValues:
        if resource["id"] == "bad":
            raise RuntimeError
        return values(resource)

    store = await open_store(replace(INDEX, values=broken))
    outcomes = await asyncio.gather(
        *(store.write([write(name, named("A"))]) for name in ("p1", "bad", "p2")), return_exceptions=True
    )
    assert [isinstance(outcome, RuntimeError) for outcome in outcomes] == [False, True, False]
    assert set(await store.read("Patient", ["p1", "bad", "p2"])) == {"p1", "p2"}


async def test_a_request_that_is_given_up_leaves_the_store_usable(store: Repository) -> None:
    await store.write([write(f"p{number}", named("A")) for number in range(100)])
    for _ in range(20):
        requests = [
            asyncio.ensure_future(store.search("Patient", Search(count=100))),
            asyncio.ensure_future(store.write([write("q", named("B"))])),
        ]
        await asyncio.sleep(0)
        for request in requests:
            request.cancel()
        await asyncio.gather(*requests, return_exceptions=True)
    assert await store.count("Patient", Eq("family", "A")) == 100
