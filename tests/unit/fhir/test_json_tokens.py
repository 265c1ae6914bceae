"""Whether a text is strict JSON, told by counting and told by reading its tokens."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import MalformedJson
from app.fhir.json import decode, decode_strict
from app.fhir.json_tokens import DEEPEST, is_plainly_strict, strict_findings

STRINGS = st.text(':a"\\{}[], é\x00', max_size=4).map(json.dumps)
SPACES = st.sampled_from(["", " ", "\n\t"])


def objects(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Texts of objects that often repeat a name."""
    member = st.tuples(STRINGS, SPACES, values).map(lambda parts: f"{parts[0]}{parts[1]}:{parts[2]}")
    return st.lists(member, max_size=3).map(lambda members: f"{{{','.join(members)}}}")


def arrays(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(values, max_size=3).map(lambda items: f"[{', '.join(items)}]")


TEXTS = st.recursive(STRINGS | st.sampled_from(["1.50", "null", "7"]), lambda inner: objects(inner) | arrays(inner))


@given(TEXTS)
def test_counting_finds_a_text_strict_exactly_where_its_tokens_are(text: str) -> None:
    data = text.encode()
    assert is_plainly_strict(data, decode(data)) == (not list(strict_findings(data)))


@given(TEXTS)
def test_a_text_is_refused_exactly_where_its_tokens_are_not_strict(text: str) -> None:
    for data in (text.encode(), json.dumps(json.loads(text), separators=(",", ":"), ensure_ascii=False).encode()):
        if list(strict_findings(data)):
            with pytest.raises(MalformedJson):
                decode_strict(data)
        else:
            assert decode_strict(data) == decode(data)


@pytest.mark.parametrize(
    "text",
    [
        r'{"a": "\u003a", "b": 1}',
        r'{"b\u003a": 1, "b:": 2}',
        r'{"a": "\u003A", "a": 1}',
        '{"a": ":", "a": 1}',
        '{"a": {"b": 1, "c:": ":"}, "a": {}}',
    ],
)
def test_what_counting_cannot_tell_is_left_to_the_tokens(text: str) -> None:
    assert not is_plainly_strict(text.encode(), decode(text))


@pytest.mark.parametrize(("levels", "strict"), [(DEEPEST, True), (DEEPEST + 1, False)])
def test_nesting_is_counted_in_levels(levels: int, strict: bool) -> None:
    data = b"[" * levels + b"]" * levels
    assert is_plainly_strict(data, decode(data)) == strict
