"""Codes of the code systems that are at hand: a coding of such a system must carry one of its codes.

Source: https://hl7.org/fhir/R4/codesystem.html#CodeSystem.content
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.profiles.finding import Fact, Finding, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from app.fhir.resource import Json, Resource

UNKNOWN_CODE = Kind(
    "code-system",
    "code-invalid",
    "{path} must be a code of {system}: {allowed}.",
    "{path} doit être un code de {system} : {allowed}.",
)
_PERHAPS_UNKNOWN = replace(UNKNOWN_CODE, severity="warning")


@dataclass(frozen=True, slots=True)
class CodeSystem:
    """A code system's codes; those of one that is not `complete` may have been added to since."""

    url: str
    codes: frozenset[str]
    complete: bool


def code_system(resource: Resource) -> CodeSystem:
    """The flat list of codes of a CodeSystem resource."""
    codes = frozenset(concept["code"] for concept in resource["concept"])
    return CodeSystem(resource["url"], codes, resource["content"] == "complete")


def is_of_known_system(coding: Mapping[str, Json], systems: Mapping[str, CodeSystem]) -> bool:
    """Whether the code system of a coding is at hand, so that there may be something to find."""
    url = coding.get("system")
    return isinstance(url, str) and url in systems


def coding_findings(coding: Mapping[str, Json], systems: Mapping[str, CodeSystem]) -> Iterator[Finding]:
    """A coding whose system is at hand and does not have its code; a warning where the list is not complete."""
    url, code = coding.get("system"), coding.get("code")
    system = systems.get(url) if isinstance(url, str) else None
    if system and isinstance(code, str) and code not in system.codes:
        facts: dict[str, Fact] = {"system": system.url, "allowed": ", ".join(sorted(system.codes))}
        yield Finding(UNKNOWN_CODE if system.complete else _PERHAPS_UNKNOWN, ".code", facts)
