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
from graphql.utilities import coerce_input_literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphql import FieldNode, GraphQLField, GraphQLInputType, GraphQLSchema, OperationDefinitionNode, ValueNode

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
        sent = {each.name.value: each.value for each in node.arguments or ()}
        # In the order of the schema, as graphql-core has them: of several that are wrong, resolvers tell the first.
        given = [(type_.out_name or name, type_.type, sent[name]) for name, type_ in field.args.items() if name in sent]
        self._variables = {name: value.name.value for name, _, value in given if isinstance(value, VariableNode)}
        self._constant: Mapping[str, Any] | None = None
        if all(name in self._variables or _is_closed(value) for name, _, value in given):
            values = {name: None if name in self._variables else _coerced(value, type_) for name, type_, value in given}
            self._constant = None if any(each is Undefined for each in values.values()) else values

    def values(self, variables: VariableValues) -> Mapping[str, Any]:
        """Their values. Raises GraphQLError where a variable does not fit."""
        if self._constant is None:
            return get_argument_values(self._field, self._node, variables)
        if not self._variables:
            return self._constant
        values = dict(self._constant)
        for name, variable in self._variables.items():
            value = variables.coerced.get(variable)
            if value is None:  # absent, or null, which may not fit
                return get_argument_values(self._field, self._node, variables)
            values[name] = value
        return values


def _coerced(value: ValueNode, type_: GraphQLInputType) -> Any:
    """What a literal means; Undefined where it does not fit, which graphql-core finds out again and tells."""
    try:
        return coerce_input_literal(value, type_)
    except GraphQLError:
        return Undefined


def _is_closed(value: ValueNode) -> bool:
    """Whether a value is the same for every request: no variable is in it, and no object, which somebody might keep."""
    if isinstance(value, ListValueNode):
        return all(_is_closed(item) for item in value.values)
    return not isinstance(value, VariableNode | ObjectValueNode)
