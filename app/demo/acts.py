"""The operations the hospitals perform, from `tables/acts.csv`, and the services that perform them.

CCAM, CIM-10 and SNOMED CT codes follow the nomenclatures, their labels are shortened: examples, not a reference.
Weights follow the order of magnitude of French practice: cataracts, then coronary stents, hips, knees, hernias.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import Final, NamedTuple

from app.demo.table import parts, rows


class Term(NamedTuple):
    """A code and its French text."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Specialty:
    """A service of a hospital: its name, and how SNOMED CT codes its practitioners and their function."""

    service: str
    code: Term
    function: Term


@dataclass(frozen=True, slots=True)
class Removal:
    """The later operation that takes out the first implant of an act, and the kinds it puts in instead."""

    ccam: Term
    implants: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Act:
    """One operation. `sites`: one, or the left and the right one; `implants`: kinds, one unit of each;
    `ages`: from, to; `women` only; `nights` in hospital, 0 is day surgery."""

    weight: int
    ccam: Term
    specialty: str
    sites: tuple[Term, ...]
    ages: tuple[int, int]
    reason: Term
    implants: tuple[str, ...]
    women: bool
    nights: int
    removal: Removal | None


def _act(row: dict[str, str]) -> Act:
    removal = Removal(Term(row["removal"], row["removal_name"]), parts(row["removal_implants"]))
    return Act(
        weight=int(row["weight"]),
        ccam=Term(row["ccam"], row["ccam_name"]),
        specialty=row["specialty"],
        sites=tuple(Term(*site.split(" ", 1)) for site in parts(row["sites"])),
        ages=(int(row["age_from"]), int(row["age_to"])),
        reason=Term(row["reason"], row["reason_name"]),
        implants=parts(row["implants"]),
        women=row["sex"] == "female",
        nights=int(row["nights"]),
        removal=removal if row["removal"] else None,
    )


def _specialty(row: dict[str, str]) -> Specialty:
    return Specialty(row["service"], Term(row["code"], row["code_name"]), Term(row["function"], row["function_name"]))


ACTS: Final = tuple(map(_act, rows("acts.csv")))
ACT_WEIGHTS: Final = tuple(accumulate(act.weight for act in ACTS))
SPECIALTIES: Final = {row["key"]: _specialty(row) for row in rows("specialties.csv")}
