"""From a case that fails to a small one that fails too: parts are taken away as long as the answers still differ.

Faster than hypothesis here, and smaller: it knows what the parts of a document are.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from graphql import (
    REMOVE,
    DocumentNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    Node,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    parse,
    print_ast,
    visit,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.fhir.resource import Json
    from tests.exactness.cases import Case

_PARTS: Final = ("field", "inline_fragment", "fragment_spread", "directive", "argument", "operation_definition")
_TRIES: Final = 3_000


def reduced(case: Case, fails: Callable[[Case], bool]) -> Case:
    """A case that fails and of which no single part can be taken away, or the smallest found in a number of tries."""
    tries = 0
    while True:
        for smaller in _smaller(case):
            tries += 1
            if tries > _TRIES:
                return case
            if fails(smaller):
                case = smaller
                break
        else:
            return case


def _smaller(case: Case) -> Iterator[Case]:
    """The case without one of its parts, for each of them; large parts come first."""
    for key in case.documents:
        yield replace(case, documents={other: each for other, each in case.documents.items() if other != key})
    for query in _shorter(case.request.query):
        yield replace(case, request=replace(case.request, query=query))
    for name in case.request.variables or {}:
        left = {other: each for other, each in (case.request.variables or {}).items() if other != name}
        yield replace(case, request=replace(case.request, variables=left or None))
    for key, document in case.documents.items():
        for less in _without_part(document):
            if less.keys() >= {"resourceType", "id", "meta"}:
                yield replace(case, documents={**case.documents, key: less})


def _shorter(query: str) -> Iterator[str]:
    try:
        document = parse(query)
    except GraphQLError:
        return
    number = 0
    while True:
        removing = _Removing(number)
        left: DocumentNode = visit(document, removing)
        if not removing.removed:
            return
        if text := print_ast(_without_unused(left)):
            yield text
        number += 1


def _without_unused(document: DocumentNode) -> DocumentNode:
    while True:
        used = _Used()
        visit(document, used)
        left: DocumentNode = visit(document, _Unused(used))
        if left == document:
            return document
        document = left


def _without_part(value: Json) -> Iterator[Any]:
    """A JSON value without one of its parts, at any depth."""
    if isinstance(value, dict):
        for name in value:
            yield {other: each for other, each in value.items() if other != name}
        for name, each in value.items():
            for less in _without_part(each):
                yield {**value, name: less}
    elif isinstance(value, list):
        for index in range(len(value)):
            yield value[:index] + value[index + 1 :]
        for index, each in enumerate(value):
            for less in _without_part(each):
                yield [*value[:index], less, *value[index + 1 :]]


class _Removing(Visitor):
    """Takes one part away, and what would be left empty above it."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._left = number
        self.removed = False

    def enter(self, node: Node, *_: object) -> object:
        if node.kind not in _PARTS or self.removed:
            return None
        self._left -= 1
        self.removed = self._left < 0
        return REMOVE if self.removed else None

    def leave(self, node: Node, *_: object) -> object:
        selections = getattr(node, "selection_set", None)
        empty = selections is not None and not selections.selections
        return REMOVE if empty and not isinstance(node, DocumentNode) else None


class _Used(Visitor):
    """Notes the fragments that are spread and the variables that are used."""

    def __init__(self) -> None:
        super().__init__()
        self.fragments: set[str] = set()
        self.variables: set[str] = set()

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_: object) -> None:
        self.fragments.add(node.name.value)

    def enter_variable(self, node: VariableNode, _key: object, parent: object, *_: object) -> None:
        if not isinstance(parent, VariableDefinitionNode):
            self.variables.add(node.name.value)


class _Unused(Visitor):
    """Takes away the fragments and the variables that nothing uses, and spreads of fragments that are gone."""

    def __init__(self, used: _Used) -> None:
        super().__init__()
        self._used = used

    def enter_fragment_definition(self, node: FragmentDefinitionNode, *_: object) -> object:
        return None if node.name.value in self._used.fragments else REMOVE

    def enter_variable_definition(self, node: VariableDefinitionNode, *_: object) -> object:
        return None if node.variable.name.value in self._used.variables else REMOVE
