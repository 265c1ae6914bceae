"""What a profile demands of one occurrence of an element: its type, its value, what it refers to.

Source: https://hl7.org/fhir/R4/elementdefinition.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.fhir.json import encode
from app.profiles.finding import Finding, Kind
from app.profiles.references import target_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.profiles.constraint import Constraint, Item

TYPE = Kind(
    "type",
    "structure",
    "{path}: the profile allows only the type {allowed} here. Use it.",
    "{path} : le profil ne permet ici que le type {allowed}. Utilisez-le.",
)
FIXED = Kind(
    "fixed",
    "value",
    "{path} must be exactly {expected}.",
    "{path} doit valoir exactement {expected}.",
)
PATTERN = Kind(
    "pattern",
    "value",
    "{path} must include {expected}. Add it; more may stand beside it.",
    "{path} doit comporter {expected}. Ajoutez-le ; d’autres contenus peuvent l’accompagner.",
)
TARGET = Kind(
    "target",
    "structure",
    "{path} points at a type the profile does not allow here. Point at one of: {allowed}.",
    "{path} désigne un type que le profil ne permet pas ici. Désignez l’un de : {allowed}.",
)


def restriction_findings(node: Constraint, item: Item) -> Iterator[Finding]:
    """Restrictions of a profile that an occurrence breaks."""
    if node.types and item.type not in node.types:
        yield Finding(TYPE, facts={"allowed": ", ".join(sorted(node.types))})
    if node.expected and not node.expected.met(item.value):
        kind = FIXED if node.expected.exact else PATTERN
        yield Finding(kind, facts={"expected": encode(node.expected.value).decode()})
    if node.targets and isinstance(item.value, dict):
        pointed = target_type(item.value, item.scope)
        if pointed and pointed not in node.targets:
            yield Finding(TARGET, facts={"allowed": ", ".join(sorted(node.targets))})
