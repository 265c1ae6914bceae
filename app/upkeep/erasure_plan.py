"""What may be erased, and what has to stay: one walk through the store, then a look at who refers to whom.

Nothing is erased that a resource which stays refers to; AuditEvents stay, and do not keep what they name. Memory is
used for what may go and for the places that are referred to, some hundred bytes each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from app.fhir.served import SERVED
from app.upkeep.retention import FORTY_YEARS, HOLD, LONG, ago, counted_from, has_tag, inside
from app.upkeep.snapshot import BATCH
from app.upkeep.targets import targets

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from app.fhir.resource import Resource
    from app.store.repository import Version
    from app.upkeep.snapshot import Histories

TRAIL: Final = "AuditEvent"
_PATIENTS: Final = ("Patient/",)
"""A hold on a patient covers what refers to the patient."""

_DEVICES: Final = ("Device/", "DeviceDefinition/")
"""The forty years of a device hold for what refers to it."""


class Asked(NamedTuple):
    """What is to go: the places that are named ("Patient/p1"), or else all that is older than so many years."""

    places: frozenset[str] = frozenset()
    years: int = 0


class Candidate(NamedTuple):
    """A resource that may go: its last version, since when it is kept, what it refers to unless it is deleted."""

    version: int
    since: str
    targets: frozenset[str]


@dataclass(slots=True)
class Plan:
    """What goes, by place, with the version that was looked at. Of what was to go: what is under a legal hold, what is
    kept for forty years, what others refer to, each with one of them, and what is not there."""

    going: dict[str, int]
    held: frozenset[str]
    long: frozenset[str]
    needed: dict[str, str]
    unknown: frozenset[str]


class Survey:
    """The walk through a store, and the plan that follows from it."""

    def __init__(self, asked: Asked, base: str, now: datetime) -> None:
        self._asked = asked
        self._base = base
        self._limit = ago(now, asked.years)
        self._long_limit = ago(now, max(LONG, asked.years))
        self._candidates: dict[str, Candidate] = {}
        self._needed: dict[str, str] = {}  # a place that what stays refers to → what does
        self._devices: dict[str, frozenset[str]] = {}  # a device → its definitions and parents
        self._held: set[str] = set()
        self._long: set[str] = set()

    async def walk(self, store: Histories) -> AsyncIterator[int]:
        """Look at all resources, also deleted ones; yields now and then how many."""
        number = 0
        for type_ in SERVED:
            after = ""
            while type_ != TRAIL and (batch := await store.histories(type_, after, BATCH)):
                after = batch[-1][0].id
                for history in batch:
                    self._look_at(history)
                number += len(batch)
                yield number

    def plan(self) -> Plan:
        """What goes and what stays."""
        held, long = self._covered(self._held, self._long, self._candidates)
        needed = self._needed_by(held | long)
        stays = held | long | needed.keys()
        return Plan(
            going={place: each.version for place, each in self._candidates.items() if place not in stays},
            held=frozenset(held),
            long=frozenset(long - held),
            needed={place: by for place, by in needed.items() if place not in held | long},
            unknown=self._asked.places - self._candidates.keys(),
        )

    def covered(self, held: Collection[str], long: Collection[str], going: Iterable[str]) -> set[str]:
        """Which of the candidates that go have to stay, where these are under a hold, or kept for forty years, too."""
        return set[str]().union(*self._covered(held, long, going)) if held or long else set()

    def targets(self, place: str) -> frozenset[str]:
        """The places that a candidate refers to."""
        return self._candidates[place].targets

    def named(self, content: Resource) -> Iterator[str]:
        """The places that a resource refers to, and those of which a Bundle has a copy."""
        for _, type_, id_ in targets(content, self._base, entries=True):
            yield f"{type_}/{id_}"
        for inner in inside(content):
            yield f"{inner.get('resourceType')}/{inner.get('id')}"

    def _covered(self, held: Iterable[str], long: Iterable[str], among: Iterable[str]) -> tuple[set[str], set[str]]:
        """Of some candidates, those that a hold covers, and those that are kept for forty years."""
        links = {place: self._candidates[place].targets for place in among}
        under_hold = _covered(held, links, _PATIENTS) & links.keys()
        if not self._asked.years:
            return under_hold, set()
        of_devices = _covered(long, {**self._devices, **links}, _DEVICES) & links.keys()
        return under_hold, {place for place in of_devices if self._candidates[place].since >= self._long_limit}

    def _look_at(self, history: Sequence[Version]) -> None:
        last = history[-1]
        place = f"{last.type}/{last.id}"
        content = next((version.resource for version in reversed(history) if version.resource is not None), None)
        if content is None:
            return
        if has_tag(content, HOLD):
            self._held.add(place)
        if has_tag(content, FORTY_YEARS):
            self._long.add(place)
        since = counted_from(content)
        named = frozenset(self.named(content)) - {place} if last.resource else frozenset()
        if place.startswith(_DEVICES):
            self._devices[place] = frozenset(target for target in named if target.startswith(_DEVICES))
        if place in self._asked.places or (since < self._limit and not self._asked.places):
            self._candidates[place] = Candidate(last.version, since, named)
        else:
            for target in named:
                self._needed.setdefault(target, place)

    def _needed_by(self, stays: Iterable[str]) -> dict[str, str]:
        """The candidates that something which stays refers to, each with that; what is needed stays too."""
        needed = {place: by for place, by in self._needed.items() if place in self._candidates}
        waiting = list({*stays, *needed})
        while waiting:
            place = waiting.pop()
            for target in self._candidates[place].targets:
                if target in self._candidates and target not in needed:
                    needed[target] = place
                    waiting.append(target)
        return needed


def _covered(seeds: Iterable[str], links: Mapping[str, frozenset[str]], through: tuple[str, ...]) -> set[str]:
    """The seeds, and what refers to one of these that begins with a text of `through`, and so on."""
    referring: dict[str, list[str]] = {}
    for place, targets_ in links.items():
        for target in targets_:
            if target.startswith(through):
                referring.setdefault(target, []).append(place)
    covered, waiting = set(seeds), list(seeds)
    while waiting:
        for place in referring.get(waiting.pop(), ()):
            if place not in covered:
                covered.add(place)
                waiting.append(place)
    return covered
