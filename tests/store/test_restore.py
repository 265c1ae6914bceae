"""Whole histories, moved from one store to another; in every store."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from app.search.algebra import And, Eq, Linked, Range
from app.store.repository import Head, Version
from app.store.sqlite import SqliteStore
from tests.store.clock import Clock, noon
from tests.store.kinds import APART, KEEPING
from tests.store.toy import INDEX, Document, deletion, named, patient, refers, write

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from app.store.repository import Operation, Repository

pytestmark = pytest.mark.parametrize("open_store", [*KEEPING, APART], indirect=True)


@pytest.fixture
async def source() -> AsyncIterator[Repository]:
    """Another store, with an updated patient, a deleted one, and one made again."""
    other = SqliteStore(None, INDEX, clock=Clock())
    await other.open()
    doctor = [refers("Practitioner/1")]
    await other.write([write("p1", patient(multiple=[Decimal("1.50")], generalPractitioner=doctor), author="Grey")])
    await other.write([write("p1", named("A"), author="House")])
    await other.write([write("p2", named("A")), deletion("Patient", "p2", author="Wilson")])
    await other.write([write("p3", named("B")), deletion("Patient", "p3"), write("p3", named("C"), author="Cuddy")])
    yield other
    await other.close()


def version(number: int, resource: Document | None, at: str = noon()) -> Version:
    """A version of patient p1."""
    stamp = {"versionId": str(number), "lastUpdated": at}
    kept = {"resourceType": "Patient", "id": "p1", "meta": stamp, **resource} if resource is not None else None
    operation: Operation = "delete" if kept is None else "create" if number == 1 else "update"
    return Version("Patient", "p1", number, at, "Grey", operation, kept)


async def everything(store: Repository) -> Sequence[Sequence[Version]]:
    """All histories of patients."""
    return [list(history) for history in await store.histories("Patient", "", 100)]


async def test_histories_are_kept_as_they_were_read(store: Repository, source: Repository) -> None:
    histories = await everything(source)
    assert await store.restore(histories) == 3
    assert await everything(store) == histories
    assert str((await everything(store))[0][0].resource["multiple"][0]) == "1.50"  # type: ignore[index]


async def test_what_is_restored_is_read_and_found(store: Repository, source: Repository) -> None:
    await store.restore(await everything(source))
    assert await store.read("Patient", ["p1", "p2", "p3"]) == await source.read("Patient", ["p1", "p2", "p3"])
    assert await store.heads("Patient", ["p1", "p2", "p3"]) == {
        "p1": Head(2, deleted=False),
        "p2": Head(2, deleted=True),
        "p3": Head(3, deleted=False),
    }
    assert await store.count("Patient", And()) == 2
    assert await store.count("Patient", Eq("family", "A")) == 1
    assert await store.count("Patient", Eq("general-practitioner", "Practitioner/1")) == 0


async def test_what_is_there_already_is_left_as_it_is(store: Repository, source: Repository) -> None:
    histories = await everything(source)
    await store.restore(histories[:2])
    assert await store.restore(histories) == 1
    assert await store.restore(histories) == 0
    assert await everything(store) == histories
    assert await store.count("Patient", Eq("family", "A")) == 1


async def test_a_history_takes_the_place_of_another(store: Repository, source: Repository) -> None:
    for family in ("X", "Y", "Z"):
        await store.write([write("p1", named(family))])
    await store.write([write("p2", named("X"))])
    histories = await everything(source)
    assert await store.restore(histories) == 3
    assert await everything(store) == histories
    assert await store.count("Patient", Eq("family", "Z")) == 0
    assert await store.count("Patient", Eq("family", "X")) == 0


async def test_histories_that_go_on_are_restored_to_their_end(store: Repository, source: Repository) -> None:
    await store.restore(await everything(source))
    await source.write([write("p1", named("D"))])
    await source.write([deletion("Patient", "p3")])
    assert await store.restore(await everything(source)) == 2
    assert await everything(store) == await everything(source)


@pytest.mark.parametrize(
    "changed",
    [
        {"author": "somebody else"},
        {"at": noon(1)},
    ],
)
async def test_a_version_of_another_author_or_time_is_another(store: Repository, changed: dict[str, str]) -> None:
    history = [version(1, {}), version(2, {"active": True}, noon(9))]
    await store.restore([history])
    other = [replace(history[0], **changed), history[1]]  # type: ignore[arg-type]
    assert await store.restore([other]) == 1
    assert await everything(store) == [other]


async def test_digits_of_a_decimal_are_other_words(store: Repository) -> None:
    await store.restore([[version(1, {"multiple": [Decimal("1.0")]})]])
    assert await store.restore([[version(1, {"multiple": [Decimal("1.00")]})]]) == 1
    assert str((await store.read("Patient", ["p1"]))["p1"]["multiple"][0]) == "1.00"


async def test_a_restored_resource_gets_its_next_version(store: Repository, source: Repository) -> None:
    await store.restore(await everything(source))
    [stored] = await store.write([write("p1", named("E"), expected=2)])
    assert stored.version == 3
    assert [each.version for each in await store.history("Patient", "p1", 10)] == [3, 2, 1]


async def test_a_restored_time_in_the_future_is_not_gone_back_from(store: Repository) -> None:
    await store.restore([[version(1, {}, "2999-01-01T00:00:00.000Z")]])
    await store.write([write("p1", named("A"))])
    assert [each.at for each in await store.history("Patient", "p1", 10)] == ["2999-01-01T00:00:00.000Z"] * 2


async def test_a_reference_leads_to_what_is_restored_after_it(store: Repository) -> None:
    await store.write([write("x", {"resourceType": "Procedure", "subject": refers("Patient/p1")})])
    await store.restore([[version(1, {"birthDate": "2000-01-02"})]])
    born = Linked("patient", "Patient", Range("birthdate", lo_from="2000"), ("Patient/",))
    assert await store.count("Procedure", born) == 1


async def test_nothing_is_restored_from_nothing(store: Repository) -> None:
    assert await store.restore([]) == 0
    assert await store.restore([[]]) == 0
    assert await everything(store) == []


async def test_the_same_history_twice_is_restored_once(store: Repository) -> None:
    history = [version(1, {}), version(2, None)]
    assert await store.restore([history, history]) == 1
    assert await everything(store) == [history]
