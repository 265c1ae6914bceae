from __future__ import annotations

from decimal import Decimal

import pytest
from graphql import GraphQLError, parse_value

from app.schema.types.scalars import literal_json


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        ("1.50", Decimal("1.50")),
        ("1e2", Decimal("1E+2")),
        ("7", 7),
        ('"text"', "text"),
        ("true", True),
        ("null", None),
        ('{a: [1, {b: "c"}], d: $x}', {"a": [1, {"b": "c"}], "d": "given"}),
        ("$missing", None),
    ],
)
def test_a_literal_is_read_as_the_json_it_spells(literal: str, value: object) -> None:
    read = literal_json(parse_value(literal), {"x": "given"})
    assert read == value
    assert str(read) == str(value)


def test_an_enum_is_no_json() -> None:
    with pytest.raises(GraphQLError):
        literal_json(parse_value("completed"), {})
