"""How many times an element must and may occur, as a profile says it.

Source: https://hl7.org/fhir/R4/conformance-rules.html#cardinality
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.profiles.finding import Fact, Finding, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.errors import Severity
    from app.profiles.constraint import Constraint, Slice

MISSING = Kind(
    "min",
    "required",
    "{path} is missing and the profile requires it. Add it.",
    "{path} est absent alors que le profil l’exige. Ajoutez-le.",
)
TOO_FEW = Kind(
    "min",
    "required",
    "{path} comes {count} time(s), the profile requires at least {min}. Add what is missing.",
    "{path} figure {count} fois, le profil en exige au moins {min}. Ajoutez ce qui manque.",
)
TOO_MANY = Kind(
    "max",
    "structure",
    "{path} comes {count} time(s), the profile allows at most {max}. Remove the rest.",
    "{path} figure {count} fois, le profil en permet au plus {max}. Retirez le surplus.",
)
TOO_FEW_IN_SLICE = Kind(
    "min",
    "required",
    "{path} has {count} of the slice {slice}, the profile requires at least {min}. Add one with {words}.",
    "{path} compte {count} occurrence(s) de la tranche {slice}, le profil en exige au moins {min}. "
    "Ajoutez-en une avec {words}.",
)
TOO_MANY_IN_SLICE = Kind(
    "max",
    "structure",
    "{path} has {count} of the slice {slice}, the profile allows at most {max}. Keep no more with {words}.",
    "{path} compte {count} occurrence(s) de la tranche {slice}, le profil en permet au plus {max}. "
    "N’en gardez pas plus avec {words}.",
)


def cardinality_findings(node: Constraint, count: int) -> Iterator[Finding]:
    """Too few or too many occurrences of an element."""
    if count < node.min:
        missing = count == 0 and node.min == 1
        yield Finding(MISSING if missing else TOO_FEW, facts={"min": node.min, "count": count})
    elif node.max is not None and count > node.max:
        yield Finding(TOO_MANY, facts={"max": node.max, "count": count})


def slice_cardinality_findings(part: Slice, count: int) -> Iterator[Finding]:
    """Too few or too many occurrences in a slice; warnings only where it is not certain what belongs to it."""
    node = part.constraint
    facts: dict[str, Fact] = {"slice": part.name, "count": count, "words": part.words}
    severity: Severity = "error" if part.certain else "warning"
    if count < node.min:
        yield Finding(replace(TOO_FEW_IN_SLICE, severity=severity), facts={**facts, "min": node.min})
    elif node.max is not None and count > node.max:
        yield Finding(replace(TOO_MANY_IN_SLICE, severity=severity), facts={**facts, "max": node.max})
