"""Restoring into MongoDB, and erasing from it, where somebody else writes or something was left half done."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from app.errors import DuplicateKey
from app.search.algebra import Eq
from app.store.mongo import restoring
from app.store.mongo.documents import kept
from app.store.repository import Head, Version
from tests.store.clock import noon
from tests.store.toy import named, write

if TYPE_CHECKING:
    from app.store.mongo import MongoStore

pytestmark = pytest.mark.parametrize("open_store", ["secantusdb", "mongodb"], indirect=True)


@pytest.fixture
def database(store: Any) -> Any:
    return store._running().collections.database


def history(id: str, *families: str, keys: tuple[str, ...] = ()) -> list[Version]:  # noqa: A002 - FHIR's word
    """The versions of a patient, one for each name."""
    found = []
    for number, family in enumerate(families, 1):
        meta = {"versionId": str(number), "lastUpdated": noon(number)}
        resource = {"resourceType": "Patient", "id": id, "meta": meta, **named(family)}
        found.append(Version("Patient", id, number, noon(number), "", "create" if number == 1 else "update", resource))
    return [*found[:-1], replace(found[-1], keys=keys)]


async def test_keys_are_restored_with_the_last_version(store: MongoStore) -> None:
    assert await store.restore([history("p1", "A", "B", keys=("k1", "k2"))]) == 1
    assert await store.restore([history("p1", "A", "B", keys=("k2", "k1"))]) == 0
    assert await store.restore([history("p1", "A", "B", keys=("k2",))]) == 1
    with pytest.raises(DuplicateKey):
        await store.write([write("p2", named("C"), keys=("k2",))])


@pytest.mark.parametrize("families", [(), ("X",)], ids=["new", "replaced"])
async def test_a_key_of_another_resource_is_told(store: MongoStore, families: tuple[str, ...]) -> None:
    await store.write([write("p1", named("A"), keys=("k1",)), *(write("p2", named(family)) for family in families)])
    with pytest.raises(DuplicateKey) as raised:
        await store.restore([history("p2", "B", keys=("k1",))])
    assert raised.value.place == "Patient/p1"


async def test_what_was_interrupted_is_done_when_it_is_repeated(store: MongoStore, database: Any) -> None:
    wanted = history("p1", "A", "B", "C")
    await database["Patient.history"].insert_one(kept(wanted[0]))
    assert await store.restore([wanted]) == 1
    assert await store.histories("Patient", "", 10) == [wanted]
    await database["Patient.history"].delete_one({"_id": {"id": "p1", "version": 2}})
    assert await store.restore([wanted]) == 1
    assert await store.histories("Patient", "", 10) == [wanted]


@pytest.mark.parametrize("before", [(), ("X",)], ids=["new", "replaced"])
async def test_what_is_written_while_it_is_restored_is_seen(
    store: MongoStore, monkeypatch: pytest.MonkeyPatch, before: tuple[str, ...]
) -> None:
    for family in before:
        await store.write([write("p1", named(family))])
    original, between = restoring._there, [write("p1", named("Y"))]

    async def there(*arguments: Any) -> Any:
        found = await original(*arguments)
        if between:
            await store.write([between.pop()])
        return found

    monkeypatch.setattr(restoring, "_there", there)
    assert await store.restore([history("p1", "A", "B")]) == 1
    assert await store.histories("Patient", "", 10) == [history("p1", "A", "B")]
    assert await store.count("Patient", Eq("family", "Y")) == 0


async def test_erasure_takes_what_an_unfinished_write_has_left(store: MongoStore, database: Any) -> None:
    await database["Patient.history"].insert_one(kept(history("p1", "A")[0]))
    assert await store.erase("Patient", ["p1"]) == 0
    assert await database["Patient.history"].count_documents({}) == 0


async def test_erasure_leaves_what_begins_with_the_same_letters(store: MongoStore) -> None:
    for id_ in ("p", "p1", "p10", "p2"):
        await store.write([write(id_, named("A")), write(id_, named("B"))])
    assert await store.erase("Patient", ["p1"]) == 1
    assert await store.heads("Patient", ["p", "p1", "p10", "p2"]) == dict.fromkeys(
        ["p", "p10", "p2"], Head(2, deleted=False)
    )
    for id_ in ("p", "p10", "p2"):
        assert [each.version for each in await store.history("Patient", id_, 10)] == [2, 1]
