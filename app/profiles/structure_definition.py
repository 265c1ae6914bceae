"""StructureDefinitions compiled into profiles: read once, checked against R4, then never changed.

Source: https://hl7.org/fhir/R4/structuredefinition.html
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from app.fhir.elements import Element, UnknownType, is_resource_type, type_definition
from app.profiles.constraint import Constraint, Profile, Slicing
from app.profiles.differential import CORE, Drafted, UnsupportedDefinition, draft, extension_uses
from app.profiles.slices import compiled_slices, expected_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from app.fhir.resource import Resource
    from app.profiles.constraint import Openness


def compile_profiles(definitions: Iterable[Resource]) -> Mapping[str, Profile]:
    """The profiles of StructureDefinitions by URL; parents among them are laid under their children.

    Raises UnsupportedDefinition where a definition names an element R4 lacks or needs what is not supported."""
    by_url = {definition["url"]: definition for definition in definitions}
    roots = {url: draft(definition, by_url) for url, definition in by_url.items()}
    uses = [use for root in roots.values() for use in extension_uses(root)]
    compilation = _Compilation(by_url)
    return MappingProxyType({url: compilation.profile(by_url[url], root, uses) for url, root in roots.items()})


@dataclass(frozen=True, slots=True)
class _Compilation:
    """Definitions that know each other by URL: a reference's target profile is one of them or an R4 type."""

    by_url: Mapping[str, Resource]

    def profile(self, definition: Resource, root: Drafted, uses: Iterable[tuple[str, str]]) -> Profile:
        """A definition with its tree; an extension may also stand wherever a profile gives it a slice."""
        url = definition["url"]
        contexts = [context["expression"] for context in definition.get("context", ())]
        return Profile(
            id=definition["id"],
            url=url,
            version=definition.get("version", ""),
            type=definition["type"],
            root=Constraint(root.id, "", (), children=self._children(root, definition["type"])),
            contexts=tuple(dict.fromkeys((*contexts, *(place for used, place in uses if used == url)))),
            modifier=root.said.get("isModifier", False),
        )

    def _children(self, node: Drafted, type_name: str) -> tuple[Constraint, ...]:
        children = (self._constraint(each, _elements(each, type_name), sliced=False) for each in node.children.values())
        return tuple(child for child in children if not child.idle)

    def _constraint(self, node: Drafted, elements: tuple[Element, ...], *, sliced: bool) -> Constraint:
        """The constraint of an element, or of a slice of one, of whose cardinality R4 says nothing."""
        types = _types(node, elements)
        return Constraint(
            id=node.id,
            label=node.name.removesuffix("[x]"),
            elements=elements,
            min=_min(node, elements, sliced=sliced),
            max=_max(node, elements, sliced=sliced),
            types=types,
            targets=self._targets(node),
            expected=expected_of(node),
            slicing=self._slicing(node, elements),
            children=self._children(node, _only_type(node, elements, types)) if node.children else (),
        )

    def _slicing(self, node: Drafted, elements: tuple[Element, ...]) -> Slicing | None:
        if not node.slices:
            return None
        rules = node.said.get("slicing", {})
        slices = compiled_slices(node, lambda part: self._constraint(part, _forms(part, elements), sliced=True))
        # What seems to match no slice may belong to one that cannot be told apart.
        openness: Openness = rules.get("rules", "open") if len(slices) == len(node.slices) else "open"
        exclusive = all(discriminator["type"] != "profile" for discriminator in rules.get("discriminator", ()))
        return Slicing(openness, rules.get("ordered", False), exclusive, slices)

    def _targets(self, node: Drafted) -> frozenset[str]:
        """The resource types of the target profiles; none where one of them is a profile that is not there."""
        types = {self._target_type(url) for url in node.listed("targetProfile")}
        return frozenset() if None in types else frozenset(kind for kind in types if kind)

    def _target_type(self, url: str) -> str | None:
        if url in self.by_url:
            return str(self.by_url[url]["type"])
        name = url.removeprefix(CORE)
        return name if is_resource_type(name) else None


def _elements(node: Drafted, type_name: str) -> tuple[Element, ...]:
    """The JSON forms of an element of a type. Raises UnsupportedDefinition where R4 has none."""
    name = node.name.removesuffix("[x]")
    choice = node.name.endswith("[x]")
    try:
        elements = type_definition("Element" if type_name[0].islower() else type_name).elements.values()
    except UnknownType:
        raise UnsupportedDefinition(f"{node.id}: {type_name} is no R4 type") from None
    found = tuple(element for element in elements if (element.choice if choice else element.name) == name)
    if not found:
        raise UnsupportedDefinition(f"{node.id}: {type_name} has no such element in R4")
    return found


def _min(node: Drafted, elements: tuple[Element, ...], *, sliced: bool) -> int:
    """The least number of occurrences; 0 where R4 asks for as many already and says so itself."""
    written = int(node.said.get("min", 0))
    return 0 if written <= 1 and not sliced and any(element.required for element in elements) else written


def _max(node: Drafted, elements: tuple[Element, ...], *, sliced: bool) -> int | None:
    """The greatest number of occurrences; None where it is unlimited or R4 allows no more."""
    written = node.said.get("max", "*")
    if written == "*" or (written == "1" and not sliced and not any(element.many for element in elements)):
        return None
    return int(written)


def _types(node: Drafted, elements: tuple[Element, ...]) -> frozenset[str]:
    """The types a profile allows, where that is fewer than R4 allows."""
    named = frozenset(kind["code"] for kind in node.types())
    if len(elements) > 1:
        return named & {element.type for element in elements}
    return named if elements[0].type == "Resource" else frozenset()


def _only_type(node: Drafted, elements: tuple[Element, ...], types: frozenset[str]) -> str:
    """The type whose elements the children of a node constrain. Raises UnsupportedDefinition for several types."""
    possible = types or frozenset(element.type for element in elements)
    if len(possible) > 1:
        raise UnsupportedDefinition(f"{node.id}: constraints below a choice of several types are not supported")
    return next(iter(possible))


def _forms(node: Drafted, elements: tuple[Element, ...]) -> tuple[Element, ...]:
    """The JSON forms of a slice: for a choice those of its types."""
    types = _types(node, elements)
    return tuple(element for element in elements if not types or element.type in types or len(elements) == 1)
