"""What a principal may do, as filters of the search algebra: for each interaction and type, which resources.

`EVERYTHING` is all of the type, `NOTHING` none of it; what is between is asked of the store with every search, and
of a document that is about to be written or was so once. Rights only add up: a scope never takes away what another
gives, and what cannot be understood gives nothing.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from app.access.compartment import EVERYTHING, NOTHING, read_by, told_by, written_by
from app.access.scopes import scopes_of
from app.errors import InvalidSearch
from app.fhir.reference import ID as FHIR_ID
from app.fhir.served import SERVED
from app.search.algebra import LAST_UPDATED, And, Or
from app.search.arguments import filter_of
from app.search.chains import shorthands

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from app.access.scopes import Interaction, Scope
    from app.search.algebra import Filter

_READING: Final = ("r", "s")
_MOST: Final = 10
"""Parameters of a scope."""


@dataclass(frozen=True, slots=True)
class Grant:
    """Rights. `reaches`: (interaction, type) → the resources; what is not there is NOTHING. `told`: type → what each
    earlier version must be like that is shown. `entities`: the names of the legal entities on whose behalf procedures
    may be written; None is any. `partial`: whether some resources of a type are reached and others are not;
    `searches_all`: whether every type may be searched, wholly. `scopes` are all of the token's, also those that give no
    right to resources. `mark` tells this grant from others."""

    reaches: Mapping[tuple[Interaction, str], Filter]
    told: Mapping[str, Filter]
    entities: tuple[str, ...] | None
    partial: bool
    searches_all: bool
    scopes: tuple[str, ...]
    mark: str

    def reach(self, interaction: Interaction, type_name: str) -> Filter:
        """The resources of a type with which the interaction is allowed."""
        return self.reaches.get((interaction, type_name), NOTHING)


def grant_of(
    texts: Sequence[str], patient: str | None = None, base: str = "", entities: tuple[str, ...] | None = None
) -> Grant:
    """The rights that scopes give, those for one patient to the resources of `patient`, an id; without one these give
    nothing. `base` is this server's FHIR address."""
    scopes = list(scopes_of(texts))
    compartment = _Compartment(patient, base, scopes) if patient and FHIR_ID.fullmatch(patient) else None
    reaches: defaultdict[tuple[Interaction, str], list[Filter]] = defaultdict(list)
    told: defaultdict[str, list[Filter]] = defaultdict(list)
    for scope in scopes:
        for name in scope.types:
            narrowed = _narrowed(scope, name, base)
            if scope.patient and compartment is None:
                continue
            for interaction in scope.interactions:
                own = compartment.reach(interaction, name) if scope.patient and compartment else EVERYTHING
                reaches[interaction, name].append(_both(own, narrowed))
            if "r" in scope.interactions:
                shown = compartment.told(name) if scope.patient and compartment else EVERYTHING
                told[name].append(_both(shown, narrowed))
    found = {key: _any_of(filters) for key, filters in reaches.items()}
    return Grant(
        found,
        {name: _any_of(filters) for name, filters in told.items()},
        entities,
        partial=any(reach not in (EVERYTHING, NOTHING) for reach in found.values()),
        searches_all=all(found.get(("s", name)) == EVERYTHING for name in SERVED),
        scopes=tuple(texts),
        mark=repr((sorted(texts), patient, entities)),
    )


class _Compartment:
    """What scopes for one patient reach."""

    def __init__(self, patient: str, base: str, scopes: Collection[Scope]) -> None:
        self._patient = patient
        self._base = base
        # Only what the scopes name: who may not see procedures must not learn by a device that there is one.
        self._procedures = any(
            "Procedure" in scope.types and not scope.query and not scope.interactions.isdisjoint(_READING)
            for scope in scopes
        )

    def reach(self, interaction: Interaction, type_name: str) -> Filter:
        if interaction in _READING:
            return read_by(self._patient, type_name, self._base, procedures=self._procedures)
        return written_by(self._patient, type_name, self._base)

    def told(self, type_name: str) -> Filter:
        return told_by(self._patient, type_name, self._base)


def _narrowed(scope: Scope, type_name: str, base: str) -> Filter:
    """The search of a scope: parameters of the type and their values, all of which must match. One that cannot be
    understood to the letter reaches nothing; so does one that asks for other resources, or for when it was written."""
    if not scope.query:
        return EVERYTHING
    try:
        pairs = parse_qsl(scope.query, keep_blank_values=True, strict_parsing=True, max_num_fields=_MOST)
    except ValueError:
        return NOTHING
    arguments = {name.replace("-", "_"): [value] for name, value in pairs}
    elsewhere = {LAST_UPDATED, *shorthands(type_name)}
    if len(arguments) < len(pairs) or not elsewhere.isdisjoint(arguments):
        return NOTHING
    try:
        return filter_of(type_name, arguments, base)
    except InvalidSearch:
        return NOTHING


def _both(one: Filter, other: Filter) -> Filter:
    if NOTHING in (one, other):
        return NOTHING
    kept = tuple(each for each in (one, other) if each != EVERYTHING)
    return kept[0] if len(kept) == 1 else And(kept)


def _any_of(filters: Sequence[Filter]) -> Filter:
    if EVERYTHING in filters:
        return EVERYTHING
    kept = tuple(dict.fromkeys(each for each in filters if each != NOTHING))
    return kept[0] if len(kept) == 1 else Or(kept)
