"""The JSON form of each FHIR type, prepared once: which property names it has and what stands behind each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from app.fhir.elements import Element, TypeDefinition, type_definition
from app.profiles.bindings import Concepts, Form, concepts_of, form_of
from app.profiles.invariants import invariants_of
from app.profiles.narrowed import primitive_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.fhir.resource import Json
    from app.profiles.invariant import Invariant
    from app.profiles.primitives import Primitive


@dataclass(frozen=True, slots=True)
class Property:
    """A property of a JSON object: the element it holds; `sibling` is the "_name" of a primitive element."""

    element: Element
    primitive: Primitive | None
    codes: frozenset[str]
    concepts: Concepts | None
    form: Form | None
    sibling: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """A choice of types such as performed[x]; `keys` are the names of its members in JSON, with and without "_"."""

    name: str
    members: tuple[Element, ...]
    required: bool
    keys: frozenset[str]


@dataclass(frozen=True, slots=True)
class Shape:
    """What a JSON object of one FHIR type may and must hold."""

    name: str
    resource: bool
    properties: Mapping[str, Property]
    required: tuple[Element, ...]
    choices: tuple[Choice, ...]
    invariants: tuple[Invariant, ...]


@cache
def shape(type_name: str) -> Shape:
    """The shape of a resource, data type or backbone type. Raises UnknownType."""
    definition = type_definition(type_name)
    return Shape(
        name=type_name,
        resource=definition.resource,
        properties=MappingProxyType(_properties(definition)),
        required=tuple(element for element in definition.elements.values() if element.required),
        choices=_choices(definition),
        invariants=invariants_of(type_name),
    )


def present(value: Mapping[str, Json], element: Element) -> bool:
    """Whether an element is there: by a value or, for a primitive, by extensions; a bare id is not enough."""
    if value.get(element.name) not in _NOTHING:
        return True
    return element.primitive and _extended(value.get("_" + element.name))


_NOTHING: tuple[Json, ...] = (None, [])


def _extended(sibling: Json) -> bool:
    if isinstance(sibling, list):
        return any(_extended(item) for item in sibling if isinstance(item, dict))
    return isinstance(sibling, dict) and bool(sibling.get("extension"))


def _properties(definition: TypeDefinition) -> dict[str, Property]:
    properties: dict[str, Property] = {}
    for element in definition.elements.values():
        primitive = primitive_of(definition.name, element.name, element.type) if element.primitive else None
        codes = frozenset(element.codes) if element.type == "code" else frozenset()
        held = Property(
            element,
            primitive,
            codes,
            concepts=concepts_of(definition.name, element.name),
            form=form_of(definition.name, element.name),
        )
        properties[element.name] = held
        if primitive:
            properties["_" + element.name] = replace(held, sibling=True)
    return properties


def _choices(definition: TypeDefinition) -> tuple[Choice, ...]:
    groups: dict[str, list[Element]] = {}
    for element in definition.elements.values():
        if element.choice:
            groups.setdefault(element.choice, []).append(element)
    return tuple(
        Choice(
            name=name,
            members=tuple(members),
            required=name in definition.required_choices,
            keys=frozenset(prefix + member.name for member in members for prefix in ("", "_")),
        )
        for name, members in groups.items()
    )
