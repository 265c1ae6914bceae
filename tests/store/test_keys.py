"""Keys: texts that no two current resources have, in every store that can tell."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from app.errors import DuplicateKey, VersionConflict
from app.search.algebra import And
from tests.store.kinds import KEYING
from tests.store.toy import deletion, device, named, write

if TYPE_CHECKING:
    from app.store.repository import Repository

pytestmark = pytest.mark.parametrize("open_store", KEYING, indirect=True)


async def test_a_key_of_another_resource_is_refused_and_its_holder_named(store: Repository) -> None:
    await store.write([write("p1", named("A"), keys=("k1", "k2"))])
    with pytest.raises(DuplicateKey) as raised:
        await store.write([write("p2", named("B"), keys=("k3", "k2"))])
    assert raised.value.place == "Patient/p1"
    assert await store.read("Patient", ["p2"]) == {}
    assert await store.heads("Patient", ["p2"]) == {}


async def test_a_refused_write_takes_no_key(store: Repository) -> None:
    await store.write([write("p1", named("A"), keys=("k1",))])
    with pytest.raises(DuplicateKey):
        await store.write([write("p2", named("B"), keys=("k2", "k1"))])
    [stored] = await store.write([write("p3", named("C"), keys=("k2",))])
    assert stored.version == 1


async def test_a_key_is_one_among_resources_of_all_types(store: Repository, request: pytest.FixtureRequest) -> None:
    if "sqlite" not in request.node.callspec.params["open_store"]:
        pytest.skip("an index of MongoDB sees the collection of one type; keys begin with their type")
    await store.write([write("p1", named("A"), keys=("k1",))])
    with pytest.raises(DuplicateKey) as raised:
        await store.write([write("d1", device("L1"), keys=("k1",))])
    assert raised.value.place == "Patient/p1"


async def test_keys_that_differ_in_a_letter_are_different(store: Repository) -> None:
    keys = ("k", "K", "k ", "", "é", "e\u0301", "k\u0000", "k|1", "$k.1")
    stored = await store.write([write(f"p{place}", named("A"), keys=(key,)) for place, key in enumerate(keys)])
    assert [each.version for each in stored] == [1] * len(keys)


async def test_a_resource_keeps_its_own_keys(store: Repository) -> None:
    await store.write([write("p1", named("A"), keys=("k1",))])
    [stored] = await store.write([write("p1", named("B"), keys=("k1", "k1", "k2"))])
    assert stored.version == 2


async def test_a_resource_has_the_keys_of_its_last_write_only(store: Repository) -> None:
    await store.write([write("p1", named("A"), keys=("k1",))])
    await store.write([write("p1", named("B"), keys=("k2",))])
    [stored] = await store.write([write("p2", named("C"), keys=("k1",))])
    assert stored.version == 1
    with pytest.raises(DuplicateKey):
        await store.write([write("p3", named("C"), keys=("k2",))])


async def test_an_equal_resource_gets_the_keys_of_its_last_write_too(store: Repository) -> None:
    await store.write([write("p1", named("A"))])
    [stored] = await store.write([write("p1", named("A"), keys=("k1",))])
    assert (stored.version, stored.changed) == (1, False)
    with pytest.raises(DuplicateKey):
        await store.write([write("p2", named("A"), keys=("k1",))])


async def test_a_deletion_lets_go_of_the_keys(store: Repository) -> None:
    await store.write([write("p1", named("A"), keys=("k1",))])
    await store.write([deletion("Patient", "p1")])
    [stored] = await store.write([write("p2", named("B"), keys=("k1",))])
    assert stored.version == 1
    with pytest.raises(DuplicateKey) as raised:
        await store.write([write("p1", named("A"), keys=("k1",))])
    assert raised.value.place == "Patient/p2"


async def test_a_stale_version_is_told_before_a_key(store: Repository) -> None:
    await store.write([write("p1", named("A"), keys=("k1",)), write("p2", named("A"))])
    with pytest.raises(VersionConflict):
        await store.write([write("p2", named("B"), expected=7, keys=("k1",))])


async def test_the_current_version_tells_its_keys(store: Repository) -> None:
    await store.write([write("p1", named("A"), keys=("k1", "k2"))])
    await store.write([write("p1", named("B"), keys=("k3", "k2"))])
    [history] = await store.histories("Patient", "", 10)
    assert [sorted(version.keys) for version in history] == [[], ["k2", "k3"]]
    current = await store.version("Patient", "p1")
    assert current is not None
    assert sorted(current.keys) == ["k2", "k3"]


async def test_keys_are_restored_with_their_resource(store: Repository) -> None:
    await store.write([write("p1", named("A"), keys=("k1",))])
    [history] = await store.histories("Patient", "", 10)
    await store.write([write("p1", named("A"), keys=("k2",))])
    assert await store.restore([history]) == 1
    assert await store.restore([history]) == 0
    assert list(await store.histories("Patient", "", 10)) == [history]
    await store.write([write("p2", named("B"), keys=("k2",))])
    with pytest.raises(DuplicateKey):
        await store.write([write("p3", named("B"), keys=("k1",))])


async def test_a_history_with_a_key_of_another_resource_is_not_restored(store: Repository) -> None:
    await store.write([write("p1", named("A"), keys=("k1",))])
    [[version]] = await store.histories("Patient", "", 10)
    assert version.resource is not None
    await store.erase("Patient", ["p1"])
    await store.write([write("p2", named("B"), keys=("k1",))])
    with pytest.raises(DuplicateKey) as raised:
        await store.restore([[version]])
    assert raised.value.place == "Patient/p2"
    assert await store.read("Patient", ["p1"]) == {}


async def test_an_erasure_lets_go_of_the_keys(store: Repository) -> None:
    await store.write([write("p1", named("A"), keys=("k1",))])
    await store.erase("Patient", ["p1"])
    [stored] = await store.write([write("p2", named("B"), keys=("k1",))])
    assert stored.version == 1


@pytest.mark.parametrize("first", ["p1", "p2"])
async def test_two_that_are_written_together_may_change_keys(store: Repository, first: str) -> None:
    await store.write([write("p1", named("A"), keys=("k1",)), write("p2", named("A"), keys=("k2",))])
    changed = [write("p1", named("B"), keys=("k2",)), write("p2", named("A"), keys=("k1",))]
    await store.write(changed if first == "p1" else changed[::-1], together=True)
    histories = await store.histories("Patient", "", 10)
    assert [(history[-1].version, history[-1].keys) for history in histories] == [(2, ("k2",)), (1, ("k1",))]


@pytest.mark.parametrize("last", ["deletion", "update", "unchanged"])
async def test_a_key_that_is_free_when_all_is_written_may_be_taken_before(store: Repository, last: str) -> None:
    await store.write([write("p1", named("A"), keys=("k1",))])
    freeing = {
        "deletion": deletion("Patient", "p1"),
        "update": write("p1", named("B"), keys=("k2",)),
        "unchanged": write("p1", named("A")),
    }
    await store.write([write("p2", named("B"), expected=0, keys=("k1",)), freeing[last]], together=True)
    taken = await store.version("Patient", "p2")
    assert taken is not None
    assert taken.keys == ("k1",)


async def test_a_key_that_stays_with_one_that_is_written_is_not_free(store: Repository) -> None:
    await store.write([write("p1", named("A"), keys=("k1",)), write("p2", named("A"), keys=("k2",))])
    for kept in (write("p1", named("A"), keys=("k1",)), write("p1", named("B"), keys=("k1", "k3"))):
        with pytest.raises(DuplicateKey):
            await store.write([kept, write("p2", named("B"), keys=("k1",))], together=True)
    histories = await store.histories("Patient", "", 10)
    assert [(len(history), history[-1].keys) for history in histories] == [(1, ("k1",)), (1, ("k2",))]


async def test_of_fifty_racing_creations_with_one_key_one_wins(store: Repository) -> None:
    outcomes = await asyncio.gather(
        *(store.write([write(f"p{number}", named("A"), expected=0, keys=("k1",))]) for number in range(50)),
        return_exceptions=True,
    )
    assert sorted(type(each).__name__ for each in outcomes if isinstance(each, Exception)) == ["DuplicateKey"] * 49
    assert await store.count("Patient", And()) == 1
    [winner] = await store.histories("Patient", "", 10)
    places = {each.place for each in outcomes if isinstance(each, DuplicateKey)}
    assert places == {f"Patient/{winner[0].id}"}


async def test_keys_of_many_resources_are_no_flaws(store: Repository) -> None:
    patients = [
        write(f"p{number}", named("A"), keys=tuple(f"Patient {number} {key}" for key in range(3)))
        for number in range(90)
    ]
    await store.write(patients)
    _, found = await store.inspect("Patient", "", 200)
    assert list(found) == []
