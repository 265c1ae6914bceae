"""What became of a resource that was sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from app.errors import Issue

if TYPE_CHECKING:
    from app.fhir.resource import Resource
    from app.store.repository import Stored


FOUND: Final = Issue(
    "information",
    "informational",
    "A resource meets the condition; it is answered, and nothing was stored.",
    "Une ressource remplit la condition ; elle est renvoyée, et rien n’a été enregistré.",
    rule="found",
)
UNCHANGED: Final = Issue(
    "information",
    "informational",
    "The resource is equal to the current version; no new version was made.",
    "La ressource est égale à la version actuelle ; aucune version n’a été ajoutée.",
    rule="unchanged",
)


@dataclass(frozen=True, slots=True)
class Kept:
    """What is stored, and what was noticed and did not prevent it.

    `created` is whether there was none before (or it was deleted), `changed` whether a new version was made."""

    resource: Resource
    version: int
    issues: tuple[Issue, ...] = ()
    created: bool = False
    changed: bool = True

    @property
    def location(self) -> str:
        """Where the version can be read, relative to the FHIR base: Procedure/…/_history/1."""
        return f"{self.resource['resourceType']}/{self.resource['id']}/_history/{self.version}"


def kept(stored: Stored, warnings: tuple[Issue, ...], *, created: bool) -> Kept:
    """What is told of a write that was no deletion."""
    issues = warnings if stored.changed else (*warnings, UNCHANGED)
    return Kept(cast("Resource", stored.resource), stored.version, issues, created, stored.changed)


def found(resource: Resource) -> Kept:
    """What is told of a resource that was there already, and is left as it is."""
    return Kept(resource, version_of(resource), (FOUND,), changed=False)


def version_of(resource: Resource) -> int:
    """The version of a resource as it is stored."""
    return int(resource["meta"]["versionId"])
