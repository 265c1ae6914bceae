from __future__ import annotations

from datetime import date

import pytest

from app.demo.chance import chance
from app.demo.dates import FIRST_DAY, LAST_DAY, any_day, operating_day, paris_time


@pytest.mark.parametrize(
    ("day", "offset"),
    [
        (date(2024, 3, 30), "+01:00"),
        (date(2024, 3, 31), "+02:00"),
        (date(2024, 10, 26), "+02:00"),
        (date(2024, 10, 27), "+01:00"),
        (date(2026, 10, 25), "+01:00"),
    ],
)
def test_summer_time_starts_and_ends_on_the_last_sundays(day: date, offset: str) -> None:
    assert paris_time(day, 9, 15) == f"{day.isoformat()}T09:15:00{offset}"


def test_every_day_of_the_period_can_be_drawn_and_no_other() -> None:
    rng = chance("days")
    days = {any_day(rng) for _ in range(60_000)}
    assert days == {date.fromordinal(day) for day in range(FIRST_DAY.toordinal(), LAST_DAY.toordinal() + 1)}


def test_a_working_day_stays_what_it_is() -> None:
    assert operating_day(date(2024, 5, 15), chance("any")) == date(2024, 5, 15)


def test_a_weekend_day_moves_to_the_friday_before_or_stays() -> None:
    rng = chance("weekend")
    assert {operating_day(date(2024, 5, 18), rng) for _ in range(100)} == {date(2024, 5, 17), date(2024, 5, 18)}
    assert {operating_day(date(2024, 5, 19), rng) for _ in range(100)} == {date(2024, 5, 17), date(2024, 5, 19)}
