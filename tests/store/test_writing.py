"""Versions, conflicts and races, in every store."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from app.errors import VersionConflict
from app.search.algebra import And
from tests.store.kinds import LASTING
from tests.store.toy import born, named, patient, write

if TYPE_CHECKING:
    from app.store.repository import Repository, Stored, Write
    from tests.builders import Document
    from tests.store.conftest import Opened

NOON = datetime(2024, 2, 29, 12, 0, 0, 123_999, tzinfo=UTC)


def kept(stored: Stored) -> Document:
    """The resource that is stored."""
    assert stored.resource is not None
    return stored.resource


async def test_the_first_version_is_one(store: Repository) -> None:
    [stored] = await store.write([write("p1", born("2000-01-02"))])
    assert (stored.version, stored.changed, kept(stored)["meta"]["versionId"]) == (1, True, "1")


async def test_each_change_makes_the_next_version(store: Repository) -> None:
    for family in ("A", "B", "C"):
        [stored] = await store.write([write("p1", named(family))])
    assert (stored.version, kept(stored)["name"]) == (3, [{"family": "C"}])
    assert (await store.read("Patient", ["p1"]))["p1"] == stored.resource


async def test_last_updated_is_the_time_of_the_write_in_utc_and_milliseconds(open_store: Opened) -> None:
    store = await open_store(clock=NOON.astimezone)
    [stored] = await store.write([write("p1", born("2000-01-02"))])
    assert kept(stored)["meta"]["lastUpdated"] == "2024-02-29T12:00:00.123Z"


async def test_last_updated_never_goes_back(open_store: Opened) -> None:
    times = iter([NOON, NOON - timedelta(days=1)])
    store = await open_store(clock=lambda: next(times))
    await store.write([write("p1", named("A"))])
    [stored] = await store.write([write("p1", named("B"))])
    assert kept(stored)["meta"]["lastUpdated"] == "2024-02-29T12:00:00.123Z"


async def test_a_given_id_and_version_are_replaced_and_the_rest_of_meta_is_kept(store: Repository) -> None:
    meta = {"profile": ["http://a"], "versionId": "77", "lastUpdated": "1999-01-01T00:00:00Z"}
    [stored] = await store.write([write("p1", patient(id="other", meta=meta))])
    assert kept(stored)["id"] == "p1"
    assert kept(stored)["meta"]["versionId"] == "1"
    assert kept(stored)["meta"]["lastUpdated"] > "2020"
    assert kept(stored)["meta"]["profile"] == ["http://a"]


async def test_a_document_that_is_written_is_not_changed(store: Repository) -> None:
    resource = patient(id="other", meta={"versionId": "77"}, multiple=[Decimal("1.50")])
    await store.write([write("p1", resource)])
    assert resource == patient(id="other", meta={"versionId": "77"}, multiple=[Decimal("1.50")])


async def test_an_equal_resource_makes_no_new_version(store: Repository) -> None:
    [first] = await store.write([write("p1", patient(active=True, birthDate="2000-01-02"))])
    [again] = await store.write([write("p1", patient(birthDate="2000-01-02", active=True))])
    assert (again.resource, again.version, again.changed) == (first.resource, 1, False)


async def test_what_was_read_and_is_written_back_makes_no_new_version(store: Repository) -> None:
    await store.write([write("p1", patient(multiple=[Decimal("1.50"), 2**40, 10**33, True, 0]))])
    read = (await store.read("Patient", ["p1"]))["p1"]
    [again] = await store.write([write("p1", read, expected=1)])
    assert (again.version, again.changed) == (1, False)


@pytest.mark.parametrize(("one", "other"), [(Decimal("1.0"), Decimal("1.00")), (1, Decimal(1)), (1, True), ("", None)])
async def test_values_that_are_written_otherwise_make_a_new_version(
    store: Repository, one: object, other: object
) -> None:
    await store.write([write("p1", patient(extension=[one]))])
    [stored] = await store.write([write("p1", patient(extension=[other]))])
    assert (stored.version, stored.changed) == (2, True)


async def test_a_write_over_the_expected_version_is_kept(store: Repository) -> None:
    await store.write([write("p1", named("A"), expected=0)])
    [stored] = await store.write([write("p1", named("B"), expected=1)])
    assert stored.version == 2


@pytest.mark.parametrize("expected", [0, 1, 3])
async def test_a_write_over_another_version_is_a_conflict_and_keeps_nothing(store: Repository, expected: int) -> None:
    for family in ("A", "B"):
        await store.write([write("p1", named(family))])
    with pytest.raises(VersionConflict) as raised:
        await store.write([write("p1", named("C"), expected=expected)])
    assert raised.value.current == 2
    assert (await store.read("Patient", ["p1"]))["p1"]["name"] == [{"family": "B"}]


async def test_a_write_over_a_version_of_nothing_is_a_conflict_with_version_zero(store: Repository) -> None:
    with pytest.raises(VersionConflict) as raised:
        await store.write([write("p1", named("C"), expected=1)])
    assert raised.value.current == 0
    assert await store.read("Patient", ["p1"]) == {}


async def test_the_same_content_over_another_version_is_a_conflict_too(store: Repository) -> None:
    await store.write([write("p1", named("A"))])
    with pytest.raises(VersionConflict):
        await store.write([write("p1", named("A"), expected=0)])


async def test_several_writes_answer_in_their_order(store: Repository) -> None:
    writes = [write(f"p{number}", named(f"N{number}")) for number in range(100)]
    stored = await store.write(writes)
    assert [kept(each)["id"] for each in stored] == [each.id for each in writes]


async def test_writes_of_one_resource_are_kept_in_their_order(store: Repository) -> None:
    stored = await store.write([write("p1", named(f"N{number}")) for number in range(10)])
    assert [each.version for each in stored] == list(range(1, 11))
    assert (await store.read("Patient", ["p1"]))["p1"]["name"] == [{"family": "N9"}]


async def test_no_writes_are_no_error(store: Repository) -> None:
    assert list(await store.write([])) == []


async def test_the_first_conflict_of_several_writes_is_told(store: Repository) -> None:
    await store.write([write("p2", named("A")), write("p3", named("A"))])
    with pytest.raises(VersionConflict, match="Patient/p2"):
        await store.write(
            [
                write("p1", named("B")),
                write("p2", named("B"), expected=0),
                write("p3", named("B"), expected=0),
            ]
        )


async def test_a_conflict_does_not_fail_the_writes_of_others(store: Repository) -> None:
    await store.write([write("p1", named("A"))])
    outcomes = await asyncio.gather(
        *(store.write([write(f"q{number}", named("B"))]) for number in range(10)),
        store.write([write("p1", named("B"), expected=0)]),
        *(store.write([write(f"r{number}", named("B"))]) for number in range(10)),
        return_exceptions=True,
    )
    assert [isinstance(each, VersionConflict) for each in outcomes] == [False] * 10 + [True] + [False] * 10
    assert await store.count("Patient", And()) == 21


async def test_of_fifty_writers_over_the_same_version_one_wins(store: Repository) -> None:
    await store.write([write("p1", named("A"))])
    outcomes = await _all_at_once(store, *(write("p1", named(f"N{number}"), expected=1) for number in range(50)))
    [winner] = [each for each in outcomes if not isinstance(each, VersionConflict)]
    assert winner.version == 2
    assert (await store.read("Patient", ["p1"]))["p1"] == winner.resource


async def test_of_many_first_writers_who_expect_nothing_one_wins(store: Repository) -> None:
    outcomes = await _all_at_once(store, *(write("p1", named(f"N{number}"), expected=0) for number in range(20)))
    [winner] = [each for each in outcomes if not isinstance(each, VersionConflict)]
    assert (await store.read("Patient", ["p1"]))["p1"] == winner.resource


async def test_writers_who_expect_nothing_in_particular_all_write_a_version(store: Repository) -> None:
    outcomes = await _all_at_once(store, *(write("p1", named(f"N{number}")) for number in range(20)))
    assert sorted(each.version for each in outcomes) == list(range(1, 21))


@pytest.mark.parametrize("open_store", LASTING, indirect=True)
async def test_what_was_written_is_there_when_the_store_is_opened_again(open_store: Opened) -> None:
    first = await open_store()
    [stored] = await first.write([write("p1", named("A"))])
    await first.close()
    again = await open_store()
    assert await again.read("Patient", ["p1"]) == {"p1": stored.resource}


async def _all_at_once(store: Repository, *writes: Write) -> list[Any]:
    """The one thing stored, or the conflict, of each write."""
    outcomes = await asyncio.gather(*(store.write([each]) for each in writes), return_exceptions=True)
    return [each[0] if isinstance(each, Sequence) else each for each in outcomes]
