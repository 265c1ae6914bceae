"""What the store says of a resource that comes in: whether what it refers to is there, and agrees with it.

Only literal references to this server are looked up, in one read for each type. What may be missing is a policy:
"ignore", "warn", or "enforce", by which a missing target keeps the resource out.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from app.errors import Issue
from app.fhir.reference import Target, parse
from app.fhir.served import SERVED
from app.profiles.coherence import coherence

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from app.fhir.resource import Json, Resource

Policy: TypeAlias = Literal["ignore", "warn", "enforce"]


class Reader(Protocol):
    """The part of a repository that looking up needs."""

    async def read(self, type: str, ids: Collection[str]) -> Mapping[str, Resource]:  # noqa: A002 - FHIR's word
        """As `Repository.read`."""


async def surroundings(reader: Reader, resource: Resource, policy: Policy) -> tuple[Issue, ...]:
    """The issues about a resource in the light of the store; none under the policy "ignore"."""
    if policy == "ignore":
        return ()
    places = list(_targets(resource, resource["resourceType"]))
    wanted = {(target.type, target.id) for _, target in places}
    types = sorted({type_ for type_, _ in wanted})
    read = [reader.read(type_, sorted(id_ for other, id_ in wanted if other == type_)) for type_ in types]
    found = await asyncio.gather(*read)
    known = {f"{type_}/{id_}": each for type_, batch in zip(types, found, strict=True) for id_, each in batch.items()}
    missing = [_missing(place, policy) for place, target in places if f"{target.type}/{target.id}" not in known]
    agreement = coherence(resource, known) if resource["resourceType"] == "Procedure" else ()
    return (*missing, *agreement)


def _targets(value: Json, path: str) -> Iterator[tuple[str, Target]]:
    """(path, target) of every relative reference to a served type, but for those inside contained resources and
    entries: these are looked at when they come by themselves."""
    waiting: list[tuple[str, Json]] = [(path, value)]
    while waiting:
        place, current = waiting.pop()
        if isinstance(current, list):
            waiting.extend((f"{place}[{index}]", item) for index, item in reversed(list(enumerate(current))))
        elif isinstance(current, dict):
            if isinstance(current.get("reference"), str):
                target = parse(current)
                if isinstance(target, Target) and not target.base and target.type in SERVED:
                    yield place, target
            inner = [(f"{place}.{name}", item) for name, item in current.items() if name not in ("contained", "entry")]
            waiting.extend(reversed(inner))


def _missing(place: str, policy: Policy) -> Issue:
    return Issue(
        "error" if policy == "enforce" else "warning",
        "not-found",
        f"{place} refers to a resource that is not on this server. Send that one first, or correct the reference.",
        f"{place} désigne une ressource absente de ce serveur. Envoyez-la d’abord, ou corrigez la référence.",
        expression=place,
        rule="reference-exists",
    )
