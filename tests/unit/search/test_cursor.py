from __future__ import annotations

from base64 import urlsafe_b64encode
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InvalidSearch
from app.search.algebra import And, Contains, Eq, Filter, Linked, Not, Position, Referenced, SortKey
from app.search.cursor import AFTER, BEFORE, Cursor, Direction, decode, encode, end, fingerprint

SORT = (SortKey("date", descending=True), SortKey("status"))
MARK = fingerprint("Procedure", Eq("patient", "Patient/1"), SORT)
PLACE = Position(("2024-01-01T00:00:00.000000Z", None), "p-1")


@given(
    st.tuples(st.none() | st.text(st.characters(codec="utf-8")), st.none() | st.text(st.characters(codec="utf-8"))),
    st.text(st.characters(codec="utf-8")),
    st.sampled_from([AFTER, BEFORE]),
)
def test_a_cursor_comes_back_as_it_was(keys: tuple[str | None, ...], own: str, direction: Direction) -> None:
    position = Position(keys, own)
    text = encode(position, MARK, direction)

    assert decode(text, MARK) == Cursor(position, direction)
    assert text.isascii()
    assert text.replace("-", "").replace("_", "").isalnum()


def test_the_first_page_is_a_cursor_without_a_position() -> None:
    cursor = decode(encode(None, MARK), MARK)

    assert (cursor.after, cursor.before) == (None, None)


def test_a_cursor_says_on_which_side_the_page_lies() -> None:
    following, preceding = decode(encode(PLACE, MARK), MARK), decode(encode(PLACE, MARK, BEFORE), MARK)

    assert (following.after, following.before) == (PLACE, None)
    assert (preceding.after, preceding.before) == (None, PLACE)


@pytest.mark.parametrize(
    "mark",
    [
        fingerprint("Patient", Eq("patient", "Patient/1"), SORT),
        fingerprint("Procedure", Eq("patient", "Patient/2"), SORT),
        fingerprint("Procedure", And(), SORT),
        fingerprint("Procedure", Eq("patient", "Patient/1"), SORT[:1]),
        fingerprint("Procedure", Eq("patient", "Patient/1"), (SortKey("date"), SortKey("status"))),
    ],
)
def test_a_cursor_of_another_search_is_refused(mark: str) -> None:
    with pytest.raises(InvalidSearch):
        decode(encode(PLACE, MARK), mark)


HOSPITAL = Linked("organization", "Organization", Eq("name", "chu"), ("Organization/",))
DISTINCT: list[Filter] = [
    Linked("patient", "Patient", HOSPITAL, ("Patient/",)),
    Linked("patient", "Patient", HOSPITAL, ("Patient/", "https://h.fr/fhir/Patient/")),
    Linked("patient", "Patient", Not(HOSPITAL), ("Patient/",)),
    Linked("patient", "Patient", replace(HOSPITAL, filter=Eq("name", "clinic")), ("Patient/",)),
    Linked("patient", "Patient", replace(HOSPITAL, filter=Contains("name", "chu")), ("Patient/",)),
    Linked("patient", "Patient", replace(HOSPITAL, filter=Contains("name", "chu", at_end=True)), ("Patient/",)),
    Linked("subject", "Patient", HOSPITAL, ("Patient/",)),
    Referenced("Procedure", "patient", HOSPITAL, ("Patient/",)),
]


def test_a_cursor_is_bound_to_every_part_of_a_chain() -> None:
    assert len({fingerprint("Procedure", each, SORT) for each in DISTINCT}) == len(DISTINCT)


def crafted(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "garbage",
        "é",
        "====",
        encode(PLACE, MARK) + "!",
        encode(PLACE, MARK)[:-4],
        crafted("[1]"),
        crafted("5"),
        crafted("null"),
        crafted('"abc"'),
        crafted('{"a":1,"b":2,"c":3}'),
        crafted(f'["{MARK}","c",null]'),
        crafted(f'["{MARK}","a",5]'),
        crafted(f'["{MARK}","a",[["x"],"id"]]'),
        crafted(f'["{MARK}","a",[["x","y","z"],"id"]]'),
        crafted(f'["{MARK}","a",[["x",5],"id"]]'),
        crafted(f'["{MARK}","a",[["x","y"],5]]'),
        crafted(f'["{MARK}",["a"],null]'),
        crafted("[" * 5_000),
        "A" * 100_000,
    ],
)
def test_a_cursor_that_was_not_made_here_is_refused(text: str) -> None:
    with pytest.raises(InvalidSearch) as caught:
        decode(text, MARK)

    assert caught.value.issues[0].expression == "_cursor"


@given(st.text())
def test_no_text_breaks_it(text: str) -> None:
    with pytest.raises(InvalidSearch):
        decode(text, MARK)


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ((), Position((), "~")),
        (SORT, Position((None, None), "~")),
        ((SortKey("_lastUpdated"),), Position(("~",), "~")),
        ((SortKey("_lastUpdated", descending=True),), Position(("",), "~")),
        ((SortKey("_id", descending=True),), Position(("",), "")),
    ],
)
def test_the_end_of_a_sort_lies_behind_every_row(sort: tuple[SortKey, ...], expected: Position) -> None:
    assert end(sort) == expected
