"""Random requests: operations and fragments that are valid for the schema, and now and then a broken document."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from app.schema.focus import Focus
from tests.exactness.breakages import BREAKAGES
from tests.exactness.request import Request
from tests.exactness.scope import Scope
from tests.exactness.selections import Selections

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphql import GraphQLObjectType, GraphQLSchema

    from tests.exactness.chance import Chance
    from tests.exactness.documents import Written

_RECALL: Final = ("ImplantRecall", "ImplantStock", "DmiStatistics")
_CREATABLE: Final = ("PatientCreate", "DeviceCreate", "PractitionerCreate", "LocationCreate")
"""What needs no element to be valid."""

_INTROSPECTION: Final = (
    "__schema { queryType { name } mutationType { name } directives { name locations args { name } } }",
    '__type(name: "Patient") { kind interfaces { name } fields(includeDeprecated: true) { name type { kind name } } }',
    '__type(name: "Resource") { possibleTypes { name } description }',
    '__type(name: "nonsense") { name }',
)
_MOST_ROOM: Final = 60
"""How much may be selected in all; the fields of an operation are about half as many."""

_SPREAD: Final = re.compile(r"\.\.\.(F\d+)\b")


def requests(chance: Chance, schema: GraphQLSchema, written: Written) -> list[Request]:
    """A request about those documents, once for each version of them with other variables: a query mostly, at one
    resource sometimes, a mutation, or several operations."""
    selections = Selections(chance, schema, written, shaped=chance.happens(12))
    asked = _request(chance, schema, selections, written)
    query = chance.one(BREAKAGES)(asked.query) if chance.happens(4) else asked.query
    return [replace(asked, query=query, variables=values or None) for values in selections.variables.values]


def _request(chance: Chance, schema: GraphQLSchema, selections: Selections, written: Written) -> Request:
    turn = chance.below(100)
    if turn >= 94:
        return _mutation(chance, schema, selections)
    if turn >= 90:
        return _focused(chance, schema, selections, written)
    if turn >= 82:
        return _several(chance, schema, selections, written)
    named = chance.happens(40)
    query = _query(chance, schema, selections, written, "query Q" if named else "")
    return Request(_document(selections, [query]), operation="Q" if named and chance.happens(50) else None)


def _query(chance: Chance, schema: GraphQLSchema, selections: Selections, written: Written, head: str) -> str:
    root, scope, count = schema.query_type, Scope(), 1 + chance.below(3)
    assert root
    room = chance.below(_MOST_ROOM) // count
    fields: list[str] = []
    for number in range(count):
        if chance.happens(3):
            fields.append(f"i{number}: {chance.one(_INTROSPECTION)}")
        else:
            fields.append(selections.field(root, _root_name(chance, root, written), scope, room))
    return _operation(selections, head, "{ " + "\n".join(fields) + " }")


def _root_name(chance: Chance, root: GraphQLObjectType, written: Written) -> str:
    """A field of the root: mostly one that leads to the documents."""
    if chance.happens(5):
        names: list[str] = ["__typename", *root.fields]
        return chance.one(names)
    if chance.happens(5):
        return chance.one(_RECALL)
    suffix = chance.one(("List", "Connection", "") if written.linked else ("", "", "", "List", "Connection"))
    type_name, _ = chance.one([*written.keys[:1] * 3, *written.keys])
    return type_name + suffix


def _mutation(chance: Chance, schema: GraphQLSchema, selections: Selections) -> Request:
    root, scope = schema.mutation_type, Scope()
    assert root
    names = [chance.one(_CREATABLE if chance.happens(60) else list(root.fields)) for _ in range(1 + chance.below(3))]
    fields = [selections.field(root, name, scope, 8) for name in names]
    return Request(_document(selections, [_operation(selections, "mutation", "{ " + "\n".join(fields) + " }")]))


def _several(chance: Chance, schema: GraphQLSchema, selections: Selections, written: Written) -> Request:
    """Two operations that may share fragments and variables; one of them, or none, is named."""
    operations = [_query(chance, schema, selections, written, f"query {name}") for name in ("A", "B")]
    named = chance.one(("A", "B", "A", "B", "A", "B", "C", "", None))
    return Request(_document(selections, operations), operation=named)


def _focused(chance: Chance, schema: GraphQLSchema, selections: Selections, written: Written) -> Request:
    """A document that begins at a resource."""
    type_name, id_ = chance.one(written.keys)
    type_ = schema.type_map[type_name]
    body = selections.body(type_, Scope(), 30)  # type: ignore[arg-type] # a resource is an object
    focus = Focus(type_name, id_ if chance.happens(90) else "gone")
    return Request(_document(selections, [_operation(selections, "query", body)]), focus=focus)


def _operation(selections: Selections, head: str, body: str) -> str:
    """An operation with the definitions of the variables that it uses, itself or through fragments."""
    text = "\n".join((body, *(selections.fragments[name].body for name in _spread(selections, body))))
    defined = selections.variables.definitions(text)
    return f"{head or 'query'}{defined} {body}" if defined or head else body


def _document(selections: Selections, operations: Sequence[str]) -> str:
    """The operations with all fragments that are spread in them."""
    text = "\n".join(operations)
    spread = [(name, selections.fragments[name]) for name in _spread(selections, text)]
    return "\n".join((text, *(f"fragment {name} on {each.condition.name} {each.body}" for name, each in spread)))


def _spread(selections: Selections, text: str) -> list[str]:
    """The fragments that a text spreads, itself or through others."""
    found: dict[str, None] = {}
    waiting = _SPREAD.findall(text)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = None
            waiting += _SPREAD.findall(selections.fragments[name].body)
    return sorted(found)
