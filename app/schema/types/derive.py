"""GraphQL types made from the FHIR definitions in two steps: a class for every type, then the fields of each.

A backbone type has its official name (`ProcedurePerformer`); every primitive has its `_name: ElementBase` sibling;
a reference has one concrete type per single served target (`DeviceReference`), else `ResourceReference`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.fhir.elements import type_definition
from app.fhir.served import SERVED
from app.schema.types.fields import ResolvedField, define, document_field, list_of, nullable
from app.schema.types.navigation import Arguments, ListElement
from app.schema.types.scalars import FHIR, scalar_for
from app.schema.types.target import TargetField

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from strawberry.types.field import StrawberryField

    from app.fhir.elements import Element
    from app.fhir.resource import Json
    from app.schema.types.fields import GraphQLType

ANY = "Resource"
OTHER = "OtherResource"


class FhirTypes:
    """Every GraphQL type that mirrors FHIR, by name.

    `resolve_reference(source, info, wanted)` answers `resource` of a reference. `add` puts hand-written fields on top
    of a type. `lists` are the fields with arguments for navigation, which `answer_navigation` makes work."""

    def __init__(self, resolve_reference: Callable[..., object]) -> None:
        self._resolve_reference = resolve_reference
        self._fields: dict[str, list[StrawberryField]] = {}
        self.classes: dict[str, type] = {}
        self.lists: list[ListElement] = []
        self._arguments = Arguments()
        self._define_interfaces()
        reachable = _reachable()
        self._paths = _fhir_paths(reachable)
        for name in sorted(reachable):
            self._define(name)
        self._targets = {f"{target}Reference": target for target in sorted(_single_targets())}
        for name, target in self._targets.items():
            self._define_reference(name, target)
        self._targets["Reference"] = ANY
        for name, fields in self._fields.items():
            fields.extend(self._fields_of(name))

    def add(self, name: str, fields: Iterable[StrawberryField]) -> None:
        """Put fields on top of a type. Raises ValueError where one would hide a FHIR element."""
        mine = self._fields[name]
        taken = {field.graphql_name for field in mine}
        for field in fields:
            if field.graphql_name in taken:
                raise ValueError(f"{name}.{field.graphql_name} would hide a FHIR element")
            mine.append(field)

    def _define_interfaces(self) -> None:
        resource = self._class(ANY, {"resolve_type": staticmethod(_type_of_resource)})
        define(resource, self._fields[ANY], description="Any FHIR resource.", is_interface=True)
        reference = self._class("Reference", {"resolve_type": staticmethod(_no_reference_type)})
        define(
            reference,
            self._fields["Reference"],
            description="What every reference has; for fragments.",
            is_interface=True,
        )
        base = self._class("ElementBase", {})
        define(base, self._fields["ElementBase"], description="The id and the extensions of a primitive value.")
        other = self._class(OTHER, {"is_type_of": staticmethod(_is_other)})
        define(
            other,
            self._fields[OTHER],
            description="A resource of a type that this server does not serve, as found in `contained` or in a Bundle.",
            interfaces=[resource],
        )

    def _define(self, name: str) -> None:
        definition = type_definition(name)
        attributes = {"is_type_of": staticmethod(_is_of_type(name))} if definition.resource else {}
        cls = self._class(name, attributes)
        interfaces = [self.classes[ANY]] if definition.resource else []
        define(cls, self._fields[name], description=definition.short or name, interfaces=interfaces)

    def _define_reference(self, name: str, target: str) -> None:
        cls = self._class(name, {"is_type_of": staticmethod(is_anything)})
        what = "any resource" if target == ANY else target
        define(
            cls,
            self._fields[name],
            description=f"A reference to {what}.",
            interfaces=[self.classes["Reference"]],
        )

    def _class(self, name: str, attributes: dict[str, Any]) -> type:
        self._fields[name] = []
        self.classes[name] = type(name, (), {"__module__": __name__, **attributes})
        return self.classes[name]

    def _fields_of(self, name: str) -> Iterator[StrawberryField]:
        if name == "ElementBase":
            yield document_field("id", nullable(scalar_for("id")), "The element's id inside the resource.")
            extension = type_definition("Element").elements["extension"]
            yield self._element_field(name, extension, "What extends or replaces the value.")
        elif name in self._targets:
            yield from self._elements(name, "Reference")
            yield self._target_field(self._targets[name])
        else:
            if name in (ANY, OTHER) or type_definition(name).resource:
                yield document_field("resourceType", nullable(scalar_for("code")), "The resource's FHIR type.")
            yield from self._elements(name, ANY if name == OTHER else name)
            if name == OTHER:
                yield _raw_field()

    def _elements(self, name: str, fhir_name: str) -> Iterator[StrawberryField]:
        """The fields of a GraphQL type for the elements of a FHIR type."""
        for element in type_definition(fhir_name).elements.values():
            yield self._element_field(name, element, _described(element))
            if element.primitive and element.name != "id":
                many = list_of if element.many else nullable
                sibling = many(self.classes["ElementBase"])
                yield document_field(f"_{element.name}", sibling, f"Id and extensions of {element.name}.")

    def _element_field(self, name: str, element: Element, description: str) -> StrawberryField:
        if not element.many:
            return document_field(element.name, nullable(self._type_of(element)), description)
        self.lists.append(ListElement(name, element.name, self._paths.get(element.type, element.type)))
        type_ = list_of(self._type_of(element))
        return document_field(element.name, type_, description, self._arguments.of(element))

    def _type_of(self, element: Element) -> GraphQLType:
        if element.primitive:
            # An element's id is a string in R4; GraphQL clients expect ID.
            return scalar_for("id" if element.name == "id" else element.type)
        if element.type == "Reference":
            return self.classes[f"{_target(element)}Reference"]
        return self.classes[element.type]

    def _target_field(self, target: str) -> StrawberryField:
        return TargetField.to(target, nullable(self.classes[target]), self._resolve_reference)


def _reachable() -> set[str]:
    """The names of all complex types that can occur in a served resource, themselves included."""
    found: set[str] = set()
    waiting = [*SERVED, "OperationOutcome"]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        waiting.extend(e.type for e in type_definition(name).elements.values() if not e.primitive)
    return found - {ANY, "Reference"}


def _fhir_paths(names: Iterable[str]) -> dict[str, str]:
    """The FHIR path of every backbone type by its GraphQL name: Procedure.performer for ProcedurePerformer."""
    owners = [(owner, element) for owner in names for element in type_definition(owner).elements.values()]
    own = {
        element.type: (owner, element.name)
        for owner, element in owners
        if not element.primitive and element.type == owner + element.name[0].upper() + element.name[1:]
    }

    def path(name: str) -> str:
        if name not in own:
            return name
        owner, element = own[name]
        return f"{path(owner)}.{element}"

    return {name: path(name) for name in own}


def _single_targets() -> set[str]:
    elements = [e for name in _reachable() for e in type_definition(name).elements.values()]
    return {_target(element) for element in elements if element.type == "Reference"} | {ANY}


def _target(element: Element) -> str:
    """The one served type that a reference may point at, or "Resource"."""
    only = element.targets[0] if len(element.targets) == 1 else ANY
    return only if only in SERVED else ANY


def _described(element: Element) -> str:
    parts = [element.short or element.name]
    if element.codes and " | " not in element.short:
        parts.append(f"one of: {', '.join(element.codes)}")
    if element.targets and element.targets != (ANY,):
        parts.append(f"refers to {', '.join(element.targets)}")
    return "; ".join(part.rstrip(".") for part in parts)


def _raw_field() -> StrawberryField:
    def raw(source: Json, _info: object) -> Json:
        return source

    return ResolvedField.of("raw", nullable(FHIR), "The whole resource as raw FHIR JSON.", raw)


def _type_of_resource(value: Json, _info: object, _abstract: object) -> str:
    name = value.get("resourceType") if isinstance(value, dict) else None
    return name if name in SERVED or name == "OperationOutcome" else OTHER


def _no_reference_type(_value: Json, _info: object, _abstract: object) -> str:
    raise TypeError("no field has the interface Reference as its type")


def _is_of_type(name: str) -> Callable[[Json, object], bool]:
    def is_type_of(value: Json, _info: object) -> bool:
        return isinstance(value, dict) and value.get("resourceType") == name

    return is_type_of


def _is_other(value: Json, _info: object) -> bool:
    return isinstance(value, dict)


def is_anything(_value: Json, _info: object) -> bool:
    """That a value is a reference nobody can tell by looking at it."""
    return True
