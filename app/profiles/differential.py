"""The differential of a StructureDefinition, laid over those of its parents, as a tree of element definitions.

Source: https://hl7.org/fhir/R4/structuredefinition.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from app.fhir.resource import Json, Resource

CORE: Final = "http://hl7.org/fhir/StructureDefinition/"


class UnsupportedDefinition(ValueError):
    """A StructureDefinition this validator cannot apply in full; the message names the element and the reason."""


@dataclass(slots=True)
class Drafted:
    """An element definition in the making: what the chain of definitions says of it, its children and its slices."""

    id: str
    name: str
    said: Mapping[str, Json]
    children: dict[str, Drafted] = field(default_factory=dict)
    slices: dict[str, Drafted] = field(default_factory=dict)

    def value(self, *prefixes: str) -> tuple[str, Json] | None:
        """The choice element that begins so, as its prefix and its value: of fixedUri ("fixed", "http://…")."""
        for key, value in self.said.items():
            for prefix in prefixes:
                if key.startswith(prefix) and key[len(prefix) :][:1].isupper():
                    return prefix, value
        return None

    def types(self) -> list[dict[str, Any]]:
        """Its types as the definition writes them."""
        return list(self.said.get("type", ()))

    def listed(self, name: str) -> tuple[str, ...]:
        """The profiles ("profile") or targets ("targetProfile") of all its types."""
        return tuple(url for kind in self.types() for url in kind.get(name, ()))

    def at(self, path: tuple[str, ...]) -> Drafted | None:
        """The definition below it at a path of element names; a choice is found by its name without [x].

        resolve() and ofType() stay at the element before them, where the types are written."""
        if not path:
            return self
        if path[0].startswith(("resolve(", "ofType(")):
            return self.at(path[1:])
        below = self.children.get(path[0]) or self.children.get(f"{path[0]}[x]") or self._extension(path[0])
        return below.at(path[1:]) if below else None

    def _extension(self, step: str) -> Drafted | None:
        """The slice of an extension that a step such as extension('http://…') names."""
        slices = self.children["extension"].slices.values() if "extension" in self.children else ()
        return next((part for part in slices if step[11:-2] in part.listed("profile")), None)

    def descendants(self, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Drafted]]:
        """Every definition below it, slices apart, with its path."""
        for name, child in self.children.items():
            here = (*path, name.removesuffix("[x]"))
            yield here, child
            yield from child.descendants(here)


def extension_uses(root: Drafted) -> Iterator[tuple[str, str]]:
    """The URL of each extension a profile gives a slice, with the element it stands on ("Device")."""
    for _, node in ((), root), *root.descendants():
        for part in node.children.get("extension", _NONE).slices.values():
            for url in part.listed("profile"):
                yield url, node.id


def draft(definition: Resource, by_url: Mapping[str, Resource]) -> Drafted:
    """The tree of a definition over those of its parents, as far as `by_url` has them.

    Raises UnsupportedDefinition."""
    said: dict[str, dict[str, Json]] = {}
    for ancestor in reversed(lineage(definition, by_url)):
        for element in ancestor["differential"]["element"]:
            said[element["id"]] = {**said.get(element["id"], {}), **element}
    root = Drafted(definition["type"], definition["type"], said.pop(definition["type"], {}))
    for identity, element in said.items():
        _place(root, identity, element)
    return root


_NONE: Final = Drafted("", "", {})


def lineage(definition: Resource, by_url: Mapping[str, Resource]) -> list[Resource]:
    """A definition and its ancestors up to the R4 type. Raises UnsupportedDefinition for an unknown parent."""
    chain = [definition]
    while (parent := chain[-1]["baseDefinition"]) != CORE + definition["type"]:
        if parent not in by_url or len(chain) > len(by_url):
            raise UnsupportedDefinition(f"{definition['url']}: the parent {parent} is not there")
        chain.append(by_url[parent])
    return chain


def _place(root: Drafted, identity: str, said: Mapping[str, Json]) -> None:
    """Puts an element definition into the tree, with whatever is missing between it and the root."""
    node, so_far = root, root.id
    for segment in identity.split(".")[1:]:
        name, _, slice_name = segment.partition(":")
        if "/" in slice_name:
            raise UnsupportedDefinition(f"{identity}: a slice of a slice is not supported")
        so_far = f"{so_far}.{name}"
        node = node.children.setdefault(name, Drafted(so_far, name, {}))
        if slice_name:
            so_far = f"{so_far}:{slice_name}"
            node = node.slices.setdefault(slice_name, Drafted(so_far, name, {}))
    node.said = said
