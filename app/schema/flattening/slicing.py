"""The path of `@slice`: which part of an item names its slice.

Only a path of elements is understood, because it is answered by GraphQL itself, as a selection beside the client's.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from graphql import GraphQLInterfaceType, GraphQLObjectType, get_named_type, is_leaf_type
from strawberry.schema.schema_converter import GraphQLCoreConverter

if TYPE_CHECKING:
    from graphql import GraphQLField, GraphQLNamedType

INDEX: Final = "$index"
THIS: Final = "$this"
MOST_NAMES: Final = 10
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9]*")


def names_of(path: str, type_: GraphQLNamedType) -> tuple[str, ...] | None:
    """The names that lead from a type to a slice's value: none for $index, and for $this of a primitive.

    None where the path is no path of elements to a primitive one."""
    if path == INDEX or (path == THIS and is_leaf_type(type_)):
        return ()
    names = tuple(path.split("."))
    if len(names) > MOST_NAMES or not all(_NAME.fullmatch(name) for name in names):
        return None
    for name in names:
        field = _element(type_, name)
        if field is None:
            return None
        type_ = get_named_type(field.type)
    return names if is_leaf_type(type_) else None


def _element(type_: GraphQLNamedType, name: str) -> GraphQLField | None:
    """The field that reads an element of that name from the document; fields that look elsewhere are none."""
    field = type_.fields.get(name) if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType) else None
    definition = field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF) if field else None
    return field if definition is not None and definition.is_basic_field else None
