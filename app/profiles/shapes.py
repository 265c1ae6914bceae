"""The JSON form of each FHIR type, prepared once: which property names it has and what stands behind each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from app.fhir.elements import Element, TypeDefinition, type_definition
from app.profiles.bindings import Concepts, Form, concepts_of, form_of
from app.profiles.choices import choice_rules
from app.profiles.invariants import invariants_of
from app.profiles.narrowed import primitive_of
from app.profiles.plain import plain_test
from app.profiles.structure import required_rules

if TYPE_CHECKING:
    from app.profiles.finding import Rule
    from app.profiles.plain import Test
    from app.profiles.primitives import Primitive


@dataclass(frozen=True, slots=True)
class Property:
    """A property of a JSON object: the element it holds; `sibling` is the "_name" of a primitive element.

    `plain` tells of a primitive value without a sibling whether it is right in every respect."""

    element: Element
    primitive: Primitive | None
    codes: frozenset[str]
    concepts: Concepts | None
    form: Form | None
    plain: Test | None
    sibling: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """What a JSON object of one FHIR type may hold, and the `rules` for such an object as a whole."""

    name: str
    resource: bool
    properties: dict[str, Property]  # no proxy: it is asked for each property of each document
    rules: tuple[Rule, ...]


@cache
def shape(type_name: str) -> Shape:
    """The shape of a resource, data type or backbone type. Raises UnknownType."""
    definition = type_definition(type_name)
    return Shape(
        name=type_name,
        resource=definition.resource,
        properties=_properties(definition),
        rules=(
            *required_rules(definition),
            *choice_rules(definition),
            *(invariant.findings for invariant in invariants_of(type_name)),
        ),
    )


def _properties(definition: TypeDefinition) -> dict[str, Property]:
    properties: dict[str, Property] = {}
    for element in definition.elements.values():
        primitive = primitive_of(definition.name, element.name, element.type) if element.primitive else None
        codes = frozenset(element.codes) if element.type == "code" else frozenset()
        form = form_of(definition.name, element.name)
        held = Property(
            element,
            primitive,
            codes,
            concepts=concepts_of(definition.name, element.name),
            form=form,
            plain=plain_test(primitive, codes, form, many=element.many) if primitive else None,
        )
        properties[element.name] = held
        if primitive:
            properties["_" + element.name] = replace(held, sibling=True)
    return properties
