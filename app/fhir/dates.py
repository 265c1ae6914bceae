"""FHIR dates and times as the interval of time they stand for. https://hl7.org/fhir/R4/datatypes.html#dateTime"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

EARLIEST = datetime.min.replace(tzinfo=UTC)
LATEST = datetime.max.replace(tzinfo=UTC)

_NONE, _SECOND, _MINUTE, _DAY = timedelta(), timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)

_DATE = re.compile(
    r"(?P<year>[0-9]{4})(?:-(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2})"
    r"(?:T(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]{1,32}))?)?"
    r"(?P<offset>Z|[+-](?:0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)?)?)?)?"
)


class InvalidDate(ValueError):
    """Text that is no FHIR date, dateTime or instant. The message never holds the text."""

    def __init__(self) -> None:
        super().__init__("not a FHIR date, dateTime or instant")


def date_bounds(value: str) -> tuple[datetime, datetime]:
    """The half-open UTC interval [start, end) a FHIR date, dateTime or instant covers.

    '2024-02' covers a month, a time without seconds a minute, '…:00.5Z' a tenth of a second; a value without an offset
    is read as UTC; what lies outside the years 1 to 9999 is cut there. Raises InvalidDate.
    Source: https://hl7.org/fhir/R4/search.html#date"""
    found = _DATE.fullmatch(value)
    if not found:
        raise InvalidDate
    year, month, day, *time = found.groups()
    try:
        if time[0]:
            return _time_bounds(int(year), int(month), int(day), *time)
        start = datetime(int(year), int(month or 1), int(day or 1), tzinfo=UTC)
    except ValueError:
        raise InvalidDate from None
    if day:
        return start, _shifted(start, _DAY)
    if month:
        return start, _first_of(start.year + start.month // 12, start.month % 12 + 1)
    return start, _first_of(start.year + 1, 1)


def _time_bounds(  # noqa: PLR0913, PLR0917 - the parts of a time
    year: int,
    month: int,
    day: int,
    hour: str,
    minute: str,
    second: str | None,
    fraction: str | None,
    offset: str | None,
) -> tuple[datetime, datetime]:
    leap = second == "60"  # FHIR allows a leap second; it is the first one of the next minute here
    microsecond = int(fraction[:6].ljust(6, "0")) if fraction else 0
    time = datetime(year, month, day, int(hour), int(minute), 59 if leap else int(second or 0), microsecond, UTC)
    to_utc = (_SECOND if leap else _NONE) - _offset(offset)
    return _shifted(time, to_utc), _shifted(time, to_utc + _precision(second, fraction))


def _precision(second: str | None, fraction: str | None) -> timedelta:
    if second is None:
        return _MINUTE
    return timedelta(microseconds=10 ** max(6 - len(fraction), 0)) if fraction else _SECOND


@lru_cache(maxsize=1_024)  # there are 1,681
def _offset(text: str | None) -> timedelta:
    if text in (None, "Z"):
        return timedelta()
    size = timedelta(hours=int(text[1:3]), minutes=int(text[4:6]))
    return -size if text[0] == "-" else size


def _first_of(year: int, month: int) -> datetime:
    return datetime(year, month, 1, tzinfo=UTC) if year <= LATEST.year else LATEST


def _shifted(time: datetime, by: timedelta) -> datetime:
    try:
        return time + by
    except OverflowError:
        return EARLIEST if by < timedelta() else LATEST
