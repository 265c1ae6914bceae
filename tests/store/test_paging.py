"""Sorting and paging, in every store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import TYPE_CHECKING

import pytest

from app.search.algebra import And, Eq, Filter, Missing, Not, Position, Search, SortKey
from tests.store.ordering import in_order
from tests.store.toy import Document, named, patient, values, write

if TYPE_CHECKING:
    from app.store.repository import Page, Repository
    from tests.store.conftest import Opened

FAMILY, FAMILY_DOWN = SortKey("family"), SortKey("family", descending=True)
BIRTH, BIRTH_DOWN = SortKey("birthdate"), SortKey("birthdate", descending=True)
ACTIVE, ACTIVE_DOWN = SortKey("active"), SortKey("active", descending=True)
ID, ID_DOWN = SortKey("_id"), SortKey("_id", descending=True)
CHANGED, CHANGED_DOWN = SortKey("_lastUpdated"), SortKey("_lastUpdated", descending=True)

SORTS = [
    (),
    (ID,),
    (ID_DOWN,),
    (FAMILY,),
    (FAMILY_DOWN,),
    (BIRTH_DOWN,),
    (CHANGED,),
    (CHANGED_DOWN,),
    (FAMILY, ID_DOWN),
    (FAMILY, BIRTH),
    (FAMILY, BIRTH_DOWN),
    (FAMILY_DOWN, BIRTH),
    (FAMILY_DOWN, BIRTH_DOWN, ID_DOWN),
    (ACTIVE, FAMILY_DOWN, BIRTH),
    (ACTIVE_DOWN, CHANGED_DOWN),
    (CHANGED, FAMILY),
    (ID, FAMILY),
    (FAMILY, FAMILY_DOWN),
]


def _patient(family: str | None, birth: str | None, active: bool | None) -> Document:
    """A patient that has what is not None."""
    name = [{"family": family}] if family else None
    elements = {"name": name, "birthDate": birth, "active": active}
    return patient(**{element: value for element, value in elements.items() if value is not None})


MIXED = {
    f"p{number:02}": _patient(*choice)
    for number, choice in enumerate(
        [*product(("a", "B", "é", None), ("2000-01-01", "2001-01-01", None), (True, None)), ("a", None, False)]
    )
}
"""Every mixture of values, missing values and ties."""


@pytest.fixture
async def mixed(open_store: Opened) -> Repository:
    """A store of the mixed patients; four at a time have the same lastUpdated."""
    ticks = iter(range(10**6))
    store = await open_store(clock=lambda: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(milliseconds=next(ticks) // 4))
    for name, resource in MIXED.items():
        await store.write([write(name, resource)])
    return store


async def test_every_sort_gives_its_order_and_pages_forwards_and_backwards(
    mixed: Repository, subtests: pytest.Subtests
) -> None:
    read = await mixed.read("Patient", list(MIXED))
    rows = {
        name: {**values(resource).sort, "_lastUpdated": resource["meta"]["lastUpdated"]}
        for name, resource in read.items()
    }
    for sort in SORTS:
        with subtests.test(str(sort)):
            expected = in_order(rows, sort)
            assert await _forwards(mixed, And(), sort, 4) == expected
            assert await _backwards(mixed, And(), sort, 7) == expected


async def test_pages_of_a_filter_hold_its_rows_only(mixed: Repository, subtests: pytest.Subtests) -> None:
    for wanted in (Eq("family", "a"), Missing("family"), Not(Eq("active", "true")), Eq("family", "nobody")):
        for sort in ((FAMILY_DOWN,), (BIRTH, FAMILY_DOWN)):
            with subtests.test(filter=wanted, sort=sort):
                whole = await mixed.search("Patient", Search(wanted, sort, count=100))
                assert await _forwards(mixed, wanted, sort, 2) == _ids(whole)
                assert await _backwards(mixed, wanted, sort, 3) == _ids(whole)


async def test_a_resource_with_several_values_stands_where_the_index_says(store: Repository) -> None:
    await store.write([write("x", named("m", "b")), write("y", named("c")), write("z", named("a", "z"))])
    assert _ids(await store.search("Patient", Search(sort=(FAMILY,)))) == ["z", "x", "y"]
    assert _ids(await store.search("Patient", Search(sort=(FAMILY_DOWN,)))) == ["y", "x", "z"]


async def test_a_position_names_the_value_of_each_sort_key(store: Repository) -> None:
    await store.write([write("p1", named("a"))])
    page = await store.search("Patient", Search(sort=(BIRTH, FAMILY_DOWN, CHANGED, ID)))
    changed = page.rows[0].resource["meta"]["lastUpdated"]
    assert page.rows[0].position == Position((None, "a", changed, "p1"), "p1")


async def test_a_page_knows_exactly_if_there_are_others(mixed: Repository) -> None:
    whole = await mixed.search("Patient", Search(sort=(FAMILY,), count=len(MIXED)))
    assert (whole.has_previous, whole.has_next) == (False, False)
    first = await mixed.search("Patient", Search(sort=(FAMILY,), count=len(MIXED) - 1))
    assert (first.has_previous, first.has_next) == (False, True)
    last = await mixed.search("Patient", Search(sort=(FAMILY,), after=first.rows[-1].position))
    assert (len(last.rows), last.has_previous, last.has_next) == (1, True, False)
    before = await mixed.search("Patient", Search(sort=(FAMILY,), before=last.rows[0].position, count=1))
    assert (before.has_previous, before.has_next) == (True, True)


async def test_beyond_the_last_row_there_is_an_empty_page_with_a_previous_one(mixed: Repository) -> None:
    whole = await mixed.search("Patient", Search(count=100))
    page = await mixed.search("Patient", Search(after=whole.rows[-1].position))
    assert (list(page.rows), page.has_previous, page.has_next) == ([], True, False)


async def test_ahead_of_the_first_row_there_is_an_empty_page_with_a_next_one(mixed: Repository) -> None:
    whole = await mixed.search("Patient", Search(count=1))
    page = await mixed.search("Patient", Search(before=whole.rows[0].position))
    assert (list(page.rows), page.has_previous, page.has_next) == ([], False, True)


async def test_an_empty_list_has_no_pages(store: Repository) -> None:
    for search in (Search(), Search(offset=5), Search(after=Position((), "p1")), Search(before=Position((), "p1"))):
        page = await store.search("Patient", search)
        assert (list(page.rows), page.has_previous, page.has_next) == ([], False, False)


async def test_a_page_of_no_rows_still_knows_if_there_are_others(mixed: Repository) -> None:
    page = await mixed.search("Patient", Search(count=0))
    assert (list(page.rows), page.has_previous, page.has_next) == ([], False, True)


async def test_a_position_holds_when_its_row_is_gone_or_never_was(mixed: Repository) -> None:
    page = await mixed.search("Patient", Search(sort=(FAMILY,), after=Position(("a",), "p02x"), count=2))
    assert _ids(page) == ["p03", "p04"]
    assert page.has_previous
    first = await mixed.search("Patient", Search(sort=(FAMILY,), after=Position(("0",), "x"), count=1))
    assert not first.has_previous


async def test_an_offset_skips_rows(mixed: Repository, subtests: pytest.Subtests) -> None:
    for sort in ((FAMILY_DOWN,), (ACTIVE, BIRTH)):
        whole = _ids(await mixed.search("Patient", Search(sort=sort, count=100)))
        for offset in (0, 1, 6, 18, 19, 24, 25, 1000):
            with subtests.test(sort=sort, offset=offset):
                page = await mixed.search("Patient", Search(sort=sort, count=3, offset=offset))
                assert _ids(page) == whole[offset : offset + 3]
                assert (page.has_previous, page.has_next) == (offset > 0, offset + 3 < len(whole))


async def test_an_offset_counts_from_a_position(mixed: Repository) -> None:
    whole = await mixed.search("Patient", Search(sort=(FAMILY,), count=100))
    page = await mixed.search("Patient", Search(sort=(FAMILY,), after=whole.rows[3].position, offset=5, count=2))
    assert _ids(page) == _ids(whole)[9:11]


async def test_rows_that_come_while_paging_neither_repeat_nor_hide_others(mixed: Repository) -> None:
    seen: list[str] = []
    search = Search(sort=(FAMILY,), count=3)
    for number in range(100):
        page = await mixed.search("Patient", search)
        seen += _ids(page)
        if not page.has_next:
            break
        await mixed.write([write(f"new{number:02}a", named("0")), write(f"new{number:02}b", named("zz"))])
        search = Search(sort=(FAMILY,), count=3, after=page.rows[-1].position)
    assert [name for name in seen if name in MIXED] == in_order(
        {name: values(each).sort for name, each in MIXED.items()}, (FAMILY,)
    )
    assert len(seen) == len(set(seen))
    assert any(name.endswith("b") for name in seen)


async def test_an_unknown_sort_key_is_a_mistake_of_the_program(store: Repository) -> None:
    for parameter in ("unknown", "identifier"):
        with pytest.raises(KeyError, match=parameter):
            await store.search("Patient", Search(sort=(FAMILY, SortKey(parameter))))


async def _forwards(store: Repository, wanted: Filter, sort: tuple[SortKey, ...], count: int) -> list[str]:
    """The ids of all pages from the first on."""
    pages = [await store.search("Patient", Search(wanted, sort, count))]
    assert not pages[0].has_previous
    while pages[-1].has_next:
        pages.append(await store.search("Patient", Search(wanted, sort, count, after=pages[-1].rows[-1].position)))
        assert pages[-1].has_previous
        assert pages[-1].rows
    return [name for page in pages for name in _ids(page)]


async def _backwards(store: Repository, wanted: Filter, sort: tuple[SortKey, ...], count: int) -> list[str]:
    """The ids of all pages from the last row on, that row included."""
    whole = await store.search("Patient", Search(wanted, sort, 1000))
    if not whole.rows:
        return []
    last = whole.rows[-1]
    pages = [await store.search("Patient", Search(wanted, sort, count, before=last.position))]
    assert pages[0].has_next
    while pages[0].has_previous:
        pages.insert(0, await store.search("Patient", Search(wanted, sort, count, before=pages[0].rows[0].position)))
        assert pages[0].has_next
        assert pages[0].rows
    return [*(name for page in pages for name in _ids(page)), last.resource["id"]]


def _ids(page: Page) -> list[str]:
    return [row.resource["id"] for row in page.rows]
