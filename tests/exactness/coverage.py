"""What a case reaches: which features of GraphQL and of FHIR a request and its answer have, by name.

A feature in the answer counts only where something was found; a question that finds nothing proves little.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLObjectType,
    InlineFragmentNode,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_nullable_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    parse,
    visit,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from graphql import GraphQLSchema, SelectionSetNode

    from app.fhir.resource import Json
    from tests.exactness.request import Answer, Request

_IN_TEXT: Final[Mapping[str, str]] = {
    "a named fragment": r"\.\.\.F\d",
    "a fragment that spreads a fragment": r"fragment F\d+ on \w+ (?s:.)*\.\.\.F\d",
    "an inline fragment without a type": r"\.\.\.( @\w+\([^)]*\))* \{",
    "a fragment on Reference": r"on Reference\b",
    "a fragment on Resource": r"on Resource\b",
    "a variable": r"\$v\d+: ",
    "a default of a variable": r"\$v\d+: [\w\[\]!]+ = ",
    "@skip": "@skip",
    "@include": "@include",
    "@skip and @include": r"@skip\(if: \S+\) @include|@include\(if: \S+\) @skip",
    "@flatten": "@flatten",
    "@first": "@first",
    "@singleton": "@singleton",
    "@slice": "@slice",
    "a mutation": r"\bmutation\b",
    "several operations": r"query A(?s:.)*query B",
    "introspection": r"\b__(schema|type)\b",
}


def features(schema: GraphQLSchema, request: Request, answer: Answer) -> set[str]:
    """The features of a case."""
    found = {name for name, pattern in _IN_TEXT.items() if re.search(pattern, request.query)}
    found |= set(_of_errors(answer.errors))
    if request.focus:
        found.add("a document at a resource")
    if answer.refused or (answer.data is None and answer.errors):
        found.add("nothing but errors")
    try:
        document = parse(request.query)
    except GraphQLError:
        return found
    if isinstance(answer.data, dict):
        walk = _Walk(schema, document)
        for definition in document.definitions:
            if isinstance(definition, OperationDefinitionNode):
                found |= set(walk.reached(definition.selection_set, answer.data))
    return found


def _of_errors(errors: Sequence[Mapping[str, Json]]) -> Iterator[str]:
    for error in errors:
        path = error.get("path") or []
        yield f"the error {error['extensions']['code']}" + ("" if path else " of the whole request")
        if any(isinstance(step, int) for step in path):
            yield "an error inside a list"
        if "resource" in path[:-1]:
            yield "an error inside a resource that is referred to"
    if len(errors) > 2:
        yield "several errors"


@dataclass(frozen=True, slots=True)
class _Fact:
    """What the schema says of a selected field."""

    parent: Any
    name: str
    type: Any
    arguments: bool


@dataclass(frozen=True, slots=True)
class _Field:
    """A selected field and what was answered."""

    fact: _Fact
    value: Json

    @property
    def is_root(self) -> bool:
        return self.fact.parent.name in ("Query", "Mutation")

    @property
    def is_target(self) -> bool:
        return self.fact.name == "resource" and _is_reference(self.fact.parent)

    @property
    def is_list(self) -> bool:
        return bool(is_list_type(self.fact.type))

    @property
    def is_navigated(self) -> bool:
        return self.is_list and self.fact.arguments and not self.fact.name[0].isupper()

    def is_rows(self, suffix: str, *, root: bool) -> bool:
        """Whether it is a list or a connection of resources that is there."""
        return self.fact.name.endswith(suffix) and self.is_root == root and self.value is not None


_IN_ANSWER: Final[Mapping[str, Callable[[_Field], bool]]] = {
    "a null": lambda f: f.value is None,
    "a null in a list": lambda f: isinstance(f.value, list) and None in f.value,
    "a reference to a resource": lambda f: f.is_target and f.value is not None,
    "a reference to any type": lambda f: (
        f.is_target and f.value is not None and f.fact.parent.name == "ResourceReference"
    ),
    "a reference that leads nowhere": lambda f: f.is_target and f.value is None,
    "the type of an object": lambda f: f.fact.name == "__typename" and not is_abstract_type(f.fact.parent),
    "the type of an object of any type": lambda f: f.fact.name == "__typename" and is_abstract_type(f.fact.parent),
    "the sibling of a primitive": lambda f: f.fact.name != "__typename" and f.fact.name[0] == "_" and bool(f.value),
    "a recall": lambda f: f.fact.name.lower().startswith(("implant", "dmistatistics")) and f.value is not None,
    "a list": lambda f: f.is_rows("List", root=True),
    "a reverse list": lambda f: f.is_rows("List", root=False),
    "rows of a reverse list": lambda f: f.is_rows("List", root=False) and bool(f.value),
    "a connection": lambda f: f.is_rows("Connection", root=True),
    "a reverse connection": lambda f: f.is_rows("Connection", root=False),
    "contained resources": lambda f: f.fact.name == "contained" and bool(f.value),
    "a list that is navigated": lambda f: f.is_navigated and f.value is not None,
    "items of a list that is navigated": lambda f: f.is_navigated and bool(f.value),
    "an object or a list where a primitive belongs": lambda f: (
        is_leaf_type(get_nullable_type(f.fact.type)) and f.fact.name != "raw" and isinstance(f.value, dict | list)
    ),
}


class _Walk:
    """Goes through an answer beside the document that asked for it."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self._facts: dict[int, _Fact] = {}
        self._fragments = {
            each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
        }
        info = TypeInfo(schema)
        visit(document, TypeInfoVisitor(info, _Facts(info, self._facts)))

    def reached(self, selections: SelectionSetNode, data: dict[str, Json]) -> Iterator[str]:
        """The features of an object of the answer and of everything below it."""
        keys = set()
        for node in self._fields(selections):
            key = (node.alias or node.name).value
            fact = self._facts.get(id(node))
            if fact is None or key not in data:
                continue
            if key in keys:
                yield "a field selected twice"
            keys.add(key)
            yield from _of_field(_Field(fact, data[key]))
            if node.selection_set:
                for item in _objects(data[key]):
                    yield from self.reached(node.selection_set, item)

    def _fields(self, selections: SelectionSetNode) -> Iterator[FieldNode]:
        for each in selections.selections:
            if isinstance(each, FieldNode):
                yield each
            elif isinstance(each, InlineFragmentNode):
                yield from self._fields(each.selection_set)
            elif isinstance(each, FragmentSpreadNode) and each.name.value in self._fragments:
                yield from self._fields(self._fragments[each.name.value].selection_set)


class _Facts(Visitor):
    def __init__(self, info: TypeInfo, facts: dict[int, _Fact]) -> None:
        super().__init__()
        self._info = info
        self._facts = facts

    def enter_field(self, node: FieldNode, *_: object) -> None:
        definition = self._info.get_field_def()
        if definition:
            self._facts[id(node)] = _Fact(
                self._info.get_parent_type(), node.name.value, definition.type, bool(node.arguments)
            )


def _of_field(field: _Field) -> Iterator[str]:
    return (feature for feature, holds in _IN_ANSWER.items() if holds(field))


def _is_reference(parent: Any) -> bool:
    return isinstance(parent, GraphQLObjectType) and any(each.name == "Reference" for each in parent.interfaces)


def _objects(value: Json) -> Iterator[dict[str, Json]]:
    if isinstance(value, dict):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from _objects(each)
