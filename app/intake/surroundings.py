"""What the store says of a resource that comes in: whether what it refers to is there, and agrees with it.

Only literal references to this server are looked up, in one read for each type. What may be missing is a policy:
"ignore", "warn", or "enforce", by which a missing target keeps the resource out. Of types that the sender may not read
nothing is said, but under "enforce" that the target is missing.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, Protocol, TypeAlias

from app.fhir.reference import Target, parse
from app.fhir.served import SERVED
from app.profiles.coherence import coherence
from app.profiles.finding import Finding, Findings, Kind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from app.errors import Issue
    from app.fhir.resource import Json, Resource

Policy: TypeAlias = Literal["ignore", "warn", "enforce"]


Place: TypeAlias = tuple[str, tuple[str, str]]
"""The path of a reference, and the type and id it leads to."""

_EN: Final = "{path} refers to a resource that is not on this server. Send that one first, or correct the reference."
_FR: Final = "{path} désigne une ressource absente de ce serveur. Envoyez-la d’abord, ou corrigez la référence."
MISSING: Final[Mapping[Policy, Kind]] = {
    "warn": Kind("reference-exists", "not-found", _EN, _FR, "warning"),
    "enforce": Kind("reference-exists", "not-found", _EN, _FR, "error"),
}


class Reader(Protocol):
    """The part of a repository that looking up needs; `PrincipalRepository` is one."""

    @property
    def whole(self) -> Reader:
        """As `PrincipalRepository.whole`."""

    def readable(self, type: str) -> bool:  # noqa: A002 - FHIR's word
        """As `PrincipalRepository.readable`."""

    async def read(self, type: str, ids: Collection[str]) -> Mapping[str, Resource]:  # noqa: A002 - FHIR's word
        """As `Repository.read`."""


async def surroundings(
    reader: Reader, resource: Resource, policy: Policy = "warn", base: str = ""
) -> tuple[Issue, ...]:
    """The issues about a resource in the light of the store, at most 500 and how many more.

    `base` is this server's FHIR address: an absolute reference to it counts as the relative one. The policy is about
    missing targets; whether a Procedure agrees with its patient and devices is said under each of them."""
    [issues] = await all_surroundings(reader, [(resource["resourceType"], resource)], policy, base)
    return issues


async def all_surroundings(
    reader: Reader,
    resources: Sequence[tuple[str, Resource]],
    policy: Policy = "warn",
    base: str = "",
    coming: Mapping[str, Resource | None] = MappingProxyType({}),
) -> list[tuple[Issue, ...]]:
    """The issues about each of several resources, given with their paths; `coming` is what is to be stored with them,
    by Type/id, and counts as stored; None is to be deleted."""
    places = await asyncio.to_thread(lambda: [_places(path, each, policy, base) for path, each in resources])
    wanted = {key for found in places for _, key in found if "/".join(key) not in coming}
    here = {place: resource for place, resource in coming.items() if resource is not None}
    seen = {key for key in wanted if reader.readable(key[0])}
    known = {**await _read(reader, seen), **here}
    hidden = wanted - seen
    there = set(await _read(reader.whole, hidden)) if policy == "enforce" else {"/".join(key) for key in hidden}
    return await asyncio.to_thread(
        lambda: [
            (*_missing(found, there.union(known), policy), *_agreement(path, resource, known, base))
            for (path, resource), found in zip(resources, places, strict=True)
        ]
    )


async def _read(reader: Reader, keys: Collection[tuple[str, str]]) -> dict[str, Resource]:
    """The resources under those types and ids, by Type/id; one read for each type."""
    types = sorted({type_ for type_, _ in keys})
    read = [reader.read(type_, sorted(id_ for other, id_ in keys if other == type_)) for type_ in types]
    stored = zip(types, await asyncio.gather(*read), strict=True)
    return {f"{type_}/{id_}": each for type_, batch in stored for id_, each in batch.items()}


def _missing(places: Sequence[Place], there: Collection[str], policy: Policy) -> tuple[Issue, ...]:
    findings = Findings()
    for place, key in places if policy != "ignore" else ():
        if "/".join(key) not in there:
            findings.add(Finding(MISSING[policy]), place, MISSING[policy].aspect)
    return findings.issues()


def _agreement(path: str, resource: Resource, known: Mapping[str, Resource], base: str) -> Iterator[Issue]:
    kind = resource["resourceType"]
    for issue in coherence(resource, known, base) if kind == "Procedure" else ():
        yield replace(issue, expression=path + issue.expression.removeprefix(kind))


def _places(path: str, resource: Resource, policy: Policy, base: str) -> list[Place]:
    """Where the resource refers to what is kept here; under "ignore", only what has to agree with it."""
    if policy == "ignore" and resource["resourceType"] != "Procedure":
        return []
    kept = SERVED if policy != "ignore" else ("Patient", "Device")
    return [
        (place, (target.type, target.id))
        for place, target in _targets(resource, path)
        if target.base in ("", base) and target.type in kept
    ]


def _targets(value: Json, path: str) -> Iterator[tuple[str, Target]]:
    """(path, target) of every literal reference to a resource, but for those inside contained resources and entries:
    these are looked at when they come by themselves."""
    waiting: list[tuple[str, Json]] = [(path, value)]
    while waiting:
        place, current = waiting.pop()
        if isinstance(current, list):
            waiting.extend((f"{place}[{index}]", item) for index, item in reversed(list(enumerate(current))))
        elif isinstance(current, dict):
            target = parse(current["reference"]) if "reference" in current else None
            if isinstance(target, Target):
                yield place, target
            inner = [(f"{place}.{name}", item) for name, item in current.items() if name not in ("contained", "entry")]
            waiting.extend(reversed(inner))
