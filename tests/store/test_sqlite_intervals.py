"""Finding intervals through the characters that their bounds share."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.search.algebra import Eq, Filter, Not, Range
from app.store.sqlite.file import open_writer
from app.store.sqlite.intervals import LONGEST, bounds, keys, merged, shared

TEXT = st.text("012", max_size=4)
INTERVALS = st.lists(st.tuples(TEXT, TEXT).filter(lambda pair: pair[0] < pair[1]), min_size=1, max_size=20)
RANGES = st.builds(Range, st.just("p"), *[st.none() | TEXT] * 4)


@settings(deadline=None)
@given(INTERVALS, RANGES)
def test_the_index_finds_exactly_the_intervals_that_meet_a_range(
    intervals: list[tuple[str, str]], wanted: Range
) -> None:
    connection = open_writer(None)
    rows = [(key, 1, lo, hi, shared(lo, hi)) for key, (lo, hi) in enumerate(intervals)]
    connection.executemany("INSERT INTO interval VALUES (?, ?, ?, ?, ?)", rows)
    connection.executemany("INSERT OR IGNORE INTO span VALUES (1, ?)", [(row[4],) for row in rows])
    found, test = keys(1, wanted), bounds(wanted)
    by_index = sorted(key for (key,) in connection.execute(found.text, found.values))
    each = connection.execute(f"SELECT key FROM interval AS v WHERE {test.text}", test.values)  # noqa: S608 - compiled
    assert by_index == sorted(key for (key,) in each)
    connection.close()


@pytest.mark.parametrize(
    ("lo", "hi", "characters"),
    [
        ("2024-05-06T", "2024-05-07T", 9),
        ("2024", "2025", 3),
        ("", "~", 0),
        ("ab", "abc", 2),
        ("x" * 50, "x" * 50 + "+", LONGEST),
    ],
)
def test_shared_characters_are_counted_up_to_a_bound(lo: str, hi: str, characters: int) -> None:
    assert shared(lo, hi) == characters


def test_ranges_of_a_parameter_without_several_intervals_become_one() -> None:
    conditions: list[Filter] = [
        Range("p", lo_from="a", hi_after="c"),
        Eq("q", "x"),
        Range("p", lo_before="y", hi_after="b"),
    ]
    assert list(merged(conditions, {"r"})) == [Eq("q", "x"), Range("p", "a", "y", "c", None)]


def test_ranges_of_a_parameter_with_several_intervals_stay_apart() -> None:
    conditions: list[Filter] = [Range("p", lo_from="a"), Range("p", lo_before="y"), Not(Range("q", lo_from="a"))]
    assert list(merged(conditions, {"p"})) == conditions


def test_the_tightest_bounds_are_kept() -> None:
    [range_] = merged([Range("p", "a", "x", "a", "x"), Range("p", "b", "w", "b", "w")], set())
    assert range_ == Range("p", "b", "w", "b", "w")
