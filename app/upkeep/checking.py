"""Looks through a store: is each resource readable, found by what it holds, its history whole; does what it refers to
exist. What an AuditEvent names may be gone: it tells of the past.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, Protocol

from app.search.algebra import Position, Search
from app.upkeep.targets import targets

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Mapping, Sequence

    from app.fhir.resource import Resource
    from app.store.repository import Flaw, Head, Page

BATCH: Final = 200
_PAST: Final = "AuditEvent"

Problem = Literal["unreadable", "search-values", "history", "keys", "reference"]


class Checked(Protocol):
    """The part of a repository that checking needs."""

    async def search(self, type: str, search: Search) -> Page:  # noqa: A002 - FHIR's word
        """As `Repository.search`."""

    async def heads(self, type: str, ids: Collection[str]) -> Mapping[str, Head]:  # noqa: A002 - FHIR's word
        """As `Repository.heads`."""

    async def inspect(self, type: str, after: str, count: int) -> tuple[str | None, Sequence[Flaw]]:  # noqa: A002 - FHIR's word
        """As `Repository.inspect`."""

    async def repair(self, type: str, ids: Collection[str]) -> None:  # noqa: A002 - FHIR's word
        """As `Repository.repair`."""


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """Something that is wrong with a resource; `path` is that of a reference that leads nowhere. `repaired`: it was."""

    type: str
    id: str
    problem: Problem
    path: str = ""
    repaired: bool = False


async def kept_well(store: Checked, type: str, *, repair: bool) -> AsyncIterator[Sequence[Fault]]:  # noqa: A002 - FHIR's word
    """What is wrong with how the resources of a type are kept, batch by batch; `repair` makes wrong search values anew
    and looks again."""
    after = ""
    while True:
        last, flaws = await store.inspect(type, after, BATCH)
        left = flaws
        if repair and (wrong := {flaw.id for flaw in flaws if flaw.problem == "search-values"}):
            await store.repair(type, wrong)
            _, left = await store.inspect(type, after, BATCH)
        yield [Fault(flaw.type, flaw.id, flaw.problem, repaired=flaw not in left) for flaw in flaws]
        if last is None:
            return
        after = last


async def dangling(store: Checked, type: str, base: str) -> AsyncIterator[tuple[int, Sequence[Fault]]]:  # noqa: A002 - FHIR's word
    """(how many current resources, the references among them that lead to none), batch by batch."""
    after: Position | None = None
    while rows := (await store.search(type, Search(count=BATCH, after=after))).rows if type != _PAST else ():
        after = rows[-1].position
        yield len(rows), await _dangling(store, [row.resource for row in rows], base)


async def _dangling(store: Checked, resources: Sequence[Resource], base: str) -> list[Fault]:
    found = [(each, target) for each in resources for target in targets(each, base, entries=False)]
    wanted: dict[str, set[str]] = {}
    for _, (_, type_, id_) in found:
        wanted.setdefault(type_, set()).add(id_)
    live = {
        (type_, id_)
        for type_, ids in wanted.items()
        for id_, head in (await store.heads(type_, ids)).items()
        if not head.deleted
    }
    return [
        Fault(each["resourceType"], each["id"], "reference", path)
        for each, (path, *place) in found
        if tuple(place) not in live
    ]
