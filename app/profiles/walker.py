"""The walk over a resource by the tables of R4: every element once, every rule at its element.

The tables say what is right (`shapes`, from the metadata of `app.fhir.elements`); the rules are the small generators of
the modules beside this one; the walker only knows where it is. Nearly everything in nearly every resource is right, so
a rule is asked only where a quick look cannot tell that it has nothing to say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from app.profiles.bindings import concept_findings
from app.profiles.contained import contained_findings, repeated_findings, unused_findings
from app.profiles.entries import entry_findings
from app.profiles.finding import Finding
from app.profiles.narrative import narrative_findings
from app.profiles.plain import MAY_BE_LOCAL
from app.profiles.references import is_plain_reference, reference_findings
from app.profiles.scope import Scope, scope_of
from app.profiles.shapes import Property, Shape, shape
from app.profiles.structure import (
    NULL,
    TOO_DEEP,
    array_findings,
    object_findings,
    resource_findings,
    unknown_findings,
)
from app.profiles.terminology import coding_findings, is_of_known_system
from app.profiles.values import ABSENT, extras_findings, parallel_findings, single_findings, value_findings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from app.fhir.resource import Json, Resource
    from app.profiles.finding import Findings
    from app.profiles.terminology import CodeSystem

DEEPEST: Final = 64
"""Levels of elements below the root; deeper JSON is a finding, never an exhausted stack."""

_RULED: Final = frozenset({"Reference", "Extension", "BundleEntry", "Coding", "Narrative"})
"""The types with rules that need to know where they stand."""

Visit: TypeAlias = "Callable[[Scope], None]"
VisitExtension: TypeAlias = "Callable[[Resource, str, Scope], None]"


class Walk:
    """One validation against R4. `on_resource` is called after each resource was walked and `on_extension` after each
    extension, with its path and its resource: what profiles add is added there."""

    __slots__ = ("_code_systems", "_depth", "_findings", "_on_extension", "_on_resource")

    def __init__(
        self,
        findings: Findings,
        code_systems: Mapping[str, CodeSystem],
        on_resource: Visit,
        on_extension: VisitExtension,
    ) -> None:
        self._code_systems = code_systems
        self._findings = findings
        self._on_resource = on_resource
        self._on_extension = on_extension
        self._depth = 0

    def resource(self, value: Json, path: str, around: Scope | None = None, *, contained: bool = False) -> None:
        """Walks a resource at `path`; `around` is the resource it stands in, which contains it or is a Bundle."""
        for finding in resource_findings(value):
            element = around.element(path) if around else path
            self._findings.add(finding, path, f"R4#{element}.{finding.kind.aspect}")
            return
        scope = scope_of(value, path, around, contained=contained)
        self._object(value, shape(scope.type), path, scope)
        if contained:
            self.report(contained_findings(value), path, scope)
        else:
            self.report((*unused_findings(scope), *repeated_findings(scope)), path, scope)
        self._on_resource(scope)

    def _object(self, value: Resource, form: Shape, path: str, scope: Scope) -> None:
        self._depth += 1
        properties = form.properties
        for name, item in value.items():
            prop = properties.get(name)
            if prop is None:
                if not (form.resource and name == "resourceType"):
                    self.report(unknown_findings(name, form.name), path, scope)
            elif prop.plain is None:
                self._complex(item, prop, f"{path}.{name}", scope)
            elif not prop.sibling:
                if f"_{name}" in value or not prop.plain(item):
                    self._primitive(item, value.get(f"_{name}", ABSENT), prop, f"{path}.{name}", scope)
            elif prop.element.name not in value:
                self._primitive(ABSENT, item, prop, f"{path}.{prop.element.name}", scope)
        for rule in form.rules:
            self.report(rule(value), path, scope)
        self._depth -= 1

    def _complex(self, item: Json, prop: Property, path: str, scope: Scope) -> None:
        many = prop.element.many
        if isinstance(item, list) != many or not item:
            self.report(array_findings(item, prop), path, scope)
        if isinstance(item, list):
            for index, entry in enumerate(item if many else ()):
                self._item(entry, prop, f"{path}[{index}]", scope)
        elif item is not None or not many:
            self._item(item, prop, path, scope)

    def _item(self, item: Json, prop: Property, path: str, scope: Scope) -> None:
        element = prop.element
        if self._depth >= DEEPEST:
            self.report((Finding(TOO_DEEP, facts={"most": DEEPEST}),), path, scope)
        elif element.type == "Resource":
            self.resource(item, path, scope, contained=element.name == "contained")
        else:
            if not isinstance(item, dict) or len(item) < 2:
                self.report(object_findings(item, element.type), path, scope)
            if isinstance(item, dict) and item:
                self._object(item, shape(element.type), path, scope)
                if element.type in _RULED or prop.concepts:
                    self._as_its_type(item, prop, path, scope)

    def _as_its_type(self, item: Resource, prop: Property, path: str, scope: Scope) -> None:
        """The rules that need to know where an element of that type stands."""
        element = prop.element
        if element.type == "Reference":
            scope.local.add(str(item.get("reference")))
            if not is_plain_reference(item, element.targets, scope):
                self.report(reference_findings(item, element.targets, scope), path, scope)
        elif element.type == "Extension":
            self._on_extension(item, path, scope)
        elif element.type == "BundleEntry":
            self.report(entry_findings(item), path, scope)
        elif element.type == "Coding":
            if is_of_known_system(item, self._code_systems):
                self.report(coding_findings(item, self._code_systems), path, scope)
        elif element.type == "Narrative":
            self.report(narrative_findings(item.get("div")), path, scope)
        elif prop.concepts:
            self.report(concept_findings(item, prop.concepts), path, scope)

    def _primitive(self, given: Json, extras: Json, prop: Property, path: str, scope: Scope) -> None:
        if not prop.element.many:
            self.report(single_findings(given, extras), path, scope)
            value, sibling = (ABSENT if isinstance(part, list) else part for part in (given, extras))
            self._value(value, sibling, prop, path, scope)
            return
        self.report(parallel_findings(given, extras), path, scope)
        values = given if isinstance(given, list) else ()
        siblings = extras if isinstance(extras, list) else ()
        for index in range(max(len(values), len(siblings))):
            value = values[index] if index < len(values) else None
            sibling = siblings[index] if index < len(siblings) else None
            if value is None and sibling is None:
                self.report((Finding(NULL),), f"{path}[{index}]", scope)
            self._value(value, sibling, prop, f"{path}[{index}]", scope)

    def _value(self, value: Json, extras: Json, prop: Property, path: str, scope: Scope) -> None:
        """A primitive value and the object of its id and extensions, either of which may not be there."""
        if value is not None and value is not ABSENT:
            self.report(value_findings(value, prop), path, scope)
            if type(value) is str and value[:1] == "#" and prop.element.type in MAY_BE_LOCAL:
                scope.local.add(value)
        if extras is not None and extras is not ABSENT:
            self.report(extras_findings(extras, alone=value is None or value is ABSENT), path, scope)
            if isinstance(extras, dict):
                self._object(extras, shape("Element"), path, scope)

    def report(self, findings: Iterable[Finding], path: str, scope: Scope) -> None:
        """Adds findings of the element at `path`; a rule without an id of its own is named after that element."""
        for finding in findings:
            rule = finding.rule or f"R4#{scope.element(path + finding.below)}.{finding.kind.aspect}"
            self._findings.add(finding, path, rule)
