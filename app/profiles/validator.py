"""Validation of a resource against R4 and the profiles that apply to it: every finding at once, never an exception.

R4 always applies, to contained resources and Bundle entries too. Profiles apply to a resource that names them in its
`meta.profile`, when they are known here; default profiles of its type apply unless it is contained. The entries of a
Bundle are checked as if they came alone, since they are stored one by one when the Bundle is unpacked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.profiles.applicable import applicable, profile_findings
from app.profiles.catalogue import load_code_systems
from app.profiles.completeness import completeness_findings
from app.profiles.conformance import Conformance
from app.profiles.extensions import definition_of, extension_findings
from app.profiles.finding import Finding, Findings
from app.profiles.scope import root_path, scope_of
from app.profiles.structure import TYPE_UNEXPECTED
from app.profiles.walker import Walk

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.errors import Issue
    from app.fhir.resource import Json, Resource
    from app.profiles.constraint import Profile
    from app.profiles.scope import Scope
    from app.profiles.terminology import CodeSystem

_DEEPEST_BUNDLE: Final = 16
"""Bundles in Bundles that are told apart by profile; what is nested deeper conforms to nothing."""


class Validator:
    """Validates resources against R4, the `profiles` (by URL) they name, and the `defaults` (URLs by resource type)."""

    def __init__(self, profiles: Mapping[str, Profile], defaults: Mapping[str, Sequence[str]]) -> None:
        self._profiles = profiles
        self._defaults = defaults
        self._code_systems = load_code_systems()

    def validate(self, resource: Json, expected: str | None = None) -> tuple[Issue, ...]:
        """Every rule a JSON value breaks, in the order of the document; `expected` is the type the caller wants.

        At most 500 findings and one that counts the others; none at all for a valid resource. Never raises."""
        findings = Findings()
        path = root_path(resource) or expected or "Resource"
        if expected and path != expected:
            finding = Finding(TYPE_UNEXPECTED, facts={"expected": expected})
            findings.add(finding, path, f"R4#{path}.{finding.kind.aspect}")
        run = _Run(findings, self._profiles, self._defaults, self._code_systems)
        run.walk.resource(resource, path)
        return findings.issues()


class _Run:
    """One validation: the walk by R4, and at each resource and extension what profiles add."""

    __slots__ = ("_conforming", "_defaults", "_depth", "_findings", "_profiles", "walk")

    def __init__(
        self,
        findings: Findings,
        profiles: Mapping[str, Profile],
        defaults: Mapping[str, Sequence[str]],
        code_systems: Mapping[str, CodeSystem],
    ) -> None:
        self._findings = findings
        self._profiles = profiles
        self._defaults = defaults
        self._conforming: dict[tuple[int, str], bool] = {}
        self._depth = 0
        self.walk = Walk(findings, code_systems, self._resource, self._extension)

    def _resource(self, scope: Scope) -> None:
        self.walk.report(profile_findings(scope, self._profiles), scope.path, scope)
        for profile in applicable(scope, self._profiles, self._defaults):
            Conformance(profile, self._findings, self._conforms).check(scope.resource, scope.path, scope)
        self.walk.report(completeness_findings(scope.resource, scope.type), scope.path, scope)

    def _extension(self, extension: Resource, path: str, scope: Scope) -> None:
        self.walk.report(extension_findings(extension, path, scope, self._profiles), path, scope)
        if definition := definition_of(extension, self._profiles):
            Conformance(definition, self._findings, self._conforms).check(extension, path, scope)

    def _conforms(self, resource: Resource, url: str, around: Scope) -> bool:
        """Whether a resource in a Bundle keeps to a profile; each pair is examined once in a validation."""
        key = (id(resource), url)
        if key not in self._conforming:
            self._conforming[key] = self._examined(resource, url, around)
        return self._conforming[key]

    def _examined(self, resource: Resource, url: str, around: Scope) -> bool:
        profile = self._profiles.get(url)
        if profile is None or resource.get("resourceType") != profile.type or self._depth >= _DEEPEST_BUNDLE:
            return False
        findings = Findings(most=0)
        self._depth += 1
        scope = scope_of(resource, "", around, contained=False)
        Conformance(profile, findings, self._conforms).check(resource, "", scope)
        self._depth -= 1
        return not findings.errors
