"""How many times an element must and may occur, as a profile says it.

Source: https://hl7.org/fhir/R4/conformance-rules.html#cardinality
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.profiles.finding import Fact, Finding, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.profiles.constraint import Constraint

TOO_FEW = Kind(
    "min",
    "required",
    "{path}: the profile requires at least {min} of {element}, {count} found. Add what is missing.",
    "{path} : le profil exige au moins {min} {element}, {count} présent(s). Ajoutez ce qui manque.",
)
TOO_MANY = Kind(
    "max",
    "structure",
    "{path}: the profile allows at most {max} of {element}, {count} found. Remove the rest.",
    "{path} : le profil permet au plus {max} {element}, {count} présent(s). Retirez le surplus.",
)


def cardinality_findings(node: Constraint, count: int, *, certain: bool = True) -> Iterator[Finding]:
    """Too few or too many occurrences; warnings only where it is not certain what counts."""
    facts: dict[str, Fact] = {"min": node.min, "max": node.max or 0, "count": count, "element": node.id}
    if count < node.min:
        yield Finding(TOO_FEW if certain else _TOO_FEW_PERHAPS, facts=facts)
    elif node.max is not None and count > node.max:
        yield Finding(TOO_MANY if certain else _TOO_MANY_PERHAPS, facts=facts)


_TOO_FEW_PERHAPS = replace(TOO_FEW, severity="warning")
_TOO_MANY_PERHAPS = replace(TOO_MANY, severity="warning")
