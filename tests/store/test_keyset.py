"""The stretches of a sorted list beyond a position."""

from __future__ import annotations

import pytest

from app.search.algebra import Position, SortKey
from app.store.keyset import Beyond, Condition, Equal, Present, complete, paged, segments

NAME, NAME_DOWN, DATE = SortKey("name"), SortKey("name", descending=True), SortKey("date")
ID, ID_DOWN = SortKey("_id"), SortKey("_id", descending=True)


def conditions(
    sort: tuple[SortKey, ...], start: Position | None = None, *, backwards: bool = False
) -> list[tuple[Condition, ...]]:
    return [segment.conditions for segment in segments(sort, start, backwards=backwards)]


def test_a_list_by_id_is_one_stretch() -> None:
    assert conditions(()) == [()]
    assert conditions((), Position((), "x")) == [(Beyond("_id", "x", descending=False),)]
    assert conditions((), Position((), "x"), backwards=True) == [(Beyond("_id", "x", descending=True),)]


def test_rows_without_a_value_come_last_in_both_directions_of_a_sort() -> None:
    assert conditions((NAME,)) == conditions((NAME_DOWN,)) == [(Present("name"),), (Equal("name", None),)]
    assert conditions((NAME,), backwards=True) == [(Equal("name", None),), (Present("name"),)]


def test_beyond_a_value_come_its_ties_then_further_values_then_rows_without() -> None:
    assert conditions((NAME_DOWN,), Position(("n",), "x")) == [
        (Equal("name", "n"), Beyond("_id", "x", descending=False)),
        (Beyond("name", "n", descending=True),),
        (Equal("name", None),),
    ]


def test_ahead_of_a_value_there_is_no_row_without() -> None:
    assert conditions((NAME_DOWN,), Position(("n",), "x"), backwards=True) == [
        (Equal("name", "n"), Beyond("_id", "x", descending=True)),
        (Beyond("name", "n", descending=False),),
    ]


def test_beyond_a_row_without_a_value_there_are_only_others_like_it() -> None:
    assert conditions((NAME,), Position((None,), "x")) == [(Equal("name", None), Beyond("_id", "x", descending=False))]


def test_ahead_of_a_row_without_a_value_come_all_that_have_one() -> None:
    assert conditions((NAME,), Position((None,), "x"), backwards=True) == [
        (Equal("name", None), Beyond("_id", "x", descending=True)),
        (Present("name"),),
    ]


def test_every_row_of_a_stretch_has_a_value_under_its_first_key() -> None:
    stretches = list(segments((NAME, DATE), Position(("n", "d"), "x")))
    assert [stretch.order[0].parameter for stretch in stretches] == ["_id", "date", "_id", "name", "date", "_id"]


def test_the_order_of_a_stretch_is_that_in_which_it_is_walked() -> None:
    [*_, last] = segments((NAME_DOWN, DATE), backwards=True)
    assert last.order == (NAME, SortKey("date", descending=True), ID_DOWN)


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ((), (ID,)),
        ((NAME,), (NAME, ID)),
        ((NAME, NAME_DOWN), (NAME, ID)),
        ((ID_DOWN, NAME), (ID_DOWN,)),
        ((NAME, ID_DOWN), (NAME, ID_DOWN)),
    ],
)
def test_a_sort_is_made_complete_by_the_id(sort: tuple[SortKey, ...], expected: tuple[SortKey, ...]) -> None:
    assert complete(sort) == expected


@pytest.mark.parametrize(
    ("found", "backwards", "expected"),
    [
        ("abc", False, (["a", "b"], True, True)),
        ("ab", False, (["a", "b"], True, False)),
        ("cba", True, (["b", "c"], True, True)),
        ("cb", True, (["b", "c"], False, True)),
        ("", False, ([], True, False)),
    ],
)
def test_a_row_too_many_tells_that_there_is_another_page(
    found: str, backwards: bool, expected: tuple[list[str], bool, bool]
) -> None:
    assert paged(found, 2, other=True, backwards=backwards) == expected
