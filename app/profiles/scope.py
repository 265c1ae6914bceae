"""The resource in which a rule runs: its place, and what the references inside it can point at."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from app.fhir.elements import is_resource_type

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.fhir.resource import Json, Resource

_INDEX: Final = re.compile(r"\[[0-9]+\]")
_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(slots=True)
class Scope:
    """A resource being validated.

    `contained` gives the types of the resources contained in it, or in the one that contains it, by id; `entries` those
    of the Bundle around it by fullUrl; in a transaction, references may be conditional; `local` gathers every text that
    begins with "#" and may refer to one of them; `inner` are the resources contained in it."""

    resource: Resource
    type: str
    path: str
    container: Scope | None = None
    contained: Mapping[str, str] = field(default_factory=dict)
    entries: Mapping[str, str] = field(default_factory=dict)
    in_bundle: bool = False
    in_transaction: bool = False
    local: set[str] = field(default_factory=set)
    inner: list[Scope] = field(default_factory=list)

    def element(self, path: str) -> str:
        """The element at a path in terms of this resource's type: Procedure.identifier.value for
        Bundle.entry[0].resource.identifier[1].value."""
        return self.type + _INDEX.sub("", path[len(self.path) :])


def root_path(resource: Json) -> str:
    """The path of a resource that stands alone: its type, or "" where that is no R4 resource type."""
    kind = resource.get("resourceType") if isinstance(resource, dict) else None
    return kind if isinstance(kind, str) and is_resource_type(kind) else ""


def scope_of(resource: Resource, path: str, around: Scope | None, *, contained: bool) -> Scope:
    """The scope of a resource that stands alone, in a Bundle, or contained in the resource `around`."""
    kind: str = resource["resourceType"]
    entries = entry_types(resource) if kind == "Bundle" else around.entries if around else _NOTHING
    in_bundle = around is not None and (around.in_bundle or around.type == "Bundle")
    in_transaction = around is not None and _is_in_transaction(around)
    if not (contained and around):
        return Scope(resource, kind, path, None, contained_types(resource), entries, in_bundle, in_transaction)
    scope = Scope(resource, kind, path, around, around.contained, entries, in_bundle, in_transaction)
    around.inner.append(scope)
    return scope


def _is_in_transaction(around: Scope) -> bool:
    """A Bundle that a transaction stores is a document of its own."""
    if around.type == "Bundle":
        return around.resource.get("type") in ("transaction", "batch")
    return around.in_transaction


def contained_types(resource: Resource) -> Mapping[str, str]:
    """The types of the resources contained in a resource by their ids, as far as they have both."""
    return _types(resource.get("contained"), lambda item: (item, item.get("id")))


def entry_types(bundle: Resource) -> Mapping[str, str]:
    """The types of the resources in a Bundle by the fullUrl of their entries, as far as they have both."""
    return _types(bundle.get("entry"), lambda entry: (entry.get("resource"), entry.get("fullUrl")))


def _types(items: Json, parts: Callable[[Resource], tuple[Json, Json]]) -> Mapping[str, str]:
    types: dict[str, str] = {}
    for item in items if isinstance(items, list) else ():
        resource, key = parts(item) if isinstance(item, dict) else (None, None)
        kind = resource.get("resourceType") if isinstance(resource, dict) else None
        if isinstance(key, str) and isinstance(kind, str):
            types[key] = kind
    return types or _NOTHING
