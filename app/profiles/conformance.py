"""Whether a value keeps to a profile: cardinality, types, fixed values and patterns, targets, codes and slices.

Only what a profile adds to R4 is looked at, so this walk visits the constrained elements and nothing else.
Source: https://hl7.org/fhir/R4/profiling.html
"""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from app.profiles.cardinality import cardinality_findings, slice_cardinality_findings
from app.profiles.constraint import Item
from app.profiles.restrictions import restriction_findings
from app.profiles.slicing import assigned, slicing_findings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from app.fhir.resource import Json, Resource
    from app.profiles.constraint import Conforms, Constraint, Profile, Slicing
    from app.profiles.finding import Finding, Findings
    from app.profiles.scope import Scope


class Conformance:
    """The check of values against one profile; findings go to `findings`."""

    __slots__ = ("_conforms", "_findings", "_profile")

    def __init__(self, profile: Profile, findings: Findings, conforms: Conforms) -> None:
        self._profile = profile
        self._findings = findings
        self._conforms = conforms

    def check(self, value: Resource, path: str, scope: Scope) -> None:
        """Checks a resource or data type at `path` in the resource of `scope`."""
        self._children(self._profile.root, value, path, scope)

    def _children(self, node: Constraint, value: Json, path: str, scope: Scope) -> None:
        if isinstance(value, dict):
            for child in node.children:
                self._element(child, list(_items(value, child, path, scope)), f"{path}.{child.label}")

    def _element(self, node: Constraint, items: list[Item], path: str) -> None:
        self._report(cardinality_findings(node, len(items)), node, path)
        for item in items:
            self._item(node, item)
        if node.slicing:
            self._slices(node, node.slicing, items, path)

    def _item(self, node: Constraint, item: Item) -> None:
        self._report(restriction_findings(node, item), node, item.path)
        self._children(node, _parent(item), item.path, item.scope)

    def _slices(self, node: Constraint, slicing: Slicing, items: list[Item], path: str) -> None:
        places = assigned(slicing, items, self._conforms)
        for item, finding in slicing_findings(slicing, items, places):
            self._report((finding,), node, item.path)
        for position, part in enumerate(slicing.slices):
            inside = [item for item, slices in zip(items, places, strict=True) if position in slices]
            self._report(slice_cardinality_findings(part, len(inside)), part.constraint, path)
            for item in inside:
                self._item(part.constraint, item)

    def _report(self, findings: Iterable[Finding], node: Constraint, path: str) -> None:
        for finding in findings:
            rule = f"{self._profile.id}#{node.id}.{finding.kind.aspect}"
            self._findings.add(finding, path, rule)


def _parent(item: Item) -> Json:
    """The object in which the children of an element stand: for a primitive the one beside its value."""
    if item.type[:1].islower():
        return item.extras if isinstance(item.extras, dict) else {}
    return item.value


def _items(value: Resource, node: Constraint, path: str, scope: Scope) -> Iterator[Item]:
    """The occurrences of an element in its parent, whatever form it has there."""
    for element in node.elements:
        here = f"{path}.{element.name}"
        given = value.get(element.name)
        beside = value.get(f"_{element.name}") if element.primitive else None
        if isinstance(given, list) or isinstance(beside, list):
            yield from _repeated(_listed(given), _listed(beside), element.type, here, scope)
        elif given is not None or _extended(beside):
            yield Item(given, _type_of(given, element.type), here, scope, beside)


def _repeated(given: list[Json], beside: list[Json], kind: str, path: str, scope: Scope) -> Iterator[Item]:
    for index, (value, extras) in enumerate(zip_longest(given, beside)):
        if value is not None or _extended(extras):
            yield Item(value, _type_of(value, kind), f"{path}[{index}]", scope, extras)


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _extended(extras: Json) -> bool:
    return isinstance(extras, dict) and bool(extras.get("extension"))


def _type_of(value: Json, declared: str) -> str:
    named = value.get("resourceType") if declared == "Resource" and isinstance(value, dict) else None
    return named if isinstance(named, str) else declared
