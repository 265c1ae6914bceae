"""The repository as one principal sees it: every read and write of a request goes through here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from app.fhir.resource import Resource
    from app.search.algebra import Filter, Search
    from app.store.repository import Page, Repository, Stored, Write


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking. `name` is kept as the author of what it writes; "" is an unnamed client of an open server."""

    name: str = ""


class PrincipalRepository:
    """A repository bound to a principal, who is named as the author of each version it writes."""

    def __init__(self, repository: Repository, principal: Principal) -> None:
        self._repository = repository
        self._principal = principal

    async def read(self, type: str, ids: Collection[str]) -> Mapping[str, Resource]:  # noqa: A002 - FHIR's word
        """As `Repository.read`."""
        return await self._repository.read(type, ids)

    async def search(self, type: str, search: Search) -> Page:  # noqa: A002 - FHIR's word
        """As `Repository.search`."""
        return await self._repository.search(type, search)

    async def count(self, type: str, filter: Filter) -> int:  # noqa: A002 - FHIR's word
        """As `Repository.count`."""
        return await self._repository.count(type, filter)

    async def write(self, writes: Sequence[Write]) -> Sequence[Stored]:
        """As `Repository.write`, with the principal as author."""
        return await self._repository.write([replace(write, author=self._principal.name) for write in writes])
