"""Writes that are held to a principal's rights: what is there must be reached, and so must what comes in its place."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from app.access.compartment import EVERYTHING, NOTHING
from app.access.legal_entity import entities, names_of
from app.access.reach import holds, last
from app.access.refusals import not_granted, of_another_entity, out_of_reach
from app.errors import VersionConflict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.access.grant import Grant
    from app.access.principal import PrincipalRepository
    from app.access.reach import Last
    from app.access.scopes import Interaction
    from app.fhir.resource import Resource
    from app.search.algebra import Filter
    from app.store.repository import Stored, Write

TRIES: Final = 10
"""How often writes that expect no version are looked at again, because somebody else's came between."""


class GuardedWriting:
    """The writes of one request. `base` is this server's FHIR address."""

    def __init__(self, whole: PrincipalRepository, grant: Grant, base: str) -> None:
        self._whole = whole
        self._grant = grant
        self._base = base
        self._names: frozenset[str] | None = None

    async def write(self, writes: Sequence[Write], *, together: bool) -> Sequence[Stored]:
        """As `Repository.write`. Raises Forbidden too; then nothing is stored.

        What was looked at is the version that the write expects, so that no other one comes between."""
        if not any(map(self._looks, writes)):
            return await self._whole.write(writes, together=together)
        for tried in range(1, TRIES + 1):
            looked = [await self._looked(write) if self._looks(write) else write for write in writes]
            try:
                return await self._whole.write(looked, together=together)
            except VersionConflict as error:
                if tried == TRIES or any(each.expected is not None for each in writes if _place(each) == error.place):
                    raise
        raise AssertionError

    def _looks(self, write: Write) -> bool:
        """Whether it takes more than a scope: whether it depends on what is there and on what comes. Raises Forbidden
        where there is no scope."""
        needed: tuple[Interaction, ...] = ("d",) if write.resource is None else ("c", "u")
        reaches = [self._grant.reach(each, write.type) for each in needed]
        if all(reach == NOTHING for reach in reaches):
            raise not_granted(needed[0], write.type)
        return any(reach != EVERYTHING for reach in reaches) or self._is_bound(write.type)

    def _is_bound(self, type_name: str) -> bool:
        return type_name == "Procedure" and self._grant.entities is not None

    async def _looked(self, write: Write) -> Write:
        there = await last(self._whole, write.type, write.id)
        current = _current(there)
        if write.expected == 0 and current:  # a create whose id is its own: it was done before
            raise VersionConflict(_place(write), current)
        interaction: Interaction = "d" if write.resource is None else "u" if there else "c"
        reach = self._grant.reach(interaction, write.type)
        if reach == NOTHING:
            raise not_granted(interaction, write.type)
        before = [there.resource] if there else []
        for resource in (*before, *([write.resource] if write.resource is not None else [])):
            await self._check(reach, resource, write)
        if write.expected not in (None, current):
            raise VersionConflict(_place(write), current)
        return replace(write, expected=current)

    async def _check(self, reach: Filter, resource: Resource, write: Write) -> None:
        if not holds(reach, resource, write.id):
            raise out_of_reach()
        if self._is_bound(write.type):
            named = set(entities(resource, self._base))
            if not named or not named <= await self._entity_names():
                raise of_another_entity()

    async def _entity_names(self) -> frozenset[str]:
        if self._names is None:
            found = [await names_of(self._whole, name) for name in self._grant.entities or ()]
            self._names = frozenset().union(*found)
        return self._names


def _current(there: Last | None) -> int:
    """What `Write.expected` is where nothing is to come between."""
    return 0 if there is None or there.deleted else there.version


def _place(write: Write) -> str:
    return f"{write.type}/{write.id}"
