from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import MalformedJson
from app.fhir.json import decode, encode
from app.fhir.json_members import reader

NAMES = st.sampled_from(["id", "_id", "i", "resourceType", "meta", "", "é", "a.b", "$x", "𝔘", "id\u0000"]) | st.text(
    st.characters(exclude_categories=["Cs"]), max_size=3
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.decimals(allow_nan=False, allow_infinity=False, places=3)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3))


@given(st.dictionaries(NAMES, VALUES, max_size=8), st.frozensets(NAMES, max_size=6))
def test_the_members_are_those_of_the_whole_in_their_order(value: dict[str, object], names: frozenset[str]) -> None:
    text = encode(value)
    found = reader(names)(text)
    assert list(found.items()) == [(name, each) for name, each in decode(text).items() if name in names]
    assert encode(found) == encode({name: each for name, each in decode(text).items() if name in names})


def test_decimals_keep_their_digits() -> None:
    assert str(reader(frozenset({"value"}))(b'{"value": 1.50}')["value"]) == "1.50"


def test_what_is_passed_over_may_be_deep_and_huge() -> None:
    deep = b'{"a": ' + b"[" * 900 + b"]" * 900 + b', "b": 1e999, "c": 1.0}'
    assert reader(frozenset({"c"}))(deep) == {"c": Decimal("1.0")}


@pytest.mark.parametrize("text", [b"", b'{"id": 1', b'{"id": "\xff"}', b'{"x": [, "id": 1}', b'{"id": 1} x'])
def test_a_damaged_text_is_malformed(text: bytes) -> None:
    with pytest.raises(MalformedJson):
        reader(frozenset({"id"}))(text)
