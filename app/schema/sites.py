"""Where the references of one request stand in their documents: what a reference alone does not say."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct, field

from app.fhir.bundle import Entries
from app.fhir.elements import UnknownType, type_definition

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from app.fhir.elements import Element
    from app.fhir.resource import Json, Resource


class Site(NamedTuple):
    """The types that the element of a reference may point at; in a Bundle also its entries, and the fullUrl of the one
    where the reference stands."""

    targets: tuple[str, ...]
    entries: Entries | None = None
    full_url: str = ""


class Sites(Struct, eq=False):
    """The sites of the references in all resources that came into the graph.

    Resources are kept, so that the identity of a reference names it as long as the request lives. Bundles are searched
    at once, all others only when a reference asks for what it allows, which few do."""

    _kept: dict[int, Resource] = field(default_factory=dict)
    _searched: int = 0  # so many of them, in their order, were searched
    _sites: dict[int, Site] = field(default_factory=dict)
    bundles: bool = False
    """Whether there is a Bundle, in which a reference may mean an entry."""

    def enter(self, resource: Resource) -> bool:
        """Note a resource that comes into the graph; answers whether it is new."""
        key = id(resource)
        if key in self._kept:
            return False
        self._kept[key] = resource
        return True

    def held(self) -> dict[int, Resource]:
        """All that came into the graph, by identity; whoever takes from it ends this graph."""
        return self._kept

    def enter_bundle(self, bundle: Resource) -> None:
        """Look at the references of a Bundle that came into the graph."""
        self.bundles = True
        self._sites.update(_sites(bundle))

    def in_bundle(self, reference: Json) -> Site | None:
        """The site of a reference that stands in a Bundle, else None."""
        site = self._sites.get(id(reference))
        return site if site and site.entries else None

    def targets(self, reference: Json) -> tuple[str, ...]:
        """The types that the element of a reference may point at; () where that is not known."""
        for resource in islice(self._kept.values(), self._searched, None):
            self._sites.update(_sites(resource))
        self._searched = len(self._kept)
        site = self._sites.get(id(reference))
        return site.targets if site else ()


class _Part(NamedTuple):
    """An object of a document, the name of its FHIR type, and the Bundle's entry that it belongs to."""

    value: Mapping[str, Json]
    type: str
    entries: Entries | None = None
    full_url: str = ""


def _sites(resource: Resource) -> Iterator[tuple[int, Site]]:
    """(identity of a Reference, its site) for all in a resource, in what it contains and in its entries."""
    waiting = [_part(resource, resource.get("resourceType"), None, "")]
    while waiting:
        part = waiting.pop()
        for element, child in _children(part):
            if element.type == "Reference":
                yield id(child), Site(element.targets, part.entries, part.full_url)
            is_resource = element.type == "Resource"
            url = part.value.get("fullUrl") if is_resource and part.type == "BundleEntry" else part.full_url
            kind = child.get("resourceType") if is_resource else element.type
            waiting.append(_part(child, kind, part.entries, url))


def _part(value: Mapping[str, Json], kind: Json, entries: Entries | None, full_url: Json) -> _Part:
    """A Bundle inside a Bundle has entries of its own."""
    name = kind if isinstance(kind, str) else ""
    url = full_url if isinstance(full_url, str) else ""
    return _Part(value, name, Entries(dict(value)), "") if name == "Bundle" else _Part(value, name, entries, url)


def _children(part: _Part) -> Iterator[tuple[Element, Mapping[str, Json]]]:
    """The objects right inside one, with the elements they are of."""
    try:
        elements = type_definition(part.type).elements
    except UnknownType:
        return
    for name, value in part.value.items():
        element = elements.get(name)
        if element and not element.primitive:
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, dict):
                    yield element, item
