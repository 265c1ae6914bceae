from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.fhir.dates import EARLIEST, LATEST
from app.search.normal import (
    PREFIX_LIMIT,
    TEXT_LIMIT,
    canonical,
    date_interval,
    folded,
    instant_text,
    limited,
    millisecond_text,
    token,
    tokens,
)

TIMES = st.datetimes(max_value=datetime(9999, 12, 31)).map(lambda time: time.replace(tzinfo=UTC))  # noqa: DTZ001 - hypothesis wants naive limits


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Éloïse", "eloise"),
        ("  Lœuf\t Bé ", "loeuf be"),
        ("STRASSE straße", "strasse strasse"),
        ("D’Amato", "d'amato"),
        ("Jean‑Luc", "jean-luc"),
        ("ﬁbre", "fibre"),
        ("Łódź", "lodz"),
        ("LOT-12/A", "lot-12/a"),
        ("\u0301", ""),
        ("", ""),
    ],
)
def test_folding_takes_case_accents_and_typography_away(text: str, expected: str) -> None:
    assert folded(text) == expected


@given(st.text(alphabet=st.characters(codec="latin-1")))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert folded(folded(text)) == folded(text)


def test_a_composed_and_a_decomposed_accent_fold_alike() -> None:
    assert folded("e\u0301") == folded("é") == "e"


def test_a_code_is_found_alone_with_its_system_and_by_its_system() -> None:
    assert tokens("http://loinc.org", "1-8") == ("1-8", "http://loinc.org|1-8", "http://loinc.org|")


def test_a_code_without_a_system_can_be_asked_for_as_such() -> None:
    assert tokens("", "x") == ("x", "|x")
    assert token("", "x") in tokens("", "x")
    assert token("", "x") not in tokens("s", "x")


def test_a_system_without_a_code_is_found_by_the_system_only() -> None:
    assert tokens("s", "") == ("s|",)
    assert tokens("", "") == ()


def test_a_bar_in_a_code_is_not_taken_for_a_system() -> None:
    assert token(None, "a|b") not in tokens("a", "b")
    assert token("a|b", "c") != token("a", "b|c")


def test_a_long_text_keeps_its_start_and_stays_different_from_others() -> None:
    one, other = "x" * 5_000, "x" * 4_999 + "y"

    assert len(limited(one)) == TEXT_LIMIT
    assert limited(one)[:PREFIX_LIMIT] == one[:PREFIX_LIMIT]
    assert limited(one) != limited(other)
    assert limited("x" * TEXT_LIMIT) == "x" * TEXT_LIMIT


def test_a_canonical_is_found_with_and_without_its_version() -> None:
    assert canonical("http://x|1") == ("http://x|1", "http://x")
    assert canonical("http://x") == ("http://x",)


@given(TIMES, TIMES)
def test_instants_sort_as_text_like_in_time(one: datetime, other: datetime) -> None:
    assert (instant_text(one) < instant_text(other)) == (one < other)
    assert len(instant_text(one)) == 27


@given(TIMES, TIMES)
def test_a_stored_millisecond_lies_before_a_bound_exactly_when_its_text_does(stored: datetime, bound: datetime) -> None:
    stored -= timedelta(microseconds=stored.microsecond % 1000)

    assert (millisecond_text(stored) < millisecond_text(bound)) == (stored < bound)


def test_the_ends_of_the_calendar_have_texts() -> None:
    assert instant_text(EARLIEST) == "0001-01-01T00:00:00.000000Z"
    assert millisecond_text(LATEST) == "9999-12-31T23:59:59.999Z"


def test_a_date_is_the_interval_it_covers() -> None:
    assert date_interval("2024-02") == ("2024-02-01T00:00:00.000000Z", "2024-03-01T00:00:00.000000Z")
