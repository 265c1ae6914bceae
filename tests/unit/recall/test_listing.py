from __future__ import annotations

import pytest

from app.errors import InvalidSearch
from app.recall.listing import NEWEST, Listing, Place, sort_of
from app.search.algebra import And, Eq, Position
from app.search.cursor import encode

LISTING = Listing.of("ImplantRecall", Eq("status", "completed"), And())
PLACES = [
    Place("Procedure", Position(("2024",), "o1")),
    Place("Procedure", Position((None,), "o1"), 3),
    Place("Device", Position((), "d1")),
]


@pytest.mark.parametrize("place", PLACES)
def test_a_cursor_leads_to_its_place(place: Place) -> None:
    assert LISTING.place(LISTING.cursor(place)) == place


@pytest.mark.parametrize(
    "other",
    [
        Listing.of("Patient.implants/p1", Eq("status", "completed"), And()),
        Listing.of("ImplantRecall", Eq("status", "stopped"), And()),
        Listing.of("ImplantRecall", Eq("status", "completed"), None),
        Listing.of("ImplantRecall", Eq("status", "completed"), And(), sort_of("date")),
    ],
)
def test_a_cursor_of_another_list_is_refused(other: Listing) -> None:
    with pytest.raises(InvalidSearch):
        LISTING.place(other.cursor(PLACES[0]))


@pytest.mark.parametrize(
    "keys",
    [
        ("Patient", None, None),
        (None, None, None),
        ("Procedure", "x", None),
        ("Procedure", "-1", None),
        ("Device", "1", None),
    ],
)
def test_a_place_that_cannot_be_is_refused(keys: tuple[str | None, ...]) -> None:
    with pytest.raises(InvalidSearch):
        LISTING.place(encode(Position(keys, "o1"), LISTING.mark))


@pytest.mark.parametrize("cursor", ["", "x", "é", "a" * 70_000])
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidSearch):
        LISTING.place(cursor)


def test_a_number_of_thousands_of_digits_is_no_trouble() -> None:
    assert LISTING.place(encode(Position(("Procedure", "9" * 5_000, None), "o1"), LISTING.mark)).number == 999_999_999


def test_the_newest_come_first_unless_told() -> None:
    assert sort_of(None) == NEWEST


@pytest.mark.parametrize("text", ["", "status", "-date,_id", "--date"])
def test_another_sort_is_refused(text: str) -> None:
    with pytest.raises(InvalidSearch):
        sort_of(text)
