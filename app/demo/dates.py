"""The days of the example data: fixed, never taken from the clock."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from random import Random

FIRST_DAY: Final = date(2016, 1, 1)
LAST_DAY: Final = date(2026, 10, 31)
_DAYS: Final = (LAST_DAY - FIRST_DAY).days + 1


def any_day(rng: Random) -> date:
    """A day of the period."""
    return FIRST_DAY + timedelta(days=rng.randrange(_DAYS))


def operating_day(day: date, rng: Random) -> date:
    """The day, or the Friday before it for nine weekend days in ten."""
    weekend = day.weekday() - 4
    return day - timedelta(days=weekend) if weekend > 0 and rng.random() < 0.9 else day


def paris_time(day: date, hour: int, minute: int) -> str:
    """A FHIR dateTime in French legal time; summer time runs between the last Sundays of March and October."""
    start, end = _SUMMER[day.year]
    offset = "+02:00" if start <= day < end else "+01:00"
    return f"{day.isoformat()}T{hour:02d}:{minute:02d}:00{offset}"


def _last_sunday(year: int, month: int) -> date:
    last = date(year, month, 31)
    return last - timedelta(days=(last.weekday() + 1) % 7)


_SUMMER: Final = {
    year: (_last_sunday(year, 3), _last_sunday(year, 10)) for year in range(FIRST_DAY.year, LAST_DAY.year + 1)
}
