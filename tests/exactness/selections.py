"""Random selection sets that are valid for a schema and likely to find something in given documents."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
)
from graphql.utilities.type_comparators import do_types_overlap

from app.fhir.served import SERVED
from tests.exactness.arguments import Arguments
from tests.exactness.literals import literal
from tests.exactness.scope import Scope
from tests.exactness.variables import Variables

if TYPE_CHECKING:
    from graphql import GraphQLField, GraphQLNamedType, GraphQLSchema

    from tests.exactness.chance import Chance
    from tests.exactness.documents import Written

Composite = GraphQLObjectType | GraphQLInterfaceType

_ALIASES: Final = ("length", "x", "id", "resource", "name", "items", "get", "_id", "status")
"""Some are names of elements, or of what Python objects have."""

_ROWS: Final = ("edges", "node", "resource")
"""Fields that lead from lists to what is in them."""

_SHAPING_LEAF: Final = ("@first", "@singleton", '@slice(path: "$index")', '@slice(path: "$this")')
_SHAPING: Final = (
    *("@flatten", "@flatten", "@first", "@singleton", "@flatten @first", "@flatten @singleton"),
    *('@slice(path: "{leaf}")', '@flatten @slice(path: "{leaf}")', '@slice(path: "$index")', "@flatten"),
)
_IN_OBJECT: Final = {"field": 72, "__typename": 2, "again": 8, "spread": 8, "inline": 10}
_IN_ANYTHING: Final = {"field": 13, "__typename": 5, "again": 2, "spread": 15, "inline": 65}
"""What a selection is, in how many of a hundred cases: in an object, and where objects may be of several types."""

_CONDITIONS: Final = {("include",): 2, ("skip",): 2, ("skip", "include"): 1, ("include", "skip"): 1}
_NAME: Final = re.compile(r"\w+")


@dataclass(frozen=True)
class Fragment:
    """A named fragment: its type condition, its selections, and the response keys in it."""

    condition: Composite
    body: str
    scope: Scope


class Selections:
    """Selection sets of one document, with the fragments and variables that they use.

    `shaped` puts the directives that shape an answer on some fields."""

    def __init__(self, chance: Chance, schema: GraphQLSchema, written: Written, *, shaped: bool) -> None:
        self.variables = Variables([{} for _ in written.versions])
        self.fragments: dict[str, Fragment] = {}
        self._arguments = Arguments(chance, self.variables, written)
        self._chance = chance
        self._schema = schema
        self._written = written
        self._shaped = shaped
        self._spreads = chance.happens(65)
        self._conditions = chance.happens(40)
        self._aliases = 0

    def body(self, type_: Composite, scope: Scope, room: int) -> str:
        """Selections in braces; the more room there is, the more of them and the deeper."""
        count = 1 + self._chance.below(min(5, max(1, room + 1)))
        chosen = [self._selection(type_, scope, room * 2 // (count + 1)) for _ in range(count)]
        return "{ " + "\n".join(chosen) + " }"

    def field(self, type_: Composite, name: str, scope: Scope, room: int) -> str:
        """A field of that name with whatever it needs; under another key where its name is taken."""
        if name == "__typename":
            return self._keyed(name, name, "String!", scope)[0]
        definition = type_.fields[name]
        arguments = self._arguments.of(type_.name, name, definition)
        text = " ".join(filter(None, (name + arguments, self._shaping(get_named_type(definition.type)))))
        written, below = self._keyed(name, text, str(definition.type), scope)
        return written + self._condition() + self._below(definition, below, room)

    def _selection(self, type_: Composite, scope: Scope, room: int) -> str:
        kind = self._chance.weighted(_IN_ANYTHING if is_abstract_type(type_) else _IN_OBJECT) if room > 0 else "field"
        if kind == "inline" or (kind == "spread" and not self._spreads):
            return self._inline(type_, scope, room)
        if kind == "spread":
            return self._spread(type_, scope, room)
        if kind == "again" and (again := self._again(type_, scope, room)):
            return again
        name = "__typename" if kind == "__typename" else self._name(type_, room)
        return self.field(type_, name, scope, room)

    def _name(self, type_: Composite, room: int) -> str:
        """The name of a field to select: one that occurs in the documents, one that leads on, or any."""
        names: list[str] = list(type_.fields)
        if room <= 0:
            return self._chance.one(_leaves(type_) or ["__typename"])
        if _is_reference(type_) and self._chance.happens(80 if self._written.linked else 60):
            return "resource"
        kind = "Reference" if _is_reference(type_) else type_.name
        known = [name for name in sorted(self._written.elements.get(kind, ())) if name in type_.fields]
        if known and self._chance.happens(70):
            # The sound resources of the store have all references that there are.
            links = [name for name in (names if kind in SERVED else known) if _leads_on(type_.fields[name])]
            leads_on = bool(links) and self._chance.happens(60 if self._written.linked else 35)
            return self._chance.one(links if leads_on else known)
        further = [name for name in names if name in _ROWS or name[0].isupper() or name.startswith("implant")]
        return self._chance.one(further if further and self._chance.happens(60) else names)

    def _again(self, type_: Composite, scope: Scope, room: int) -> str | None:
        """A field that is selected already, once more under the same key."""
        found = [
            (key, entry)
            for key, entry in scope.entries.items()
            if (name := _own(entry.text)) in type_.fields and str(type_.fields[name].type) == entry.type
        ]
        if not found:
            return None
        key, entry = self._chance.one(found)
        name = _own(entry.text)
        alias = "" if key == name else f"{key}: "
        return alias + entry.text + self._condition() + self._below(type_.fields[name], entry.below, room)

    def _below(self, definition: GraphQLField, scope: Scope, room: int) -> str:
        inside = get_named_type(definition.type)
        return f" {self.body(inside, scope, room - 1)}" if isinstance(inside, Composite) else ""

    def _inline(self, type_: Composite, scope: Scope, room: int) -> str:
        if not is_abstract_type(type_) and self._chance.happens(25):
            return f"...{self._condition()} {self.body(type_, scope, room - 1)}"
        inside = self._narrowed(type_)
        return f"... on {inside.name}{self._condition()} {self.body(inside, scope, room - 1)}"

    def _spread(self, type_: Composite, scope: Scope, room: int) -> str:
        fitting = [
            name
            for name, each in self.fragments.items()
            if do_types_overlap(self._schema, each.condition, type_) and scope.admits_all(each.scope)
        ]
        name = self._chance.one(fitting) if fitting and self._chance.happens(60) else ""
        if not name:
            inside, own = self._narrowed(type_), Scope()
            body = self.body(inside, own, room - 1)
            if not scope.admits_all(own):
                return self.field(type_, "__typename", scope, room)
            name = f"F{len(self.fragments)}"
            self.fragments[name] = Fragment(inside, body, own)
        scope.enter_all(self.fragments[name].scope)
        return f"...{name}{self._condition()}"

    def _narrowed(self, type_: Composite) -> Composite:
        """A type that objects of the given one may be of: a concrete one, itself, or one of its interfaces."""
        if isinstance(type_, GraphQLObjectType):
            itself: tuple[Composite, ...] = (type_, *type_.interfaces)
            return self._chance.one(itself)
        possible: list[Composite] = list(self._schema.get_possible_types(type_))
        known = [each for each in possible if each.name in self._written.elements]
        if self._chance.happens(10):
            return type_
        return self._chance.one(known if known and self._chance.happens(85) else possible)

    def _keyed(self, name: str, text: str, type_name: str, scope: Scope) -> tuple[str, Scope]:
        if scope.admits(name, text, type_name) and not self._chance.happens(12):
            return text, scope.enter(name, text, type_name)
        alias = self._chance.one(_ALIASES)
        if not scope.admits(alias, text, type_name):
            alias, self._aliases = f"a{self._aliases}", self._aliases + 1
        return f"{alias}: {text}", scope.enter(alias, text, type_name)

    def _shaping(self, type_: GraphQLNamedType) -> str:
        if not self._shaped or not self._chance.happens(30):
            return ""
        if not isinstance(type_, Composite):
            return self._chance.one(_SHAPING_LEAF)
        leaf = self._chance.one(_leaves(type_) or ["$index"])
        return self._chance.one(_SHAPING).format(leaf=leaf if self._chance.happens(95) else "where(true)")

    def _condition(self) -> str:
        """`@skip`, `@include`, both or none."""
        if not self._conditions or not self._chance.happens(10):
            return ""
        names = self._chance.weighted(_CONDITIONS)
        return "".join(f" @{name}(if: {self._truth(name)})" for name in names)

    def _truth(self, name: str) -> str:
        """Mostly what lets the field be."""
        truth = (name == "include") != self._chance.happens(25)
        return self.variables.use(self._chance, "Boolean!", truth) if self._chance.happens(50) else literal(truth)


def _leaves(type_: Composite) -> list[str]:
    return [name for name, each in type_.fields.items() if is_leaf_type(get_named_type(each.type)) and not each.args]


def _leads_on(definition: GraphQLField) -> bool:
    type_ = get_named_type(definition.type)
    return _is_reference(type_) or type_.name == "Resource"


def _is_reference(type_: GraphQLNamedType) -> bool:
    return isinstance(type_, GraphQLObjectType) and any(each.name == "Reference" for each in type_.interfaces)


def _own(text: str) -> str:
    """The name of the field that a text selects."""
    found = _NAME.match(text)
    return found[0] if found else ""
