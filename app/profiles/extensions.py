"""Extensions: unknown ones are accepted, unknown modifier extensions refused, known ones held to their definition.

Source: https://hl7.org/fhir/R4/extensibility.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from app.fhir.elements import is_resource_type
from app.profiles.finding import Finding, Kind
from app.profiles.structure import MISSING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from app.fhir.resource import Resource
    from app.profiles.constraint import Profile
    from app.profiles.scope import Scope

MODIFIER = Kind(
    "modifier",
    "extension",
    "{path} is no modifier extension that is known here, so the element cannot be understood safely. Remove it.",
    "{path} n’est pas une extension modificatrice connue ici : l’élément ne peut être compris sans risque. Retirez-la.",
)
RELATIVE = Kind(
    "absolute",
    "value",
    "{path} must be an absolute URL; only an extension inside another one has a bare name.",
    "{path} doit être une URL absolue ; seule une extension dans une autre porte un simple nom.",
)
CONTEXT = Kind(
    "context",
    "extension",
    "{path} is not allowed on {where}. Its definition allows it on: {allowed}.",
    "{path} n’est pas permise sur {where}. Sa définition la permet sur : {allowed}.",
)

_ABSOLUTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")


def definition_of(extension: Resource, profiles: Mapping[str, Profile]) -> Profile | None:
    """The definition of an extension, where it is one of the profiles."""
    url = extension.get("url")
    profile = profiles.get(url) if isinstance(url, str) else None
    return profile if profile and profile.type == "Extension" else None


def extension_findings(
    extension: Resource, path: str, scope: Scope, profiles: Mapping[str, Profile]
) -> Iterator[Finding]:
    """What is wrong with where an extension stands and how it is named."""
    parent, _, name = scope.element(path).rpartition(".")
    url = extension.get("url")
    definition = definition_of(extension, profiles)
    if name == "modifierExtension" and not (definition and definition.modifier):
        yield Finding(MODIFIER)
    nested = parent.endswith((".extension", ".modifierExtension"))
    if isinstance(url, str) and not nested and not _ABSOLUTE.match(url):
        yield Finding(RELATIVE, ".url")
    if url is None and "_url" in extension:
        yield Finding(MISSING, ".url")
    if definition and not _allowed(parent, definition.contexts):
        facts = {"where": parent, "allowed": ", ".join(definition.contexts)}
        yield Finding(CONTEXT, facts=facts, rule=f"{definition.id}#{CONTEXT.aspect}")


def _allowed(parent: str, contexts: tuple[str, ...]) -> bool:
    """Contexts that are data types cannot be told from a path and are let through."""
    return any(context == parent or not is_resource_type(context.partition(".")[0]) for context in contexts)
