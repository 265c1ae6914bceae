"""FHIR primitives as GraphQL scalars. https://hl7.org/fhir/R4/graphql.html and https://hl7.org/fhir/R4/datatypes.html

string, boolean, integer and id are GraphQL's own String, Boolean, Int and ID; the others keep their FHIR names and pass
the stored value through, as it is.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final, NewType

import strawberry
from graphql import (
    BooleanValueNode,
    FloatValueNode,
    GraphQLError,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    StringValueNode,
    VariableNode,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphql import ValueNode
    from strawberry.types.scalar import ScalarDefinition

    from app.fhir.resource import Json

FHIR = NewType("FHIR", object)
"""A resource, or a patch, as raw JSON."""

_DESCRIPTIONS: Final[Mapping[str, str]] = {
    "base64Binary": "Bytes as base64 text.",
    "canonical": "A canonical URL, maybe with |version.",
    "code": "A code of a code system; the field's description lists the allowed ones.",
    "date": "A day, month or year: 2024-02-29, 2024-02 or 2024.",
    "dateTime": "A date, or a date with time and zone: 2024-02-29T13:28:17+01:00.",
    "decimal": "A decimal number with the digits it was sent with: 1.50 stays 1.50.",
    "instant": "A moment, at least to the second, with zone.",
    "markdown": "Text in markdown.",
    "oid": "An OID as a URI: urn:oid:1.2.3.",
    "positiveInt": "A whole number from 1 to 2,147,483,647.",
    "time": "A time of day without zone: 13:28:17.",
    "unsignedInt": "A whole number from 0 to 2,147,483,647.",
    "uri": "A URI.",
    "url": "A URL.",
    "uuid": "A UUID as a URI: urn:uuid:….",
    "xhtml": "Narrative in XHTML.",
}
_NATIVE: Final[Mapping[str, Any]] = {
    "boolean": bool,
    "id": strawberry.ID,
    "integer": int,
    "string": str,
}
_PASSED: Final[Mapping[str, Any]] = {name: NewType(name, object) for name in _DESCRIPTIONS}


def scalar_for(primitive: str) -> Any:
    """The Python stand-in of a FHIR primitive ("dateTime") in Strawberry annotations."""
    return _NATIVE.get(primitive) or _PASSED[primitive]


def scalar_map() -> dict[object, ScalarDefinition]:
    """What Strawberry has to know of the scalars: `StrawberryConfig(scalar_map=…)`."""
    passed = {
        _PASSED[name]: strawberry.scalar(
            name=name,
            description=description,
            specified_by_url=f"https://hl7.org/fhir/R4/datatypes.html#{name}",
            serialize=_as_stored,
            parse_value=_as_stored,
        )
        for name, description in _DESCRIPTIONS.items()
    }
    fhir = strawberry.scalar(
        name="FHIR",
        description="A resource as raw FHIR JSON: an object, or a string that holds the JSON text. A patch is a list.",
        specified_by_url="https://hl7.org/fhir/R4/json.html",
        serialize=_as_stored,
        parse_value=_json_or_text,
        parse_literal=_literal_json_or_text,
    )
    return {**passed, FHIR: fhir}


def passes_all(name: str) -> bool:
    """Whether the scalar of that GraphQL name answers any value as it is."""
    return name in _PASSED


def passes_text(name: str) -> bool:
    """Whether the scalar of that GraphQL name answers any text as it is."""
    return name in _PASSED or name in ("String", "ID")


def _as_stored(value: object) -> object:
    return value


def _json_or_text(value: object) -> object:
    if not isinstance(value, dict | list | str):
        raise GraphQLError(
            "The value does not fit FHIR: a resource is a JSON object, a patch a list, or a string that holds its JSON "
            "text."
        )
    return value


def _literal_json_or_text(node: ValueNode, variables: Mapping[str, Any] | None = None) -> object:
    return _json_or_text(literal_json(node, variables or {}))


def literal_json(node: ValueNode, variables: Mapping[str, Any]) -> Json:
    """The JSON value that a GraphQL literal spells; fractions become Decimal, so their digits stay."""
    match node:
        case VariableNode():
            return variables.get(node.name.value)
        case ListValueNode():
            return [literal_json(item, variables) for item in node.values]
        case ObjectValueNode():
            return {field.name.value: literal_json(field.value, variables) for field in node.fields}
        case _:
            return _leaf(node)


def _number(text: str, kind: type[int | Decimal]) -> int | Decimal:
    try:
        return kind(text)
    except (ValueError, InvalidOperation):  # thousands of digits, or an exponent beyond all measure
        raise GraphQLError("The value does not fit FHIR: a number is too long.") from None


def _leaf(node: ValueNode) -> Json:
    match node:
        case NullValueNode():
            return None
        case IntValueNode() | FloatValueNode():
            return _number(node.value, int if isinstance(node, IntValueNode) else Decimal)
        case StringValueNode() | BooleanValueNode():
            return node.value
        case _:
            raise GraphQLError("An enum value is no JSON: write it as a string.")
