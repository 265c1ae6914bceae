"""The repository as one principal sees it: every read and write of a request goes through here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from app.access.grant import grant_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from app.access.grant import Grant
    from app.fhir.resource import Resource
    from app.search.algebra import Facet, Filter, Search
    from app.store.repository import Head, Page, Repository, Reservation, Stored, Tally, Version, Write


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking. `name` is kept as the author of what it writes; "" is an unnamed client of an open server.

    `identity` tells it from all others: the repeats of its requests are known by it. `grant` is what it may do; None is
    everything, where the server asks for no token. `until` is when its token ends, in seconds since 1970; None is
    never."""

    name: str = ""
    identity: str = ""
    grant: Grant | None = None
    until: float | None = None

    @property
    def scopes(self) -> tuple[str, ...] | None:
        """All scopes of its token; None where the server asks for no token."""
        return self.grant.scopes if self.grant else None


OPEN: Final = Principal()
"""Somebody who gives no name to a server that is open to everybody."""

NOBODY: Final = Principal(grant=grant_of(()))
"""Who asks for what needs no token, where all else does: the page, whether the server lives. It may do nothing."""


class PrincipalRepository:
    """A repository bound to a principal, who is named as the author of each version it writes. It may do everything;
    `app.access.guarded` has the one that may not."""

    partial: bool = False
    """Whether resources may be there that this principal does not see, though it sees others of their type."""

    def __init__(self, repository: Repository, principal: Principal) -> None:
        self._repository = repository
        self._principal = principal

    @property
    def in_process(self) -> bool:
        """As `Repository.in_process`."""
        return self._repository.in_process

    @property
    def whole(self) -> PrincipalRepository:
        """The same without limits, for what the server has to know and does not tell: whether a number is taken, to
        which legal entity a name belongs."""
        return self

    def demand(self, type: str, *alternatives: str) -> None:  # noqa: A002 - FHIR's word
        """Raises Forbidden unless all interactions of one of the alternatives ("ru": read and update) are allowed with
        resources of a type, or some of them."""

    def readable(self, type: str) -> bool:  # noqa: A002 - FHIR's word
        """Whether resources of a type, or some of them, may be read."""
        return True

    def heard(self, type: str, filter: Filter) -> Filter:  # noqa: A002 - FHIR's word, and the algebra's
        """What a filter finds that this principal may be told of as it changes, as far as a document tells by itself.
        Raises Forbidden."""
        return filter

    async def hears(self, version: Version) -> bool:
        """Whether a version may be told of that the filter of `heard` found."""
        return True

    async def read(
        self,
        type: str,  # noqa: A002 - FHIR's word
        ids: Collection[str],
        elements: Collection[str] | None = None,
    ) -> Mapping[str, Resource]:
        """As `Repository.read`."""
        return await self._repository.read(type, ids, elements)

    async def heads(self, type: str, ids: Collection[str]) -> Mapping[str, Head]:  # noqa: A002 - FHIR's word
        """As `Repository.heads`."""
        return await self._repository.heads(type, ids)

    async def version(
        self,
        type: str,  # noqa: A002 - FHIR's word
        id: str,  # noqa: A002 - FHIR's word
        version: int | None = None,
        as_of: str | None = None,
    ) -> Version | None:
        """As `Repository.version`."""
        return await self._repository.version(type, id, version, as_of)

    async def history(
        self,
        type: str,  # noqa: A002 - FHIR's word
        id: str,  # noqa: A002 - FHIR's word
        count: int,
        before: int | None = None,
    ) -> Sequence[Version]:
        """As `Repository.history`."""
        return await self._repository.history(type, id, count, before)

    async def search(self, type: str, search: Search) -> Page:  # noqa: A002 - FHIR's word
        """As `Repository.search`."""
        return await self._repository.search(type, search)

    async def count(self, type: str, filter: Filter) -> int:  # noqa: A002 - FHIR's word
        """As `Repository.count`."""
        return await self._repository.count(type, filter)

    async def related(
        self,
        type: str,  # noqa: A002 - FHIR's word
        parameter: str,
        targets: Sequence[Sequence[str]],
        search: Search,
    ) -> Sequence[Page]:
        """As `Repository.related`."""
        return await self._repository.related(type, parameter, targets, search)

    async def count_related(
        self,
        type: str,  # noqa: A002 - FHIR's word
        parameter: str,
        targets: Sequence[Sequence[str]],
        filter: Filter,  # noqa: A002 - the algebra's word
    ) -> Sequence[int]:
        """As `Repository.count_related`."""
        return await self._repository.count_related(type, parameter, targets, filter)

    async def tally(
        self,
        type: str,  # noqa: A002 - FHIR's word
        filter: Filter,  # noqa: A002 - the algebra's word
        facets: Sequence[Facet],
        at_most: int = 1_000,
    ) -> Sequence[Tally]:
        """As `Repository.tally`."""
        return await self._repository.tally(type, filter, facets, at_most)

    async def write(self, writes: Sequence[Write], *, together: bool = False) -> Sequence[Stored]:
        """As `Repository.write`, with the principal as author."""
        mine = [replace(write, author=self._principal.name) for write in writes]
        return await self._repository.write(mine, together=together)

    async def reserve(self, name: str, holder: str, seconds: float) -> Reservation:
        """As `Repository.reserve`."""
        return await self._repository.reserve(name, holder, seconds)

    async def settle(self, name: str, holder: str, answer: str | None) -> None:
        """As `Repository.settle`."""
        await self._repository.settle(name, holder, answer)
