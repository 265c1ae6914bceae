"""Contained resources: dom-2 to dom-5, and ids that tell them apart. https://hl7.org/fhir/R4/domainresource.html#invs"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.profiles.finding import Finding, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from app.fhir.resource import Json
    from app.profiles.scope import Scope

NESTED = Kind(
    "dom-2",
    "invariant",
    "{path} stands in a resource that is contained itself. Move it to `contained` of the outer resource.",
    "{path} se trouve dans une ressource elle-même contenue. Déplacez-le dans `contained` de la ressource englobante.",
)
UNUSED = Kind(
    "dom-3",
    "invariant",
    "Nothing in the resource refers to {path}. Refer to it with # and its id, or remove it.",
    "Rien dans la ressource ne désigne {path}. Désignez-le par # suivi de son id, ou retirez-le.",
)
VERSIONED = Kind(
    "dom-4",
    "invariant",
    "{path} is not allowed in a contained resource, which has no versions of its own. Remove it.",
    "{path} n’est pas permis dans une ressource contenue, qui n’a pas de versions propres. Retirez-le.",
)
LABELLED = Kind(
    "dom-5",
    "invariant",
    "{path} is not allowed in a contained resource. Put the security label on the outer resource.",
    "{path} n’est pas permis dans une ressource contenue. Placez l’étiquette de sécurité sur la ressource englobante.",
)

REPEATED = Kind(
    "unique",
    "duplicate",
    "{path} is the id of another contained resource too, so a reference cannot tell them apart. Give it another id.",
    "{path} est aussi l’id d’une autre ressource contenue : une référence ne peut les distinguer. Changez-le.",
)


def contained_findings(resource: Mapping[str, Json]) -> Iterator[Finding]:
    """What a contained resource must not have."""
    if resource.get("contained"):
        yield Finding(NESTED, ".contained", rule=NESTED.aspect)
    meta = resource.get("meta")
    if isinstance(meta, dict):
        for name, kind in (("versionId", VERSIONED), ("lastUpdated", VERSIONED), ("security", LABELLED)):
            if meta.get(name) not in (None, []) or meta.get(f"_{name}") is not None:
                yield Finding(kind, f".meta.{name}", rule=kind.aspect)


def unused_findings(scope: Scope) -> Iterator[Finding]:
    """Contained resources that nothing refers to and that do not refer to their container."""
    local = scope.local.union(*(inner.local for inner in scope.inner))
    for inner in scope.inner:
        identity = inner.resource.get("id")
        used = isinstance(identity, str) and f"#{identity}" in local
        if not used and "#" not in inner.local:
            yield Finding(UNUSED, inner.path.removeprefix(scope.path), rule=UNUSED.aspect)


def repeated_findings(scope: Scope) -> Iterator[Finding]:
    """Contained resources with the id of one before them. https://hl7.org/fhir/R4/references.html#contained"""
    known: set[str] = set()
    for inner in scope.inner:
        identity = inner.resource.get("id")
        if isinstance(identity, str):
            if identity in known:
                yield Finding(REPEATED, f"{inner.path.removeprefix(scope.path)}.id")
            known.add(identity)
