"""Deleted resources: gone from every reading and search, kept in the history, and made again by a write."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from app.errors import VersionConflict
from app.search.algebra import And, Eq, Missing, Not, Search, SortKey
from app.store.repository import Head, Stored
from tests.store.kinds import STORES
from tests.store.toy import deletion, named, patient, procedure, refers, write

if TYPE_CHECKING:
    from app.store.repository import Repository

pytestmark = pytest.mark.parametrize("open_store", STORES, indirect=True)

P1 = deletion("Patient", "p1")


async def test_a_deletion_is_the_next_version(store: Repository) -> None:
    await store.write([write("p1", named("A"))])
    assert list(await store.write([P1])) == [Stored(None, 2)]
    version = await store.version("Patient", "p1")
    assert version is not None
    assert (version.version, version.operation, version.resource) == (2, "delete", None)


async def test_a_deletion_has_an_author(store: Repository) -> None:
    await store.write([write("p1", named("A"), author="Dr. Grey")])
    await store.write([deletion("Patient", "p1", author="Dr. House")])
    assert [each.author for each in await store.history("Patient", "p1", 10)] == ["Dr. House", "Dr. Grey"]


async def test_a_deleted_resource_is_in_no_reading_and_no_search(store: Repository) -> None:
    await store.write([write("p1", named("A")), write("p2", named("A"))])
    await store.write([P1])
    assert set(await store.read("Patient", ["p1", "p2"])) == {"p2"}
    for wanted in (And(), Eq("family", "A"), Missing("birthdate"), Not(Eq("family", "B")), Eq("_id", "p1")):
        page = await store.search("Patient", Search(wanted, (SortKey("family"),)))
        expected = [] if wanted == Eq("_id", "p1") else ["p2"]
        assert [row.resource["id"] for row in page.rows] == expected
        assert await store.count("Patient", wanted) == len(expected)


async def test_what_was_never_there_is_not_deleted(store: Repository) -> None:
    assert list(await store.write([P1])) == [Stored(None, 0, changed=False)]
    assert await store.heads("Patient", ["p1"]) == {}


async def test_what_is_only_referred_to_is_not_deleted(store: Repository) -> None:
    await store.write([write("x", procedure(subject=refers("Patient/p1")))])
    assert list(await store.write([P1])) == [Stored(None, 0, changed=False)]
    assert await store.version("Patient", "p1") is None


async def test_what_is_deleted_already_is_not_deleted_again(store: Repository) -> None:
    await store.write([write("p1", named("A"))])
    await store.write([P1])
    assert list(await store.write([P1])) == [Stored(None, 2, changed=False)]
    assert len(await store.history("Patient", "p1", 10)) == 2


async def test_a_deleted_resource_is_made_again_by_a_write_even_of_the_same_content(store: Repository) -> None:
    await store.write([write("p1", named("A"))])
    await store.write([P1])
    [stored] = await store.write([write("p1", named("A"))])
    assert (stored.version, stored.changed) == (3, True)
    assert await store.heads("Patient", ["p1"]) == {"p1": Head(3, deleted=False)}
    assert await store.count("Patient", Eq("family", "A")) == 1
    assert (await store.read("Patient", ["p1"]))["p1"]["meta"]["versionId"] == "3"


@pytest.mark.parametrize("expected", [0, 2, None])
async def test_a_write_may_expect_that_it_is_deleted(store: Repository, expected: int | None) -> None:
    await store.write([write("p1", named("A"))])
    await store.write([P1])
    [stored] = await store.write([write("p1", named("B"), expected=expected)])
    assert stored.version == 3


@pytest.mark.parametrize("expected", [1, 3])
async def test_a_write_over_another_version_of_what_is_deleted_is_a_conflict(store: Repository, expected: int) -> None:
    await store.write([write("p1", named("A"))])
    await store.write([P1])
    with pytest.raises(VersionConflict) as raised:
        await store.write([write("p1", named("B"), expected=expected)])
    assert raised.value.current == 2


@pytest.mark.parametrize("expected", [0, 2])
async def test_the_deletion_of_another_version_is_a_conflict_and_deletes_nothing(
    store: Repository, expected: int
) -> None:
    await store.write([write("p1", named("A"))])
    with pytest.raises(VersionConflict) as raised:
        await store.write([deletion("Patient", "p1", expected=expected)])
    assert raised.value.current == 1
    assert set(await store.read("Patient", ["p1"])) == {"p1"}


async def test_the_deletion_of_a_version_of_nothing_is_a_conflict(store: Repository) -> None:
    with pytest.raises(VersionConflict) as raised:
        await store.write([deletion("Patient", "p1", expected=1)])
    assert raised.value.current == 0


async def test_writes_and_deletions_of_one_resource_are_kept_in_their_order(store: Repository) -> None:
    stored = await store.write([write("p1", named("A")), P1, write("p1", named("B")), P1, P1, write("p1", named("C"))])
    assert [(each.version, each.changed) for each in stored] == [
        (1, True),
        (2, True),
        (3, True),
        (4, True),
        (4, False),
        (5, True),
    ]
    assert await store.count("Patient", And()) == 1
    assert await store.count("Patient", Eq("family", "C")) == 1


async def test_of_racing_deletions_and_updates_of_one_version_one_wins(store: Repository) -> None:
    await store.write([write("p1", patient(active=True))])
    outcomes = await asyncio.gather(
        *(store.write([deletion("Patient", "p1", expected=1)]) for _ in range(10)),
        *(store.write([write("p1", named(f"N{number}"), expected=1)]) for number in range(10)),
        return_exceptions=True,
    )
    [[winner]] = [each for each in outcomes if not isinstance(each, BaseException)]
    assert winner.version == 2
    assert await store.heads("Patient", ["p1"]) == {"p1": Head(2, deleted=winner.resource is None)}
