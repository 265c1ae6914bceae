"""The directives that shape an answer, and whether a document has any.
https://hl7.org/fhir/R4/graphql.html, "Flattening"
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from graphql import (
    DirectiveLocation,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLArgument,
    GraphQLDirective,
    GraphQLNonNull,
    GraphQLString,
    InlineFragmentNode,
    OperationDefinitionNode,
)

if TYPE_CHECKING:
    from graphql import DocumentNode, SelectionSetNode

_SHAPE: Final = "The answer then has another shape than the schema, so typed clients must not use it."


def _on_fields(name: str, description: str, **arguments: GraphQLArgument) -> GraphQLDirective:
    return GraphQLDirective(name, [DirectiveLocation.FIELD], arguments, description=f"{description} {_SHAPE}")


FLATTEN: Final = _on_fields(
    "flatten",
    "The field vanishes and what is selected in it moves up; values under one name become a list, and below a list "
    "every name is a list. Values that are null do not move.",
)
FIRST: Final = _on_fields("first", "Of a list only the first item, as a single value; other fields are left alone.")
SINGLETON: Final = _on_fields(
    "singleton", "The field is a single value though it is a list, or below a flattened one; several are an error."
)
SLICE: Final = _on_fields(
    "slice",
    "One name for each item of a list: a dot and the path's value are appended, as in name.official. On a flattened "
    "field the names of its children are extended, one slice after the other.",
    path=GraphQLArgument(
        GraphQLNonNull(GraphQLString),
        description="Elements of the item joined by dots (use, type.coding.code), or $index, or $this of a primitive.",
    ),
)
SHAPING: Final = (FLATTEN, FIRST, SINGLETON, SLICE)

_NAMES: Final = frozenset(directive.name for directive in SHAPING)


def is_shaped(document: DocumentNode) -> bool:
    """Whether any field of a document has one of the directives."""
    waiting: list[SelectionSetNode] = [
        definition.selection_set
        for definition in document.definitions
        if isinstance(definition, OperationDefinitionNode | FragmentDefinitionNode)
    ]
    while waiting:
        for selection in waiting.pop().selections:
            if isinstance(selection, FieldNode) and any(
                each.name.value in _NAMES for each in selection.directives or ()
            ):
                return True
            if isinstance(selection, FieldNode | InlineFragmentNode) and selection.selection_set:
                waiting.append(selection.selection_set)
    return False
