"""Whether a value keeps to a profile: cardinality, types, fixed values and patterns, targets, codes and slices.

Only what a profile adds to R4 is looked at, so this walk visits the constrained elements and nothing else, and of these
the ones that are there or have to be.
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
            there = value.keys()
            for child in node.children:
                if child.needed or not there.isdisjoint(child.names):
                    self._element(child, _items(value, child, path, scope), f"{path}.{child.label}")

    def _element(self, node: Constraint, items: list[Item], path: str) -> None:
        if not node.allows(len(items)):
            self._report(cardinality_findings(node, len(items)), node, path)
        if node.restricted or node.children:
            for item in items:
                self._item(node, item)
        if node.slicing:
            self._slices(node, node.slicing, items, path)

    def _item(self, node: Constraint, item: Item) -> None:
        if node.restricted:
            self._report(restriction_findings(node, item), node, item.path)
        if node.children:
            self._children(node, _parent(item), item.path, item.scope)

    def _slices(self, node: Constraint, slicing: Slicing, items: list[Item], path: str) -> None:
        places = assigned(slicing, items, self._conforms)
        for item, finding in slicing_findings(slicing, items, places):
            self._report((finding,), node, item.path)
        for position, part in enumerate(slicing.slices):
            inside = [item for item, slices in zip(items, places, strict=True) if position in slices]
            if not part.constraint.allows(len(inside)):
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


def _items(value: Resource, node: Constraint, path: str, scope: Scope) -> list[Item]:
    """The occurrences of an element in its parent, whatever form it has there."""
    items: list[Item] = []
    for name, sibling, kind in node.forms:
        given = value.get(name)
        beside = value.get(sibling) if sibling else None
        if isinstance(given, list) or isinstance(beside, list):
            items += _repeated(_listed(given), _listed(beside), kind, f"{path}.{name}", scope)
        elif given is not None or _extended(beside):
            items.append(Item(given, _type_of(given, kind), f"{path}.{name}", scope, beside))
    return items


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
