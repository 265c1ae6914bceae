"""The values of a field's arguments and of an operation's variables, found out with as little as each request needs.

What a document says itself is found out once, and plain texts in variables are taken as they are, which most requests
have; graphql-core sees to everything else, and to what is wrong.
https://spec.graphql.org/October2021/#CoerceArgumentValues()
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from graphql import (
    GraphQLError,
    ListValueNode,
    ObjectValueNode,
    Undefined,
    VariableNode,
    get_nullable_type,
    get_variable_values,
)
from graphql.execution import get_argument_values
from graphql.execution.get_variable_signature import get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphql import FieldNode, GraphQLField, GraphQLSchema, OperationDefinitionNode, ValueNode

MOST_ERRORS: Final = 50
_PLAIN: Final = {"ID": str, "String": str, "Boolean": bool}
"""The Python types of values that are taken as they are sent, by the name of a type."""


class Variables:
    """The variables of an operation."""

    def __init__(self, schema: GraphQLSchema, operation: OperationDefinitionNode) -> None:
        self._schema = schema
        self._definitions = operation.variable_definitions or ()
        signatures = [get_variable_signature(schema, each) for each in self._definitions]
        self._plain = [
            (each.name, _PLAIN.get(str(get_nullable_type(each.type))), each)
            for each in signatures
            if not isinstance(each, GraphQLError)
        ]

    def values(self, sent: dict[str, Any]) -> VariableValues | list[GraphQLError]:
        """Their values in a request, or what is wrong with them."""
        values = VariableValues({}, {})
        for name, plain, signature in self._plain:
            value = sent.get(name, Undefined)
            if type(value) is not plain:
                return get_variable_values(self._schema, self._definitions, sent, max_errors=MOST_ERRORS)
            values.sources[name] = VariableValueSource(signature, value)
            values.coerced[name] = value
        return values


class Arguments:
    """The arguments of a field as a document gives them."""

    def __init__(self, field: GraphQLField, node: FieldNode) -> None:
        self._field = field
        self._node = node
        given = [(each.name.value, each.value) for each in node.arguments or ()]
        self._constant: Mapping[str, Any] | None = None
        self._by_variable: list[tuple[str, str]] = []
        if all(_is_closed(value) for _, value in given):
            self._constant = get_argument_values(field, node)
        elif all(isinstance(value, VariableNode) for _, value in given):
            self._by_variable = [
                (field.args[name].out_name or name, value.name.value)
                for name, value in given
                if isinstance(value, VariableNode)
            ]

    def values(self, variables: VariableValues) -> Mapping[str, Any]:
        """Their values. Raises GraphQLError where a variable does not fit."""
        if self._constant is not None:
            return self._constant
        values: dict[str, Any] = {}
        for name, variable in self._by_variable:
            value = variables.coerced.get(variable)
            if value is None:  # absent, or null, which may not fit
                break
            values[name] = value
        else:
            if values:
                return values
        return get_argument_values(self._field, self._node, variables)


def _is_closed(value: ValueNode) -> bool:
    """Whether a value is the same for every request: no variable is in it, and no object, which somebody might keep."""
    if isinstance(value, ListValueNode):
        return all(_is_closed(item) for item in value.values)
    return not isinstance(value, VariableNode | ObjectValueNode)
