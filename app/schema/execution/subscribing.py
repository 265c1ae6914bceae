"""What a subscription asks for: the one field of its root, and the values of its arguments.
https://spec.graphql.org/October2021/#sec-Subscription"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from graphql import FragmentDefinitionNode, Node, VariableNode
from graphql.execution import get_argument_values
from graphql.execution.collect_fields import FragmentDetails, collect_fields

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphql import DocumentNode, GraphQLSchema, ValueNode
    from graphql.execution.values import VariableValues

    from app.schema.execution.preparing import Prepared

CURSOR = "cursor"


class Subscribed(NamedTuple):
    """The name of a field of Subscription and the values of its arguments. `resuming` is the variable that gives the
    cursor and nothing else, if there is one."""

    field: str
    arguments: Mapping[str, Any]
    resuming: str | None


def subscribed(schema: GraphQLSchema, prepared: Prepared, variables: VariableValues) -> Subscribed:
    """What an operation that was checked subscribes to. Raises GraphQLError where an argument does not fit."""
    root = schema.subscription_type
    if root is None:
        raise TypeError("the schema has no subscriptions")
    definitions = (each for each in prepared.document.definitions if isinstance(each, FragmentDefinitionNode))
    fragments = {each.name.value: FragmentDetails(each) for each in definitions}
    collected = collect_fields(schema, fragments, variables, root, prepared.operation)
    [selected] = collected.grouped_field_set.values()  # one field, and no directive may take it away
    node = selected[0].node
    field = root.fields[node.name.value]
    resuming = next((each.value for each in node.arguments or () if each.name.value == CURSOR), None)
    return Subscribed(node.name.value, get_argument_values(field, node, variables), _alone(resuming, prepared))


def _alone(value: ValueNode | None, prepared: Prepared) -> str | None:
    """The name of a variable that stands in the document once, beside its definition."""
    if not isinstance(value, VariableNode):
        return None
    name = value.name.value
    definitions = prepared.operation.variable_definitions or ()
    defining = sum(each.variable.name.value == name for each in definitions)
    return name if _named(prepared.document)[name] == 1 + defining else None


def _named(document: DocumentNode) -> Counter[str]:
    """How often each variable stands in a document. graphql-core's visitor would leave a ring of references, which
    stays until somebody looks for such rings."""
    names: Counter[str] = Counter()
    waiting: list[Any] = [document]
    while waiting:
        node = waiting.pop()
        if isinstance(node, VariableNode):
            names[node.name.value] += 1
        elif isinstance(node, Node):
            waiting.extend(getattr(node, key, None) for key in node.keys)
        elif isinstance(node, tuple | list):
            waiting.extend(node)
    return names
