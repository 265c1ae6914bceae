"""The field `resource` of a reference. https://hl7.org/fhir/R4/graphql.html"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.schema.references import Wanted
from app.schema.types.fields import ResolvedField, argument, nullable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.fhir.resource import Json
    from app.schema.types.fields import GraphQLType


class TargetField(ResolvedField):
    """The resource that a reference leads to; `expected` is its one type, or "Resource"."""

    expected: str

    @classmethod
    def to(cls, expected: str, type_: GraphQLType, answer: Callable[[Json, Any, Wanted], object]) -> TargetField:
        """The field; `answer(source, info, wanted)` reads what a reference leads to."""

        def resolve(source: Json, info: Any, /, **arguments: Any) -> object:
            return answer(source, info, wanted(expected, arguments))

        field = cls.of(
            "resource",
            type_,
            "The resource that is referred to. One that cannot be found is null with an error.",
            resolve,
            [
                argument("optional", nullable(bool), "Null without an error where it cannot be found."),
                argument("type", nullable(str), "Null without an error where it is of another type."),
            ],
        ).reading()
        field.expected = expected
        return field


def wanted(expected: str, arguments: Mapping[str, Any]) -> Wanted:
    """What the arguments of the field say."""
    return Wanted(expected, bool(arguments.get("optional")), arguments.get("type"))
