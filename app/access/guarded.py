"""The repository as a principal with limited rights sees it: each command, whatever door, field or hop it comes from,
is held to them here.

| command                                      | takes | of what is not reached                             |
|----------------------------------------------|-------|----------------------------------------------------|
| read                                         | r     | left out, as what is not there                     |
| version, history                             | r     | Forbidden; versions that are another's: left out   |
| heads                                        | r u d | Forbidden, also of what never was there            |
| search, count, related, count_related, tally | s     | not matched, also where a filter asks of it        |
| write                                        | c u d | Forbidden                                          |
| heard, hears                                 | r s   | not told                                           |

The feed of changes is not offered: whoever reads it for others decides about each change.
Where no resource of a type is reached, every command on it raises Forbidden. `app.access.reach` decides on documents.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from app.access.compartment import EVERYTHING, NOTHING
from app.access.guarded_writing import GuardedWriting
from app.access.narrowing import check_facets, searched
from app.access.principal import PrincipalRepository
from app.access.reach import check, reached, shown
from app.access.refusals import not_granted, out_of_reach
from app.access.scopes import INTERACTIONS
from app.errors import DuplicateKey, Forbidden
from app.search.algebra import Or

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from app.access.grant import Grant
    from app.access.principal import Principal
    from app.access.scopes import Interaction
    from app.fhir.resource import Resource
    from app.search.algebra import Facet, Filter, Search
    from app.store.repository import Head, Page, Repository, Stored, Tally, Version, Write

_HEADS: Final[tuple[Interaction, ...]] = ("r", "u", "d")


def seen_by(repository: Repository, principal: Principal, base: str) -> PrincipalRepository:
    """The repository as the principal sees it; `base` is this server's FHIR address."""
    if principal.grant is None:
        return PrincipalRepository(repository, principal)
    return GuardedRepository(repository, principal, principal.grant, base)


class GuardedRepository(PrincipalRepository):
    """A repository bound to a principal and its rights."""

    def __init__(self, repository: Repository, principal: Principal, grant: Grant, base: str) -> None:
        super().__init__(repository, principal)
        self._grant = grant
        self._writing = GuardedWriting(self.whole, grant, base)
        self.partial = grant.partial

    @property
    def whole(self) -> PrincipalRepository:
        """As `PrincipalRepository.whole`."""
        return PrincipalRepository(self._repository, self._principal)

    def demand(self, type: str, *alternatives: str) -> None:  # noqa: A002 - FHIR's word
        """As `PrincipalRepository.demand`."""
        lacking = [self._lacking(type, each) for each in alternatives]
        if all(lacking):
            raise not_granted(lacking[0][0], type)

    def readable(self, type: str) -> bool:  # noqa: A002 - FHIR's word
        """As `PrincipalRepository.readable`."""
        return self._grant.reach("r", type) != NOTHING

    def heard(self, type: str, filter: Filter) -> Filter:  # noqa: A002 - FHIR's word, and the algebra's
        """As `PrincipalRepository.heard`."""
        self._readable(type)
        return searched(self._grant, type, filter)

    async def hears(self, version: Version) -> bool:
        """As `PrincipalRepository.hears`: as a version is read, for the resource may be somebody else's by now."""
        try:
            reach = self._readable(version.type)
            if reach != EVERYTHING:
                await check(self.whole, version.type, [version.id], reach)
        except Forbidden:
            return False
        return reach == EVERYTHING or bool(shown([version], self._grant.told[version.type]))

    async def read(
        self,
        type: str,  # noqa: A002 - FHIR's word
        ids: Collection[str],
        elements: Collection[str] | None = None,
    ) -> Mapping[str, Resource]:
        """As `Repository.read`."""
        reach = self._readable(type)
        if reach == EVERYTHING:
            return await super().read(type, ids, elements)
        return await reached(self.whole, type, ids, reach, elements)

    async def heads(self, type: str, ids: Collection[str]) -> Mapping[str, Head]:  # noqa: A002 - FHIR's word
        """As `Repository.heads`."""
        reaches = [self._grant.reach(each, type) for each in _HEADS]
        if all(reach == NOTHING for reach in reaches):
            raise not_granted(_HEADS[0], type)
        if EVERYTHING not in reaches:
            await check(self.whole, type, ids, Or(tuple(reaches)))
        return await super().heads(type, ids)

    async def version(
        self,
        type: str,  # noqa: A002 - FHIR's word
        id: str,  # noqa: A002 - FHIR's word
        version: int | None = None,
        as_of: str | None = None,
    ) -> Version | None:
        """As `Repository.version`."""
        reach = self._readable(type)
        if reach == EVERYTHING:
            return await super().version(type, id, version, as_of)
        await check(self.whole, type, [id], reach)
        found = await super().version(type, id, version, as_of)
        if found is not None and not shown([found], self._grant.told[type]):
            raise out_of_reach()
        return found

    async def history(
        self,
        type: str,  # noqa: A002 - FHIR's word
        id: str,  # noqa: A002 - FHIR's word
        count: int,
        before: int | None = None,
    ) -> Sequence[Version]:
        """As `Repository.history`."""
        reach = self._readable(type)
        if reach == EVERYTHING:
            return await super().history(type, id, count, before)
        await check(self.whole, type, [id], reach)
        found: list[Version] = []
        more = True
        while more and len(found) < count:
            versions = await super().history(type, id, count, before)
            found += shown(versions, self._grant.told[type])
            more = len(versions) == count
            before = versions[-1].version if versions else None
        return found[:count]

    async def search(self, type: str, search: Search) -> Page:  # noqa: A002 - FHIR's word
        """As `Repository.search`."""
        return await super().search(type, replace(search, filter=searched(self._grant, type, search.filter)))

    async def count(self, type: str, filter: Filter) -> int:  # noqa: A002 - FHIR's word
        """As `Repository.count`."""
        return await super().count(type, searched(self._grant, type, filter))

    async def related(
        self,
        type: str,  # noqa: A002 - FHIR's word
        parameter: str,
        targets: Sequence[Sequence[str]],
        search: Search,
    ) -> Sequence[Page]:
        """As `Repository.related`."""
        narrowed = replace(search, filter=searched(self._grant, type, search.filter))
        return await super().related(type, parameter, targets, narrowed)

    async def count_related(
        self,
        type: str,  # noqa: A002 - FHIR's word
        parameter: str,
        targets: Sequence[Sequence[str]],
        filter: Filter,  # noqa: A002 - the algebra's word
    ) -> Sequence[int]:
        """As `Repository.count_related`."""
        return await super().count_related(type, parameter, targets, searched(self._grant, type, filter))

    async def tally(
        self,
        type: str,  # noqa: A002 - FHIR's word
        filter: Filter,  # noqa: A002 - the algebra's word
        facets: Sequence[Facet],
        at_most: int = 1_000,
    ) -> Sequence[Tally]:
        """As `Repository.tally`."""
        check_facets(self._grant, facets)
        return await super().tally(type, searched(self._grant, type, filter), facets, at_most)

    async def write(self, writes: Sequence[Write], *, together: bool = False) -> Sequence[Stored]:
        """As `Repository.write`. Where a key is taken, the place that has it is named to those who may read there."""
        try:
            return await self._writing.write(writes, together=together)
        except DuplicateKey as error:
            type_name, _, id_ = error.place.partition("/")
            if self.readable(type_name) and await self.read(type_name, [id_], ()):
                raise
            raise DuplicateKey(error.place, named=False) from None

    def _lacking(self, type_name: str, needed: str) -> list[Interaction]:
        return [each for each in INTERACTIONS if each in needed and self._grant.reach(each, type_name) == NOTHING]

    def _readable(self, type_name: str) -> Filter:
        reach = self._grant.reach("r", type_name)
        if reach == NOTHING:
            raise not_granted("r", type_name)
        return reach
