"""References in a resource, rewritten: each element that is a reference or a URI is found by the tables of R4.

Elements of type canonical and the narrative stay as they are, and so does what is inside a Bundle, which is a document
of its own. Source: https://hl7.org/fhir/R4/http.html#trules
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from app.fhir.elements import type_definition

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.fhir.elements import Element
    from app.fhir.resource import Json, Resource

_URIS: Final = frozenset({"uri", "url", "oid", "uuid"})


Rename: TypeAlias = "Callable[[str, str], str]"
"""(text, path): what the text of a `Reference.reference` at a path is to be; the same text where it stays."""


def rewritten(resource: Resource, path: str, rename: Rename, uris: Mapping[str, str]) -> Resource:
    """A copy of a valid resource with every reference as `rename` has it, and every URI that is a key of `uris`
    replaced by its value."""
    kind = resource["resourceType"]
    if kind == "Bundle":
        return resource
    return _Rewriting(rename, uris).object(resource, kind, path)


class _Rewriting:
    def __init__(self, rename: Rename, uris: Mapping[str, str]) -> None:
        self._rename = rename
        self._uris = uris

    def object(self, value: Resource, kind: str, path: str) -> Resource:
        elements = type_definition(kind).elements
        return {name: self._named(item, kind, name, elements, path) for name, item in value.items()}

    def _named(self, item: Json, kind: str, name: str, elements: Mapping[str, Element], path: str) -> Json:
        if kind == "Reference" and name == "reference":
            return self._rename(item, f"{path}.reference")
        if element := elements.get(name):
            return self._each(item, element.type, f"{path}.{name}")
        return self._each(item, "Element", f"{path}.{name[1:]}") if name.startswith("_") else item

    def _each(self, item: Json, kind: str, path: str) -> Json:
        if isinstance(item, list):
            return [self._each(each, kind, f"{path}[{index}]") for index, each in enumerate(item)]
        if isinstance(item, dict):
            return self.object(item, item["resourceType"] if kind == "Resource" else kind, path)
        return self._uris.get(item, item) if kind in _URIS and isinstance(item, str) else item
