"""Flat Python statements for what an operation reads from documents without asking anybody: most of every answer.

A generated function takes an object of the store and gives the object of the answer; references in it are noted, to be
followed with all others of their level. It knows documents as they should be: at anything else it raises Irregular, and
the object is built field by field (`ObjectPlan.build`), with every error at its path.

    def object_3(source, place=None, run=None):
        if type(source) is not dict: raise Irregular
        note, weight = run.references.append, run.weight
        value_1 = source.get('display')
        if type(value_1) is not str and value_1 is not None: raise Irregular
        value_2 = source.get('identifier')
        if value_2 is not None: value_2 = object_2(value_2)
        built = {'display': value_1, 'identifier': value_2, 'resource': None}
        note((asked_2, source, (place, 'resource', built, False), weight))
        return built

Small objects that one field alone selects are written where they stand, without a function. Only names of GraphQL get
into the text: letters, digits and underscores. Closures alone came first, and were measured slower.
"""

from __future__ import annotations

from collections import Counter
from itertools import count
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from graphql import GraphQLList, is_leaf_type

from app.schema.execution.fields import TYPENAME
from app.schema.execution.plan import Irregular
from app.schema.execution.references import LONG
from app.schema.types.derive import is_anything
from app.schema.types.scalars import passes_all, passes_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from graphql import GraphQLOutputType

    from app.schema.execution.plan import Asked, ObjectPlan

SMALL: Final = 16
"""Fields of an object, with those of objects inside it, that are written where it stands: for more, a call costs little
beside what it does. Python nests twenty loops at the most, each of which is for one of these fields."""

_NOT_TEXT: Final = "type({0}) is not str"
_UNFIT: Final[Mapping[str, str]] = {
    "Boolean": "type({0}) is not bool",
    "Int": "(type({0}) is not int or not -2147483648 <= {0} <= 2147483647)",
}
"""What is true of a value that is not answered as it is, by the name of its scalar."""


class Written(NamedTuple):
    """What is written of a plan: the fields that the text builds, by their keys; whether nothing else is left to build;
    whether references are among them, or below them, which have to know their place; how many fields the text has."""

    direct: Mapping[str, Asked]
    whole: bool
    placed: bool
    fields: int


class Spot(NamedTuple):
    """Where text builds an object: the names of the object of the store, of that of the answer, and of its place."""

    source: str
    built: str
    place: str


def generate(plans: Sequence[ObjectPlan]) -> None:
    """Give each plan the function that builds what it can of its objects; plans stand after those below them."""
    generation = _Generation(plans)
    functions = {plan: generation.function(plan) for plan in plans}
    namespace = generation.namespace
    exec(compile("\n".join(generation.lines), "<plan>", "exec"), namespace)  # noqa: S102 - names of GraphQL and our words
    for plan, name in functions.items():
        if name:
            plan.direct = namespace[name]


class _Generation:
    """The functions of one operation: their lines, and what these refer to."""

    def __init__(self, plans: Sequence[ObjectPlan]) -> None:
        self.lines: list[str] = []
        self.namespace: dict[str, Any] = {"Irregular": Irregular}
        self._numbers = count(1)
        self._functions: dict[ObjectPlan, str] = {}
        selections = [asked for plan in plans for asked in plan.asked.values()]
        self._uses = Counter(below for asked in selections for below in asked.objects.values())
        lists = [asked for asked in selections if isinstance(asked.definition.type, GraphQLList)]
        self._listed = {below for asked in lists for below in asked.objects.values()}
        self._inside: set[ObjectPlan] = set()  # those that are written where the one field stands that selects them
        self._written: dict[ObjectPlan, Written] = {}
        for plan in plans:
            self._written[plan] = self._look(plan)

    def function(self, plan: ObjectPlan) -> str | None:
        """The name of the function for a plan; None where it can build nothing, or stands in another one's text."""
        written = self._written[plan]
        plan.rest = tuple(field for field in plan.fields if field[0] not in written.direct)
        # Long lists are built item by item, each by the function.
        if not written.direct or (plan in self._inside and plan not in self._listed):
            return None
        name = self._functions[plan] = self._named("object", None)
        self.lines.append(f"def {name}(source, place=None, run=None):")
        if written.placed:
            self.lines.append("    note, weight = run.references.append, run.weight")
        self.lines += _deeper(self._object(plan, Spot("source", "built", "place")))
        self.lines.append("    return built")
        return name

    def _look(self, plan: ObjectPlan) -> Written:
        direct = {asked.key: asked for asked in plan.asked.values() if self._is_direct(asked)}
        left = any(key not in direct for key, *_ in plan.fields)
        objects = [_below(asked) for asked in direct.values() if not asked.expected]
        alone = [below for below in objects if below and self._uses[below] == 1]
        inside = [below for below in alone if self._written[below].fields < SMALL]
        self._inside.update(inside)
        return Written(
            direct,
            whole=bool(direct) and not left and plan.type.is_type_of in (None, is_anything),
            placed=any(self._is_placed(asked) for asked in direct.values()),
            fields=len(direct) + sum(self._written[below].fields for below in inside),
        )

    def _is_direct(self, asked: Asked) -> bool:
        """Whether the value is what stands in the document, at least where the document is as it should be."""
        if asked.expected or asked.name == TYPENAME:
            return True
        if not asked.from_document or asked.required:
            return False
        if _is_leaf(asked):
            return _test(asked) is not None
        below = _below(asked)
        return below is not None and self._written[below].whole

    def _is_placed(self, asked: Asked) -> bool:
        below = _below(asked)
        return bool(asked.expected or (below and self._written[below].placed))

    def _object(self, plan: ObjectPlan, at: Spot) -> Iterator[str]:
        """Statements that build an object."""
        yield f"if type({at.source}) is not dict: raise Irregular"
        shown: dict[str, str | None] = dict.fromkeys(plan.asked)
        later = []
        for key, asked in self._written[plan].direct.items():
            if asked.name == TYPENAME:
                shown[key] = repr(plan.type.name)
            elif self._is_placed(asked):
                later.append(asked)
            else:
                shown[key] = value = self._new("value")
                yield f"{value} = {at.source}.get({asked.name!r})"
                yield from _leaf(asked, value) if _is_leaf(asked) else self._value(asked, value)
        yield f"{at.built} = {{{', '.join(f'{key!r}: {value}' for key, value in shown.items())}}}"
        for asked in later:
            if asked.expected:
                yield f"note(({self._named('asked', asked)}, {at.source}, {_place(asked, at)}, weight))"
            else:
                yield from self._placed(asked, at)

    def _value(self, asked: Asked, value: str) -> Iterator[str]:
        """Statements that make objects of the answer, which need not know their place, of the value of a field."""
        yield f"if {value} is not None:"
        if not isinstance(asked.definition.type, GraphQLList):
            yield from _deeper(self._built(asked, Spot(value, value, "")))
            return
        items, item, built = self._new("items"), self._new("item"), self._new("built")
        yield f"    if type({value}) is not list or len({value}) > {LONG}: raise Irregular"
        yield f"    {items} = []"
        yield f"    for {item} in {value}:"
        yield f"        if {item} is None: {items}.append(None); continue"
        yield from _deeper(self._built(asked, Spot(item, built, "")), 2)
        yield f"        {items}.append({built})"
        yield f"    {value} = {items}"

    def _placed(self, asked: Asked, at: Spot) -> Iterator[str]:
        """Statements that put objects, which have to know their place, into the object that holds them."""
        value, built, place = self._new("value"), self._new("built"), self._new("place")
        yield f"{value} = {at.source}.get({asked.name!r})"
        yield f"if {value} is not None:"
        if not isinstance(asked.definition.type, GraphQLList):
            yield f"    {place} = {_place(asked, at)}"
            yield from _deeper(self._built(asked, Spot(value, built, place)))
            yield f"    {at.built}[{asked.key!r}] = {built}"
            return
        items, item, index, here = self._new("items"), self._new("item"), self._new("index"), self._new("place")
        yield f"    if type({value}) is not list or len({value}) > {LONG}: raise Irregular"
        yield f"    {items} = {at.built}[{asked.key!r}] = [None] * len({value})"
        yield f"    {here} = {_place(asked, at)}"
        yield f"    for {index}, {item} in enumerate({value}):"
        yield f"        if {item} is None: continue"
        yield f"        {place} = ({here}, {index}, {items}, False)"
        yield from _deeper(self._built(asked, Spot(item, built, place)), 2)
        yield f"        {items}[{index}] = {built}"

    def _built(self, asked: Asked, at: Spot) -> Iterable[str]:
        """Statements that build an object in a field: in their place, or by its function."""
        plan = _below(asked)
        if plan is None:
            raise TypeError("it is direct")
        if plan in self._inside:
            return self._object(plan, at)
        place = f", {at.place}, run" if self._written[plan].placed else ""
        return [f"{at.built} = {self._functions[plan]}({at.source}{place})"]

    def _new(self, word: str) -> str:
        return f"{word}_{next(self._numbers)}"

    def _named(self, word: str, value: object) -> str:
        name = self._new(word)
        self.namespace[name] = value
        return name


def _leaf(asked: Asked, value: str) -> Iterator[str]:
    test = _test(asked)
    if isinstance(asked.definition.type, GraphQLList):
        yield f"if {value} is not None:"
        yield f"    if type({value}) is not list: raise Irregular"
        if test:
            yield f"    for item in {value}:"
            yield f"        if {test.format('item')} and item is not None: raise Irregular"
    elif test:
        yield f"if {test.format(value)} and {value} is not None: raise Irregular"


def _deeper(lines: Iterable[str], levels: int = 1) -> Iterator[str]:
    return ("    " * levels + line for line in lines)


def _place(asked: Asked, at: Spot) -> str:
    return f"({at.place}, {asked.key!r}, {at.built}, False)"


def _item(asked: Asked) -> GraphQLOutputType:
    type_ = asked.definition.type
    return type_.of_type if isinstance(type_, GraphQLList) else type_


def _is_leaf(asked: Asked) -> bool:
    return is_leaf_type(_item(asked))


def _below(asked: Asked) -> ObjectPlan | None:
    """The plan of its objects; None where it has none."""
    return asked.objects.get(getattr(_item(asked), "name", ""))


def _test(asked: Asked) -> str | None:
    """What is true of values that are not answered as they are; "" where all are; None where nobody knows."""
    name = getattr(_item(asked), "name", "")
    if passes_all(name):
        return ""
    return _NOT_TEXT if passes_text(name) else _UNFIT.get(name)
