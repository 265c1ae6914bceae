"""JSON values as GraphQL documents spell them."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.fhir.resource import Json


def literal(value: Json) -> str:
    """The GraphQL literal of a value: `{a: [1, "x", null]}`. Names of objects must be GraphQL names."""
    match value:
        case dict():
            return "{" + ", ".join(f"{name}: {literal(each)}" for name, each in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(literal, value)) + "]"
        case Decimal():
            return str(value)
        case _:
            return json.dumps(value, ensure_ascii=False)
