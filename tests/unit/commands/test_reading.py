"""Who reads nothing, and for how long."""

from __future__ import annotations

from app.commands.reading import Reading


def test_nobody_is_silent_for_whom_nothing_waits() -> None:
    reading = Reading()
    assert [reading.silent(0, now) for now in (10.0, 20.0)] == [0.0, 0.0]


def test_one_is_silent_since_it_was_first_seen_that_nothing_was_read() -> None:
    reading = Reading()
    assert [reading.silent(5, now) for now in (10.0, 11.0, 14.0)] == [0.0, 1.0, 4.0]


def test_who_reads_a_little_is_not_silent() -> None:
    reading = Reading()
    assert [reading.silent(size, now) for size, now in ((9, 10.0), (9, 12.0), (8, 13.0), (8, 14.0))] == [0, 2, 0, 1]


def test_what_comes_after_all_was_read_begins_anew() -> None:
    reading = Reading()
    assert [reading.silent(size, now) for size, now in ((9, 10.0), (0, 12.0), (9, 13.0), (9, 14.0))] == [0, 0, 0, 1]
