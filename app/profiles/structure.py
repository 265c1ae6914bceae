"""The JSON form of a resource: names, arrays, nothing empty, null only to keep two arrays in step.

Source: https://hl7.org/fhir/R4/json.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from app.fhir.elements import is_resource_type
from app.profiles.finding import Finding, Kind
from app.profiles.presence import present

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from app.fhir.elements import TypeDefinition
    from app.fhir.resource import Json
    from app.profiles.finding import Rule
    from app.profiles.shapes import Property

NOT_A_RESOURCE = Kind(
    "resource",
    "structure",
    "{path} must be a JSON object with a resourceType.",
    "{path} doit être un objet JSON muni d’un resourceType.",
)
TYPE_MISSING = Kind(
    "resourceType",
    "required",
    "{path} has no resourceType. Add it; it names an R4 resource type, such as Procedure.",
    "{path} n’a pas de resourceType. Ajoutez-le ; il nomme un type de ressource R4, comme Procedure.",
)
TYPE_UNKNOWN = Kind(
    "resourceType",
    "not-supported",
    "The resourceType of {path} is not the name of an R4 resource type. Correct it.",
    "Le resourceType de {path} n’est pas le nom d’un type de ressource R4. Corrigez-le.",
)
TYPE_UNEXPECTED = Kind(
    "resourceType",
    "value",
    "{path} must be of type {expected}. Send it where its own type is expected.",
    "{path} doit être de type {expected}. Envoyez-la là où son propre type est attendu.",
)
UNKNOWN = Kind(
    "unknown",
    "structure",
    "{path} is not an element of {type} in R4. Remove it or correct its name.",
    "{path} n’est pas un élément de {type} en R4. Retirez-le ou corrigez son nom.",
)
UNKNOWN_UNNAMED = Kind(
    "unknown",
    "structure",
    "{path} has a property that is not an element of {type} in R4, with a name no element can have. Remove it.",
    "{path} a une propriété qui n’est pas un élément de {type} en R4, d’un nom qu’aucun élément ne peut avoir. "
    "Retirez-la.",
)
NOT_A_LIST = Kind(
    "array",
    "structure",
    "{path} may repeat, so it must be a JSON array, also with one item.",
    "{path} est répétable : ce doit être un tableau JSON, même pour un seul élément.",
)
A_LIST = Kind(
    "array",
    "structure",
    "{path} does not repeat, so it must not be a JSON array.",
    "{path} n’est pas répétable : ce ne doit pas être un tableau JSON.",
)
EMPTY_LIST = Kind(
    "empty",
    "structure",
    "{path} is an empty array. Leave the property out.",
    "{path} est un tableau vide. Omettez la propriété.",
)
EMPTY_OBJECT = Kind(
    "empty",
    "structure",
    "{path} is an empty object. Fill it or leave it out.",
    "{path} est un objet vide. Complétez-le ou omettez-le.",
)
NULL = Kind(
    "null",
    "structure",
    "{path} is null. Leave it out; null is only for an item of a primitive array with extensions in the array beside.",
    "{path} est null. Omettez-le ; null n’est permis que pour un élément d’un tableau de primitives ayant des "
    "extensions dans le tableau voisin.",
)
NOT_AN_OBJECT = Kind(
    "json-type",
    "structure",
    "{path} must be a JSON object, as every {type} is.",
    "{path} doit être un objet JSON, comme tout {type}.",
)
MISALIGNED = Kind(
    "alignment",
    "structure",
    "{path} and the array of its extensions beside it must have the same length. Fill the gaps with null.",
    "{path} et le tableau voisin de ses extensions doivent avoir la même longueur. Comblez les trous par null.",
)
MISSING = Kind(
    "min",
    "required",
    "{path} is missing and R4 requires it. Add it.",
    "{path} est absent alors que R4 l’exige. Ajoutez-le.",
)
NO_CONTENT = Kind(
    "ele-1",
    "invariant",
    "{path} has neither a value nor anything but an id. Give it a value or extensions, or leave it out.",
    "{path} n’a ni valeur ni rien d’autre qu’un id. Donnez-lui une valeur ou des extensions, ou omettez-le.",
)
TOO_DEEP = Kind(
    "depth",
    "too-costly",
    "{path} is nested more than {most} elements deep; nothing below it was checked. Flatten the resource.",
    "{path} est imbriqué à plus de {most} niveaux ; rien n’a été vérifié en dessous. Aplatissez la ressource.",
)

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


def resource_findings(value: Json) -> Iterator[Finding]:
    """What keeps a value from being a resource of a known type."""
    if not isinstance(value, dict):
        yield Finding(NULL if value is None else NOT_A_RESOURCE)
        return
    kind = value.get("resourceType")
    if kind is None:
        yield Finding(TYPE_MISSING)
    elif not (isinstance(kind, str) and is_resource_type(kind)):
        yield Finding(TYPE_UNKNOWN)


def unknown_findings(name: Json, type_name: str) -> Iterator[Finding]:
    """A property that the type does not have; its name is repeated only where it looks like a name."""
    named = isinstance(name, str) and _NAME.fullmatch(name)
    yield (
        Finding(UNKNOWN, f".{name}", {"type": type_name})
        if named
        else Finding(UNKNOWN_UNNAMED, facts={"type": type_name})
    )


def required_rules(definition: TypeDefinition) -> tuple[Rule, ...]:
    """The rule that what R4 requires of a type is there; none where it requires nothing."""
    required = [element for element in definition.elements.values() if element.required]
    names = [element.name for element in required]

    def rule(value: Mapping[str, Json]) -> Iterable[Finding]:
        if all(map(value.get, names)):
            return ()
        return [Finding(MISSING, f".{element.name}") for element in required if not present(value, element)]

    return (rule,) if required else ()


def object_findings(value: Json, type_name: str) -> Iterator[Finding]:
    """What keeps a value from being the JSON object of a complex type."""
    if value is None:
        yield Finding(NULL)
    elif not isinstance(value, dict):
        yield Finding(A_LIST if isinstance(value, list) else NOT_AN_OBJECT, facts={"type": type_name})
    elif not value:
        yield Finding(EMPTY_OBJECT)
    elif value.keys() == {"id"}:
        yield Finding(NO_CONTENT, rule=NO_CONTENT.aspect)


def array_findings(items: Json, prop: Property) -> Iterator[Finding]:
    """What keeps a value from being the JSON array, or the single value, that R4 wants."""
    if isinstance(items, list):
        if not prop.element.many:
            yield Finding(A_LIST)
        elif not items:
            yield Finding(EMPTY_LIST)
    elif prop.element.many:
        yield Finding(NULL if items is None else NOT_A_LIST)
