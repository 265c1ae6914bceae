from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.fhir.dates import EARLIEST, LATEST, InvalidDate, date_bounds


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "start", "end"),
    [
        ("2024", "2024-01-01", "2025-01-01"),
        ("2024-02", "2024-02-01", "2024-03-01"),
        ("2024-12", "2024-12-01", "2025-01-01"),
        ("2024-02-29", "2024-02-29", "2024-03-01"),
        ("2024-12-31", "2024-12-31", "2025-01-01"),
        ("2024-02-29T10:30", "2024-02-29T10:30", "2024-02-29T10:31"),
        ("2024-02-29T10:30:05", "2024-02-29T10:30:05", "2024-02-29T10:30:06"),
        ("2024-02-29T10:30:05Z", "2024-02-29T10:30:05", "2024-02-29T10:30:06"),
        ("2024-02-29T23:30:05-02:00", "2024-03-01T01:30:05", "2024-03-01T01:30:06"),
        ("2024-01-01T00:30:00+14:00", "2023-12-31T10:30:00", "2023-12-31T10:30:01"),
        ("2024-02-29T10:30:05.5Z", "2024-02-29T10:30:05.500", "2024-02-29T10:30:05.600"),
        ("2024-02-29T10:30:05.123Z", "2024-02-29T10:30:05.123", "2024-02-29T10:30:05.124"),
        ("2024-02-29T10:30:05.1234567Z", "2024-02-29T10:30:05.123456", "2024-02-29T10:30:05.123457"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00", "2017-01-01T00:00:01"),
    ],
)
def test_a_date_covers_the_interval_of_its_precision(value: str, start: str, end: str) -> None:
    assert date_bounds(value) == (utc(start), utc(end))


@pytest.mark.parametrize(
    "value",
    [
        "",
        "24",
        "20240229",
        "2024-13",
        "2023-02-29",
        "2024-2-9",
        "0000",
        "2024-02-29T10",
        "2024-02-29T24:00:00Z",
        "2024-02-29T10:60:00Z",
        "2024-02-29T10:30:61Z",
        "2024-02-29T10:30:05+15:00",
        "2024-02-29 10:30:05",
        "2024Z",
        "２０２４",
        "2024-02-29\n",
        " 2024",
        "2024-02-29T10:30:05.Z",
    ],
)
def test_what_is_no_fhir_date_is_refused(value: str) -> None:
    with pytest.raises(InvalidDate):
        date_bounds(value)


def test_the_error_does_not_tell_the_value() -> None:
    with pytest.raises(InvalidDate) as caught:
        date_bounds("1950-13-secret")

    assert "1950" not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("9999", LATEST),
        ("9999-12", LATEST),
        ("9999-12-31", LATEST),
        ("9999-12-31T23:59:59-14:00", LATEST),
    ],
)
def test_an_interval_that_leaves_the_calendar_ends_with_it(value: str, expected: datetime) -> None:
    assert date_bounds(value)[1] == expected


def test_an_interval_before_the_calendar_starts_with_it() -> None:
    assert date_bounds("0001-01-01T00:00:00+14:00")[0] == EARLIEST


@given(st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1)))  # noqa: DTZ001 - hypothesis wants naive limits
def test_a_written_instant_starts_where_it_says(time: datetime) -> None:
    start, end = date_bounds(f"{time.isoformat(timespec='microseconds')}Z")

    assert start == time.replace(tzinfo=UTC)
    assert end - start == timedelta(microseconds=1)


@given(st.dates())
def test_a_day_lies_in_its_month_and_the_month_in_its_year(day: object) -> None:
    text = str(day)
    bounds = [date_bounds(text[:length]) for length in (4, 7, 10)]

    assert bounds[0][0] <= bounds[1][0] <= bounds[2][0]
    assert bounds[2][0] < bounds[2][1] <= bounds[1][1] <= bounds[0][1]


@given(st.text())
def test_no_text_breaks_it(text: str) -> None:
    try:
        start, end = date_bounds(text)
    except InvalidDate:
        return
    assert start < end
