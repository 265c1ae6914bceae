"""The first page of what refers to each of many resources, in every store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.search.algebra import And, Eq, Filter, Linked, Missing, Not, Or, Search, SortKey
from tests.store.kinds import JOINING
from tests.store.toy import device, patient, procedure, refers, write

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.store.repository import Page, Repository

pytestmark = pytest.mark.parametrize("open_store", JOINING, indirect=True)

ADDRESS = "https://dmi.example/fhir/"
A, B, C, NOBODY = (("Patient/a",), ("Patient/b", f"{ADDRESS}Patient/b"), ("Patient/c",), ("Patient/nobody",))
LATEST_FIRST = (SortKey("date", descending=True),)
OLDEST_FIRST = (SortKey("date"),)

PROCEDURES = {
    "p1": procedure("2024-01-05", "Device/d1", subject=refers("Patient/a"), status="completed"),
    "p2": procedure("2024-01-03", "Device/d2", subject=refers("Patient/a"), status="stopped"),
    "p3": procedure(None, "Device/d1", subject=refers("Patient/a"), status="completed"),
    "p4": procedure("2024-01-05", subject=refers("Patient/a")),
    "p5": procedure("2024-01-01", "Device/d3", subject=refers("Patient/b"), status="completed"),
    "p6": procedure("2024-01-02", "Device/d3", subject=refers(f"{ADDRESS}Patient/b"), status="stopped"),
    "p7": procedure("2024-01-09", "Device/d1", "Device/d2", subject=refers("Patient/other"), status="completed"),
    "p8": procedure("2024-01-09", subject=refers("Group/a"), status="completed"),
}


@pytest.fixture
async def treated(store: Repository) -> Repository:
    """A store of patients and their procedures; there is no Patient/nobody, and nothing refers to Patient/c."""
    await store.write([write(name, resource) for name, resource in PROCEDURES.items()])
    await store.write([write(name, patient(active=True)) for name in ("a", "b", "c")])
    await store.write([write("d1", device("L1")), write("d2", device("L2")), write("d3", device("L1"))])
    return store


async def _of(store: Repository, *targets: Sequence[str], search: Search) -> list[Page]:
    return list(await store.related("Procedure", "patient", targets, search))


def _ids(page: Page) -> list[str]:
    return [row.resource["id"] for row in page.rows]


async def test_each_target_has_a_page_of_its_own_in_the_order_of_the_targets(treated: Repository) -> None:
    pages = await _of(treated, B, A, C, search=Search(sort=LATEST_FIRST))
    assert [_ids(page) for page in pages] == [["p6", "p5"], ["p1", "p4", "p2", "p3"], []]
    assert [page.rows[0].resource for page in pages[:2]] == [
        (await treated.read("Procedure", [name]))[name] for name in ("p6", "p1")
    ]


async def test_pages_of_some_elements_have_these_and_what_is_always_read(treated: Repository) -> None:
    search = Search(sort=LATEST_FIRST, count=2, elements=frozenset({"status"}))
    [page] = await _of(treated, A, search=search)
    assert [set(row.resource) for row in page.rows] == [
        {"resourceType", "id", "meta", "status"},
        {"resourceType", "id", "meta"},
    ]
    whole = await _of(treated, A, search=Search(sort=LATEST_FIRST, count=2))
    assert [row.position for row in page.rows] == [row.position for row in whole[0].rows]


async def test_no_targets_have_no_pages(treated: Repository) -> None:
    assert await _of(treated, search=Search()) == []
    assert await treated.count_related("Procedure", "patient", [], And()) == []


async def test_a_target_that_is_not_there_may_be_referred_to_all_the_same(treated: Repository) -> None:
    [page, other] = await _of(treated, NOBODY, ("Patient/other",), search=Search())
    assert (list(page.rows), page.has_previous, page.has_next) == ([], False, False)
    assert _ids(other) == ["p7"]


async def test_a_target_without_texts_is_referred_to_by_nothing(treated: Repository) -> None:
    [page] = await _of(treated, (), search=Search())
    assert (list(page.rows), page.has_next) == ([], False)
    assert await treated.count_related("Procedure", "patient", [(), A], And()) == [0, 4]


async def test_the_same_target_twice_has_the_same_page_twice(treated: Repository) -> None:
    pages = await _of(treated, A, B, A, search=Search(count=2))
    assert [_ids(page) for page in pages] == [["p1", "p2"], ["p5", "p6"], ["p1", "p2"]]


async def test_a_resource_that_refers_to_a_target_in_two_ways_is_there_once(treated: Repository) -> None:
    both = {"subject": refers("Patient/b"), "patient": refers(f"{ADDRESS}Patient/b")}
    await treated.write([write("p9", procedure("2024-02-01", **both))])
    [page] = await _of(treated, B, search=Search(sort=LATEST_FIRST))
    assert _ids(page) == ["p9", "p6", "p5"]
    assert await treated.count_related("Procedure", "patient", [B], And()) == [3]


async def test_a_resource_with_several_references_is_on_the_page_of_each(treated: Repository) -> None:
    pages = await treated.related("Procedure", "device", [("Device/d1",), ("Device/d2",)], Search())
    assert [_ids(page) for page in pages] == [["p1", "p3", "p7"], ["p2", "p7"]]


SORTS: list[tuple[tuple[SortKey, ...], list[str]]] = [
    ((), ["p1", "p2", "p3", "p4"]),
    ((SortKey("_id", descending=True),), ["p4", "p3", "p2", "p1"]),
    (LATEST_FIRST, ["p1", "p4", "p2", "p3"]),
    (OLDEST_FIRST, ["p2", "p1", "p4", "p3"]),
    ((SortKey("status"), SortKey("date", descending=True)), ["p1", "p3", "p2", "p4"]),
    ((SortKey("date"), SortKey("status", descending=True)), ["p2", "p1", "p4", "p3"]),
    ((SortKey("status", descending=True), SortKey("_id", descending=True)), ["p2", "p3", "p1", "p4"]),
]


async def test_each_sort_gives_its_order_on_every_page(treated: Repository, subtests: pytest.Subtests) -> None:
    for sort, expected in SORTS:
        for count in (1, 2, 3, 4, 5):
            for offset in (0, 1, 3, 4, 9):
                with subtests.test(sort=sort, count=count, offset=offset):
                    page, other = await _of(treated, A, C, search=Search(sort=sort, count=count, offset=offset))
                    assert _ids(page) == expected[offset : offset + count]
                    assert (page.has_previous, page.has_next) == (offset > 0, offset + count < 4)
                    assert (list(other.rows), other.has_previous, other.has_next) == ([], False, False)


async def test_a_page_of_no_rows_still_knows_if_there_are_others(treated: Repository) -> None:
    pages = await _of(treated, A, C, search=Search(count=0))
    assert [(list(page.rows), page.has_previous, page.has_next) for page in pages] == [
        ([], False, True),
        ([], False, False),
    ]


async def test_a_page_goes_on_with_a_search_after_its_last_position(
    treated: Repository, subtests: pytest.Subtests
) -> None:
    mine = Eq("patient", "Patient/a")
    for sort, expected in SORTS:
        with subtests.test(sort=sort):
            [page] = await _of(treated, A, search=Search(sort=sort, count=2))
            assert page.rows == (await treated.search("Procedure", Search(mine, sort, 2))).rows
            rest = await treated.search("Procedure", Search(mine, sort, after=page.rows[-1].position))
            assert _ids(rest) == expected[2:]
            assert rest.has_previous


FILTERS: list[tuple[Filter, list[list[str]]]] = [
    (Eq("status", "completed"), [["p1", "p3"], ["p5"], []]),
    (Missing("date"), [["p3"], [], []]),
    (Not(Eq("status", "completed")), [["p2", "p4"], ["p6"], []]),
    (Or(), [[], [], []]),
    (Or((Eq("_id", "p4"), Eq("_id", "p6"), Eq("_id", "p7"))), [["p4"], ["p6"], []]),
    (Linked("device", "Device", Eq("lot_number", "L1"), ("Device/",)), [["p1", "p3"], ["p5", "p6"], []]),
    (Not(Linked("device", "Device", Eq("lot_number", "L1"), ("Device/",))), [["p2", "p4"], [], []]),
    (Linked("patient", "Patient", Eq("active", "true"), ("Patient/",)), [["p1", "p2", "p3", "p4"], ["p5"], []]),
]


async def test_a_filter_holds_for_every_page_and_count(treated: Repository, subtests: pytest.Subtests) -> None:
    for wanted, expected in FILTERS:
        with subtests.test(str(wanted)):
            assert [_ids(page) for page in await _of(treated, A, B, NOBODY, search=Search(wanted))] == expected
            counts = await treated.count_related("Procedure", "patient", [A, B, NOBODY], wanted)
            assert list(counts) == [len(ids) for ids in expected]


async def test_counts_stand_in_the_order_of_the_targets(treated: Repository) -> None:
    counts = await treated.count_related("Procedure", "patient", [NOBODY, A, B, A, C], And())
    assert list(counts) == [0, 4, 2, 4, 0]


async def test_hundreds_of_targets_are_one_question(store: Repository) -> None:
    days = [f"2024-{1 + number % 12:02}-{1 + number % 28:02}" for number in range(600)]
    await store.write(
        [
            write(f"p{number:03}", procedure(day, subject=refers(f"Patient/{number % 300}")))
            for number, day in enumerate(days)
        ]
    )
    targets = [(f"Patient/{number}", f"{ADDRESS}Patient/{number}") for number in range(1000)]
    pages = await store.related("Procedure", "patient", targets, Search(sort=LATEST_FIRST, count=1))
    assert [len(page.rows) for page in pages] == [1] * 300 + [0] * 700
    assert [page.has_next for page in pages] == [True] * 300 + [False] * 700
    assert await store.count_related("Procedure", "patient", targets, And()) == [2] * 300 + [0] * 700


async def test_what_cannot_be_related_is_a_mistake_of_the_program(store: Repository) -> None:
    for parameter, search in (
        ("unknown", Search()),
        ("status", Search()),
        ("patient", Search(Eq("unknown", "x"))),
        ("patient", Search(sort=(SortKey("patient"),))),
    ):
        with pytest.raises(KeyError):
            await store.related("Procedure", parameter, [A], search)
    for parameter, wanted in (("unknown", And()), ("status", And()), ("patient", Eq("unknown", "x"))):
        with pytest.raises(KeyError):
            await store.count_related("Procedure", parameter, [A], wanted)
