"""What makes a version of a resource."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from app.store.version import instant, same_content, stamped

if TYPE_CHECKING:
    from app.fhir.resource import Json

RESOURCE = {"active": True, "resourceType": "Patient", "text": {"status": "empty"}}


def test_the_stamp_comes_first_and_the_rest_keeps_its_order() -> None:
    stored = stamped(RESOURCE, "p1", 3, "2024-01-01T00:00:00.000Z")
    assert list(stored) == ["resourceType", "id", "meta", "active", "text"]
    assert stored["meta"] == {"versionId": "3", "lastUpdated": "2024-01-01T00:00:00.000Z"}
    assert stored["text"] is RESOURCE["text"]


def test_what_else_is_in_meta_is_kept_behind_the_stamp() -> None:
    meta = {"profile": ["p"], "lastUpdated": "x", "versionId": "9", "tag": []}
    stored = stamped({**RESOURCE, "id": "old", "meta": meta}, "p1", 1, "at")
    assert list(stored["meta"].items()) == [("versionId", "1"), ("lastUpdated", "at"), ("profile", ["p"]), ("tag", [])]
    assert stored["id"] == "p1"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ({"id": "x", "a": 1}, {"a": 1}),
        ({"meta": {"versionId": "1", "lastUpdated": "t"}}, {}),
        ({"meta": {"versionId": "1", "tag": [1]}}, {"meta": {"tag": [1]}}),
        ({"a": Decimal("1.50")}, {"a": Decimal("1.50")}),
        ({"a": Decimal("-0.0")}, {"a": Decimal("-0.0")}),
        ({"a": [{"b": [None, True]}]}, {"a": [{"b": [None, True]}]}),
    ],
)
def test_resources_of_the_same_content(one: Json, other: Json) -> None:
    assert same_content(one, other)
    assert same_content(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Decimal("1.0"), Decimal("1.00")),
        (Decimal("0.0"), Decimal("-0.0")),
        (Decimal(1), 1),
        (1, True),
        (0, False),
        ("1", 1),
        (None, False),
        ([], {}),
        ([1, 2], [2, 1]),
        ([1], [1, 1]),
        ({"a": 1}, {"a": 1, "b": None}),
        ({"id": "x"}, {"id": "y"}),
    ],
)
def test_values_of_different_content(one: Json, other: Json) -> None:
    assert not same_content({"a": [one]}, {"a": [other]})


def test_meta_besides_the_stamp_is_content() -> None:
    assert not same_content({"meta": {"tag": [1]}}, {"meta": {"tag": [2]}})


def test_an_instant_is_in_utc_with_milliseconds() -> None:
    paris = timezone(timedelta(hours=2))
    assert instant(datetime(2024, 5, 6, 7, 8, 9, 123_999, tzinfo=paris)) == "2024-05-06T05:08:09.123Z"
    assert instant(datetime(2024, 5, 6, tzinfo=UTC)) == "2024-05-06T00:00:00.000Z"


def test_an_instant_is_never_earlier_than_the_one_before() -> None:
    now = datetime(2024, 5, 6, tzinfo=UTC)
    assert instant(now, "2025-01-01T00:00:00.000Z") == "2025-01-01T00:00:00.000Z"
    assert instant(now, "2023-01-01T00:00:00.000Z") == "2024-05-06T00:00:00.000Z"
