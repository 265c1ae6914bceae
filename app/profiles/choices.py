"""Choices of types: one type at a time, and one at all where R4 requires it.

Source: https://hl7.org/fhir/R4/formats.html#choice
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.profiles.finding import Finding, Kind
from app.profiles.shapes import present

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from app.fhir.resource import Json
    from app.profiles.shapes import Shape

SEVERAL = Kind(
    "choice",
    "structure",
    "{path} has several types at once ({names}). Keep one.",
    "{path} a plusieurs types à la fois ({names}). N’en gardez qu’un.",
)
NONE = Kind(
    "min",
    "required",
    "{path} is missing and R4 requires it, as one of: {names}. Add one.",
    "{path} est absent alors que R4 l’exige, sous l’une de ces formes : {names}. Ajoutez-en une.",
)


def choice_findings(value: Mapping[str, Json], shape: Shape) -> Iterator[Finding]:
    """Choices with two types at once, also through the underscore sibling of a primitive, or with none."""
    for choice in shape.choices:
        names = {name.removeprefix("_") for name in choice.keys.intersection(value)}
        if len(names) > 1:
            yield Finding(SEVERAL, f".{choice.name}", {"names": ", ".join(sorted(names))})
        elif choice.required and not any(present(value, member) for member in choice.members):
            yield Finding(NONE, f".{choice.name}", {"names": ", ".join(member.name for member in choice.members)})
