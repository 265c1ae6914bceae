"""The forms of a FHIR reference. https://hl7.org/fhir/R4/references.html"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from app.fhir.remembering import remembered

if TYPE_CHECKING:
    from app.fhir.resource import Json

ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
"""A resource id: https://hl7.org/fhir/R4/datatypes.html#id"""

_TARGET = re.compile(
    rf"(?:(?P<base>https?://[^\s?#]+)/)?(?P<type>[A-Z][A-Za-z]{{1,63}})/(?P<id>{ID.pattern})"
    rf"(?:/_history/(?P<version>{ID.pattern}))?"
)
_CORE = "http://hl7.org/fhir/StructureDefinition/"  # `type` is a uri relative to it
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:\S+")


@dataclass(frozen=True, slots=True)
class Target:
    """`type`/`id` on the server `base` ("" for a relative reference, no slash at the end), perhaps at one version."""

    type: str
    id: str
    version: str = ""
    base: str = ""


@dataclass(frozen=True, slots=True)
class Contained:
    """A resource inside the one that refers to it; an empty id is the container itself ("#")."""

    id: str


@dataclass(frozen=True, slots=True)
class Uri:
    """A `urn:` or another absolute URI that is no address of a resource on a FHIR server."""

    text: str


@dataclass(frozen=True, slots=True)
class Logical:
    """A business identifier of the target; `type` is "" where the reference does not say it."""

    system: str
    value: str
    type: str = ""


Parsed: TypeAlias = Target | Contained | Uri | Logical


def parse(reference: Json) -> Parsed | None:
    """What a Reference (or the text of its `reference`) points at; None where it points nowhere or is malformed.

    A literal reference wins over an identifier beside it. Never raises."""
    if isinstance(reference, str):
        return literal(reference)
    if not isinstance(reference, dict):
        return None
    text = reference.get("reference")
    return literal(text) if isinstance(text, str) else logical(reference)


def logical(reference: Json) -> Logical | None:
    """The identifier in a Reference, also where it stands beside a literal reference."""
    identifier = reference.get("identifier") if isinstance(reference, dict) else None
    if not isinstance(identifier, dict):
        return None
    value = _text(identifier.get("value"))
    named = _text(reference.get("type")).removeprefix(_CORE)
    return Logical(_text(identifier.get("system")), value, named) if value else None


@remembered
def literal(text: str) -> Target | Contained | Uri | None:
    """What the text of a Reference's `reference` points at; None where it is malformed."""
    if text.startswith("#"):
        return Contained(text[1:])
    if found := _TARGET.fullmatch(text):
        base = (found["base"] or "").rstrip("/")
        return Target(found["type"], found["id"], found["version"] or "", base)
    return Uri(text) if _URI.fullmatch(text) else None


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""
