"""GraphQL types made from the FHIR definitions in two steps: a class for every type, then the fields of each.

A backbone type has its official name (`ProcedurePerformer`); every primitive has its `_name: ElementBase` sibling;
a reference has one concrete type per single served target (`DeviceReference`), else `ResourceReference`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.fhir.elements import type_definition
from app.fhir.served import SERVED
from app.schema.types.fields import ResolvedField, argument, define, document_field, list_of, nullable
from app.schema.types.scalars import FHIR, scalar_for

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

    `resolve_reference(source, info, optional, type, expected)` answers `resource` of a reference; `expected` is the one
    type that the schema promises there, or "Resource". `add` puts hand-written fields on top of a type."""

    def __init__(self, resolve_reference: Callable[..., object]) -> None:
        self._resolve_reference = resolve_reference
        self._fields: dict[str, list[StrawberryField]] = {}
        self.classes: dict[str, type] = {}
        self._define_interfaces()
        for name in sorted(_reachable()):
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
        cls = self._class(name, {"is_type_of": staticmethod(_is_anything)})
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
            yield document_field("extension", list_of(self.classes["Extension"]), "What extends or replaces the value.")
        elif name in self._targets:
            yield from self._elements("Reference")
            yield self._target_field(self._targets[name])
        else:
            if name in (ANY, OTHER) or type_definition(name).resource:
                yield document_field("resourceType", nullable(scalar_for("code")), "The resource's FHIR type.")
            yield from self._elements(ANY if name == OTHER else name)
            if name == OTHER:
                yield _raw_field()

    def _elements(self, name: str) -> Iterator[StrawberryField]:
        for element in type_definition(name).elements.values():
            many = list_of if element.many else nullable
            yield document_field(element.name, many(self._type_of(element)), _described(element))
            if element.primitive and element.name != "id":
                sibling = many(self.classes["ElementBase"])
                yield document_field(f"_{element.name}", sibling, f"Id and extensions of {element.name}.")

    def _type_of(self, element: Element) -> GraphQLType:
        if element.primitive:
            # An element's id is a string in R4; GraphQL clients expect ID.
            return scalar_for("id" if element.name == "id" else element.type)
        if element.type == "Reference":
            return self.classes[f"{_target(element)}Reference"]
        return self.classes[element.type]

    def _target_field(self, target: str) -> StrawberryField:
        def resolve(source: Json, info: Any, optional: bool = False, type: str | None = None) -> object:  # noqa: A002
            return self._resolve_reference(source, info, optional=optional, type=type, expected=target)

        return ResolvedField.of(
            "resource",
            nullable(self.classes[target]),
            "The resource that is referred to. One that cannot be found is null with an error.",
            resolve,
            [
                argument("optional", nullable(bool), "Null without an error where it cannot be found."),
                argument("type", nullable(str), "Null without an error where it is of another type."),
            ],
        )


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


def _is_anything(_value: Json, _info: object) -> bool:
    return True
