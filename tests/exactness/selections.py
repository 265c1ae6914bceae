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
    is_required_argument,
)
from graphql.utilities.type_comparators import do_types_overlap

from app.fhir.served import SERVED
from tests.exactness.literals import literal
from tests.exactness.scope import Scope
from tests.exactness.values import target_of, value
from tests.exactness.variables import Variables

if TYPE_CHECKING:
    from graphql import GraphQLArgument, GraphQLField, GraphQLNamedType, GraphQLSchema

    from tests.exactness.chance import Chance
    from tests.exactness.documents import Written

Composite = GraphQLObjectType | GraphQLInterfaceType

_ALIASES: Final = ("length", "x", "id", "resource", "name", "items", "get", "_id", "status")
"""Some are names of elements, or of what Python objects have."""

_ROWS: Final = ("edges", "node", "resource")
"""Fields that lead from lists to what is in them."""

_USUAL: Final = ("_count", "_sort", "_id", "_filter", "_offset", "_cursor", "first", "after", "last", "before", "id")
_SHAPING_LEAF: Final = ("@first", "@singleton", '@slice(path: "$index")', '@slice(path: "$this")')
_SHAPING: Final = (
    *("@flatten", "@flatten", "@first", "@singleton", "@flatten @first", "@flatten @singleton"),
    *('@slice(path: "{leaf}")', '@flatten @slice(path: "{leaf}")', '@slice(path: "$index")', "@flatten"),
)
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
        arguments = self._arguments(type_, name, definition)
        text = " ".join(filter(None, (name + arguments, self._shaping(get_named_type(definition.type)))))
        written, below = self._keyed(name, text, str(definition.type), scope)
        return written + self._condition() + self._below(definition, below, room)

    def _selection(self, type_: Composite, scope: Scope, room: int) -> str:
        abstract = is_abstract_type(type_)
        turn = self._chance.below(100)
        if room <= 0:
            return self.field(type_, self._name(type_, room), scope, room)
        if turn >= (35 if abstract else 90):
            return self._inline(type_, scope, room)
        if turn >= (20 if abstract else 82):
            return self._spread(type_, scope, room) if self._spreads else self._inline(type_, scope, room)
        if turn >= (18 if abstract else 74) and (again := self._again(type_, scope, room)):
            return again
        if turn < 5:
            return self.field(type_, "__typename", scope, room)
        return self.field(type_, self._name(type_, room), scope, room)

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
            return self._chance.one(
                links if links and self._chance.happens(60 if self._written.linked else 35) else known
            )
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

    def _arguments(self, type_: Composite, name: str, definition: GraphQLField) -> str:
        required = [each for each, argument in definition.args.items() if is_required_argument(argument)]
        chosen = {*required, *(("lot",) if "lot" in definition.args and self._chance.happens(85) else ())}
        usual = [each for each in _USUAL if each in definition.args]
        if usual and self._chance.happens(25):
            chosen.add(self._chance.one(usual))
        if definition.args and self._chance.happens(10 if type_.name == "Query" else 25):
            chosen.update(self._chance.some(definition.args.keys(), 2))
        written = [
            self._argument(type_.name, name, each, definition.args[each]) for each in definition.args if each in chosen
        ]
        return f"({', '.join(written)})" if written else ""

    def _argument(self, type_name: str, field: str, name: str, definition: GraphQLArgument) -> str:
        kind = str(definition.type)
        sent = value(self._chance, type_name, field, name, kind)
        ids = [id_ for known, id_ in self._written.keys if known == target_of(field)]
        if name == "id" and type_name == "Query" and ids and self._chance.happens(75):
            sent = self._chance.one(ids)
        if self._chance.happens(25):
            return f"{name}: {self.variables.use(self._chance, kind, sent)}"
        if kind == "[String]" and self._chance.happens(15):
            return f"{name}: [{self.variables.use(self._chance, 'String', 'x')}, {literal('a')}]"
        if isinstance(sent, dict) and sent and self._chance.happens(15):
            return f"{name}: {literal(sent)[:-1]}, language: {self.variables.use(self._chance, 'String', 'fr')}}}"
        absent = self._chance.happens(3) and not is_required_argument(definition)
        return f"{name}: {'null' if absent else literal(sent)}"

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
        names = self._chance.one(
            (("include",), ("skip",), ("include",), ("skip",), ("skip", "include"), ("include", "skip"))
        )
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
