from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from app.errors import RequestError
from app.upkeep.retention import HOLD, ago, counted_from, has_tag, years_of
from tests.builders import patient, procedure

TAG = {"tag": [{"system": HOLD[0], "code": HOLD[1]}]}
CHANGED = "2024-05-06T07:08:09.123Z"


@pytest.mark.parametrize(("text", "years"), [("10y", 10), ("P10Y", 10), ("40y", 40), (" P40Y ", 40), ("200y", 200)])
def test_years_are_written_in_two_ways(text: str, years: int) -> None:
    assert years_of(text) == years


@pytest.mark.parametrize(
    "text", ["", "10", "10Y", "p10y", "9y", "0y", "-10y", "201y", "P10Y6M", "10 y", "1000y", "١٠y"]
)
def test_anything_else_and_less_than_the_law_is_refused(text: str) -> None:
    with pytest.raises(RequestError, match="--older-than"):
        years_of(text)


def test_years_ago_is_the_same_day() -> None:
    assert ago(datetime(2024, 5, 6, 7, tzinfo=UTC), 10) == "2014-05-06T07:00:00.000Z"


def test_of_a_day_that_is_not_in_every_year_it_is_the_one_before() -> None:
    assert ago(datetime(2024, 2, 29, tzinfo=UTC), 10) == "2014-02-28T00:00:00.000Z"


def kept(resource: dict[str, Any]) -> str:
    return counted_from({**resource, "meta": {"lastUpdated": CHANGED}})


@pytest.mark.parametrize(
    ("performed", "expected"),
    [
        ({"performedDateTime": "2014-02-28"}, "2014-03-01T00:00:00.000Z"),
        ({"performedDateTime": "2014"}, "2015-01-01T00:00:00.000Z"),
        ({"performedPeriod": {"start": "2014-02-27", "end": "2014-02-28"}}, "2014-03-01T00:00:00.000Z"),
        ({"performedPeriod": {"start": "2014-02-27"}}, "2014-02-28T00:00:00.000Z"),
        ({"performedString": "in spring"}, CHANGED),
        ({"performedDateTime": "soon"}, CHANGED),
        ({"performedPeriod": {}}, CHANGED),
        ({}, CHANGED),
    ],
)
def test_a_procedure_counts_from_the_end_of_what_was_done(performed: dict[str, Any], expected: str) -> None:
    assert kept(procedure(**{"performedDateTime": None, **performed})) == expected


def test_what_has_no_date_counts_from_its_last_change() -> None:
    assert kept(patient()) == CHANGED


def test_a_tag_has_both_system_and_code() -> None:
    assert has_tag(patient(meta=TAG), HOLD)
    assert not has_tag(patient(meta={"tag": [{"code": HOLD[1]}, {"system": HOLD[0]}]}), HOLD)
    assert not has_tag(patient(), HOLD)


def test_a_tag_of_a_resource_in_a_bundle_counts_for_the_bundle() -> None:
    inner = {"resourceType": "Bundle", "entry": [{"resource": patient(meta=TAG)}]}
    assert has_tag({"resourceType": "Bundle", "entry": [{}, {"resource": inner}]}, HOLD)


@pytest.mark.parametrize("meta", [None, [], {"tag": None}, {"tag": "x"}, {"tag": [None]}])
def test_broken_tags_are_none(meta: Any) -> None:
    assert not has_tag({"resourceType": "Patient", "meta": meta}, HOLD)
