from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.store.repository import Write
from app.upkeep.copying import Compared, copy
from app.upkeep.snapshot import BATCH
from tests.builders import patient

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.store.sqlite import SqliteStore
    from tests.unit.upkeep.conftest import NewStore


async def copied(source: SqliteStore, target: SqliteStore) -> Compared:
    return [each async for each in copy(source, target, "Patient")][-1]


async def test_a_copy_has_all_versions_also_of_deleted_ones_and_the_same_hash(
    store: SqliteStore, new_store: NewStore, put: Callable[..., Any]
) -> None:
    await put(patient(id="a"), patient(id="a", gender="female"), keys=("k",))
    await put(patient(id="b"))
    await store.write([Write("Patient", "b", None)])
    target = await new_store()
    first = await copied(store, target)
    assert (first.resources, first.copied, first.foreign) == (2, 2, 0)
    assert await target.histories("Patient", "", 10) == await store.histories("Patient", "", 10)
    assert (await copied(target, await new_store())).hash.digest() == first.hash.digest()


async def test_a_copy_that_was_interrupted_goes_on(
    store: SqliteStore, new_store: NewStore, put: Callable[..., Any]
) -> None:
    await put(*(patient(id=f"p{number:04}") for number in range(2 * BATCH + 3)))
    target = await new_store()
    async for _ in copy(store, target, "Patient"):
        break
    assert 0 < len(await target.histories("Patient", "", 10 * BATCH)) < 2 * BATCH + 3
    await copied(store, target)
    assert (await copied(store, target)).copied == 0
    assert len(await target.histories("Patient", "", 10 * BATCH)) == 2 * BATCH + 3


async def test_what_changed_in_the_first_store_since_is_copied_again(
    store: SqliteStore, new_store: NewStore, put: Callable[..., Any]
) -> None:
    await put(*(patient(id=id_) for id_ in "abc"))
    target = await new_store()
    await copied(store, target)
    await put(patient(id="b", gender="female"))
    assert (await copied(store, target)).copied == 1
    assert await target.histories("Patient", "", 10) == await store.histories("Patient", "", 10)


async def test_what_only_the_second_store_has_is_counted_and_stays(
    store: SqliteStore, new_store: NewStore, put: Callable[..., Any]
) -> None:
    await put(patient(id="b"))
    target = await new_store()
    await target.write([Write("Patient", id_, patient(id=id_)) for id_ in "acd"])
    compared = await copied(store, target)
    assert (compared.copied, compared.foreign) == (1, 3)
    assert list(await target.heads("Patient", list("abcd"))) == list("abcd")


async def test_nothing_is_copied_from_an_empty_store(store: SqliteStore, new_store: NewStore) -> None:
    compared = await copied(store, await new_store())
    assert (compared.resources, compared.copied, compared.foreign) == (0, 0, 0)
