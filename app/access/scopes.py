"""The scopes of SMART on FHIR: what a token says may be done. https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html

system/Procedure.cruds   user/*.rs   patient/Device.r   patient/*.read (version 1)
user/Condition.rs?category=http://terminology.hl7.org/CodeSystem/condition-category|problem-list-item
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from app.fhir.served import SERVED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Interaction: TypeAlias = Literal["c", "r", "u", "d", "s"]
"""Create, read (also versions and history), update (also patch), delete, search."""

INTERACTIONS: Final[tuple[Interaction, ...]] = ("c", "r", "u", "d", "s")

ANY: Final = "*"

_SCOPE: Final = re.compile(
    r"(?P<level>patient|user|system)/(?P<type>\*|[A-Za-z]+)\.(?P<doing>\*|read|write|c?r?u?d?s?)(?:\?(?P<query>.+))?"
)
_VERSION_1: Final = {"read": "rs", "write": "cud", "*": "cruds"}


@dataclass(frozen=True, slots=True)
class Scope:
    """One scope: at the level of one patient, or (of a user, of a system) of all; for a type or ANY; the interactions;
    and the search that narrows it, "" for none."""

    patient: bool
    type: str
    interactions: frozenset[Interaction]
    query: str = ""

    @property
    def types(self) -> tuple[str, ...]:
        """The served types that it is about."""
        return SERVED if self.type == ANY else (self.type,)


def scopes_of(texts: Iterable[str]) -> Iterator[Scope]:
    """The scopes that are about resources of this server. What is another scope (openid, launch/patient), or is not
    written as SMART has it, gives no right."""
    for text in texts:
        found = _SCOPE.fullmatch(text)
        if found is None or found["type"] not in (ANY, *SERVED):
            continue
        letters = _VERSION_1.get(found["doing"], found["doing"])
        narrowed = found["query"] or ""
        if letters and not (narrowed and (found["doing"] in _VERSION_1 or found["type"] == ANY)):
            interactions = frozenset(each for each in INTERACTIONS if each in letters)
            yield Scope(found["level"] == "patient", found["type"], interactions, narrowed)
