from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.search.escapes import split, unescaped


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a,b", ["a", "b"]),
        (r"a\,b,c", ["a,b", "c"]),
        (r"a\\,b", ["a\\", "b"]),
        (r"a\|b\$c", ["a|b$c"]),
        (r"C:\dir", [r"C:\dir"]),
        ("a,", ["a", ""]),
        ("", [""]),
        ("end\\", ["end\\"]),
        ("two\nlines", ["two\nlines"]),
    ],
)
def test_a_separator_splits_unless_a_backslash_is_ahead(text: str, parts: list[str]) -> None:
    assert [unescaped(part) for part in split(text, ",")] == parts


def test_a_long_value_is_not_copied_for_each_of_its_characters() -> None:
    text = "a" * 10_000_000  # with copies this takes a quarter of an hour, in which a server answers nobody

    assert split(f"{text},b", ",") == [text, "b"]


@given(st.lists(st.text(alphabet="a,|$\\"), min_size=1))
def test_escaped_texts_come_back_as_they_were(texts: list[str]) -> None:
    escaped = [text.replace("\\", "\\\\").replace(",", "\\,").replace("|", "\\|") for text in texts]

    assert [unescaped(part) for part in split(",".join(escaped), ",")] == texts
