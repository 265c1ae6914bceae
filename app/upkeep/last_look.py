"""What has been written since a store was looked through, and what has to stay because of it.

A resource that is written meanwhile stays, with all that it refers to; one that is put under a hold, or is to be kept
for forty years, covers others, as in the plan.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from app.store.repository import Going
from app.upkeep.erasure_plan import TRAIL
from app.upkeep.retention import FORTY_YEARS, HOLD, has_tag

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from app.fhir.resource import Resource
    from app.store.repository import Head, Write
    from app.upkeep.erasure_plan import Survey


class Erased(NamedTuple):
    """Of a batch: how many resources go, and the places of those that stay after all."""

    gone: int = 0
    left: Sequence[str] = ()


class PlanWatch:
    """A plan that shrinks as others write, and a `LastLook` at each batch of it. `since` is the point that the store
    had reached when the survey began; `trail` makes the write that tells of places that go.

    `going` is what is left of the plan, `outcome` what was decided last."""

    def __init__(
        self, survey: Survey, going: Mapping[str, int], since: str, trail: Callable[[Sequence[str]], Write]
    ) -> None:
        self.since = since
        self.going = dict(going)
        self.outcome = Erased()
        self._survey = survey
        self._trail = trail
        self._held: set[str] = set()
        self._long: set[str] = set()

    def links(self) -> dict[str, frozenset[str]]:
        """What goes, with what it refers to."""
        return {place: self._survey.targets(place) for place in self.going}

    def decide(
        self,
        type: str,  # noqa: A002 - FHIR's word
        heads: Mapping[str, Head],
        written: Iterable[Resource],
        reached: str,
    ) -> Going:
        """As `LastLook.decide`."""
        self.see(written)
        self.since = reached
        places = {f"{type}/{id_}": head.version for id_, head in heads.items()}
        gone = [place for place, version in places.items() if self.going.get(place) == version]
        self.outcome = Erased(len(gone), [place for place in places if place not in gone])
        ids = [place.partition("/")[2] for place in gone]
        return Going(ids, self._trail(gone)) if gone else Going()

    def see(self, written: Iterable[Resource]) -> int:
        """Let stay what has to, because of these resources; how many they are."""
        number = 0
        for number, resource in enumerate(written, 1):  # noqa: B007 - it is their number in the end
            self._see(resource)
        for place in self._survey.covered(self._held, self._long, self.going):
            self._stay(place)
        self._held.clear()
        self._long.clear()
        return number

    def _see(self, resource: Resource) -> None:
        place = f"{resource['resourceType']}/{resource['id']}"
        as_planned = self.going.get(place) == int(resource["meta"]["versionId"])
        if as_planned or resource["resourceType"] == TRAIL:
            return
        self.going.pop(place, None)
        for target in self._survey.named(resource):
            self._stay(target)
        if has_tag(resource, HOLD):
            self._held.add(place)
        if has_tag(resource, FORTY_YEARS):
            self._long.add(place)

    def _stay(self, place: str) -> None:
        """It stays, and what it refers to, as far as that was to go."""
        waiting = [place]
        while waiting:
            if self.going.pop(place := waiting.pop(), None) is not None:
                waiting += self._survey.targets(place)
