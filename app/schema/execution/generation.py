"""Flat Python statements for what an operation reads from documents without asking anybody: most of every answer.

A generated function takes an object of the store and gives the object of the answer; references in it are noted, to be
followed with all others of their level. It knows documents as they should be: at anything else it raises Irregular, and
the object is built field by field (`ObjectPlan.build`), with every error at its path.

    def object_3(source, place, run):
        if source.__class__ is not dict: raise Irregular
        get = source.get
        v0 = get('display')
        if v0 is not None and v0.__class__ is not str: raise Irregular
        v1 = get('identifier')
        if v1 is not None: v1 = object_2(v1)
        built = {'display': v0, 'identifier': v1, 'resource': None}
        run.references.append((asked_2, 'Patient', source, (place, 'resource', built, False), run.weight))
        return built

Only names of GraphQL get into the text: letters, digits and underscores. Closures alone came first, and
were measured slower.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from graphql import GraphQLList, is_leaf_type

from app.schema.execution.fields import TYPENAME, definition_of
from app.schema.execution.plan import Irregular
from app.schema.execution.references import ROWS
from app.schema.types.derive import is_anything
from app.schema.types.scalars import passes_all, passes_text
from app.schema.types.target import TargetField

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from graphql import GraphQLOutputType

    from app.schema.execution.plan import Asked, ObjectPlan

_NOT_TEXT: Final = "{0}.__class__ is not str"
_UNFIT: Final[Mapping[str, str]] = {
    "Boolean": "{0}.__class__ is not bool",
    "Int": "({0}.__class__ is not int or not -2147483648 <= {0} <= 2147483647)",
}
"""What is true of a value that is not answered as it is, by the name of its scalar."""


def generate(plans: Sequence[ObjectPlan]) -> None:
    """Give each plan the function that builds what it can of its objects; plans stand after those below them."""
    generation = _Generation()
    functions = {plan: generation.function(plan) for plan in plans}
    namespace = generation.namespace
    exec(compile("\n".join(generation.lines), "<plan>", "exec"), namespace)  # noqa: S102 - names of GraphQL and our words
    for plan, name in functions.items():
        if name:
            plan.direct = namespace[name]


class _Generation:
    """The functions of one operation: their lines, and what these refer to."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.namespace: dict[str, Any] = {"Irregular": Irregular}
        self._whole: dict[ObjectPlan, str] = {}  # the functions of the plans of which nothing is left to build
        self._placed: set[ObjectPlan] = set()  # those that have references, which have to know their place

    def function(self, plan: ObjectPlan) -> str | None:
        """The name of the function for a plan; None where it can build nothing."""
        direct = {asked.key: asked for asked in plan.asked.values() if self._is_direct(asked)}
        if not direct:
            return None
        name = f"object_{len(self.namespace)}"
        self.namespace[name] = None
        self.lines.append(f"def {name}(source, place=None, run=None):")
        self.lines += (f"    {line}" for line in self._body(plan, direct))
        if any(self._is_placed(asked) for asked in direct.values()):
            self._placed.add(plan)
        plan.rest = tuple(field for field in plan.fields if field[0] not in direct)
        if not plan.rest and plan.type.is_type_of in (None, is_anything):
            self._whole[plan] = name
        return name

    def _is_direct(self, asked: Asked) -> bool:
        """Whether the value is what stands in the document, at least where the document is as it should be."""
        if isinstance(definition_of(asked.definition), TargetField) or asked.name == TYPENAME:
            return True
        if not asked.from_document or asked.required:
            return False
        type_ = _item(asked.definition.type)
        return _test(type_) is not None if is_leaf_type(type_) else self._below(asked) in self._whole

    def _below(self, asked: Asked) -> ObjectPlan | None:
        """The plan of its objects; None where it has none."""
        return asked.objects.get(getattr(_item(asked.definition.type), "name", ""))

    def _is_placed(self, asked: Asked) -> bool:
        return self._below(asked) in self._placed or isinstance(definition_of(asked.definition), TargetField)

    def _body(self, plan: ObjectPlan, direct: Mapping[str, Asked]) -> Iterator[str]:
        yield "if source.__class__ is not dict: raise Irregular"
        yield "get = source.get"
        shown: dict[str, str | None] = dict.fromkeys(plan.asked)
        for number, (key, asked) in enumerate(direct.items()):
            if asked.name == TYPENAME:
                shown[key] = repr(plan.type.name)
            elif not self._is_placed(asked):
                value = shown[key] = f"v{number}"
                yield f"{value} = get({asked.name!r})"
                leaf = is_leaf_type(_item(asked.definition.type))
                yield from _leaf(asked, value) if leaf else self._values(asked, value)
        yield f"built = {{{', '.join(f'{key!r}: {value}' for key, value in shown.items())}}}"
        for key, asked in direct.items():
            definition = definition_of(asked.definition)
            if isinstance(definition, TargetField):
                reference = f"{self._named(asked)}, {definition.expected!r}, source, {_at(key)}, run.weight"
                yield f"run.references.append(({reference}))"
            elif self._is_placed(asked):
                yield from self._objects(asked, key)
        yield "return built"

    def _values(self, asked: Asked, value: str) -> Iterator[str]:
        """Objects that need not know their place."""
        build = self._whole[asked.objects[_item(asked.definition.type).name]]  # type: ignore[union-attr] # it is direct
        if not isinstance(asked.definition.type, GraphQLList):
            yield f"if {value} is not None: {value} = {build}({value})"
            return
        yield f"if {value} is not None:"
        yield f"    if {value}.__class__ is not list or len({value}) > {ROWS}: raise Irregular"
        yield f"    {value} = [None if item is None else {build}(item) for item in {value}]"

    def _objects(self, asked: Asked, key: str) -> Iterator[str]:
        build = self._whole[asked.objects[_item(asked.definition.type).name]]  # type: ignore[union-attr] # it is direct
        yield f"value = get({asked.name!r})"
        yield "if value is not None:"
        if not isinstance(asked.definition.type, GraphQLList):
            yield f"    built[{key!r}] = {build}(value, {_at(key)}, run)"
            return
        yield f"    if value.__class__ is not list or len(value) > {ROWS}: raise Irregular"
        yield f"    items = built[{key!r}] = [None] * len(value)"
        yield f"    here = {_at(key)}"
        yield "    for index, item in enumerate(value):"
        yield f"        if item is not None: items[index] = {build}(item, (here, index, items, False), run)"

    def _named(self, asked: Asked) -> str:
        name = f"asked_{len(self.namespace)}"
        self.namespace[name] = asked
        return name


def _leaf(asked: Asked, value: str) -> Iterator[str]:
    type_ = asked.definition.type
    test = _test(_item(type_))
    if isinstance(type_, GraphQLList):
        yield f"if {value} is not None:"
        yield f"    if {value}.__class__ is not list: raise Irregular"
        if test:
            yield f"    for item in {value}:"
            yield f"        if item is not None and {test.format('item')}: raise Irregular"
    elif test:
        yield f"if {value} is not None and {test.format(value)}: raise Irregular"


def _at(key: str) -> str:
    return f"(place, {key!r}, built, False)"


def _item(type_: GraphQLOutputType) -> GraphQLOutputType:
    return type_.of_type if isinstance(type_, GraphQLList) else type_


def _test(type_: GraphQLOutputType) -> str | None:
    """What is true of values that are not answered as they are; "" where all are; None where nobody knows."""
    name = getattr(type_, "name", "")
    if passes_all(name):
        return ""
    return _NOT_TEXT if passes_text(name) else _UNFIT.get(name)
