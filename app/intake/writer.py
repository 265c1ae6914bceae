"""The parts of a repository that intake works with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from app.intake.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from app.fhir.resource import Resource
    from app.search.algebra import Search
    from app.store.repository import Head, Page, Stored, Version, Write


class Searcher(Protocol):
    """What finds resources."""

    async def search(self, type: str, search: Search) -> Page:  # noqa: A002 - FHIR's word
        """As `Repository.search`."""


class Finder(Searcher, Protocol):
    """What finds resources, and reads those whose ids are known."""

    async def read(self, type: str, ids: Collection[str]) -> Mapping[str, Resource]:  # noqa: A002 - FHIR's word
        """As `Repository.read`."""


class Writer(Finder, Ledger, Protocol):
    """What keeps resources; `PrincipalRepository` is one."""

    @property
    def whole(self) -> Writer:
        """As `PrincipalRepository.whole`."""

    def readable(self, type: str) -> bool:  # noqa: A002 - FHIR's word
        """As `PrincipalRepository.readable`."""

    def demand(self, type: str, *alternatives: str) -> None:  # noqa: A002 - FHIR's word
        """As `PrincipalRepository.demand`."""

    async def heads(self, type: str, ids: Collection[str]) -> Mapping[str, Head]:  # noqa: A002 - FHIR's word
        """As `Repository.heads`."""

    async def version(
        self,
        type: str,  # noqa: A002 - FHIR's word
        id: str,  # noqa: A002 - FHIR's word
        version: int | None = None,
        as_of: str | None = None,
    ) -> Version | None:
        """As `Repository.version`."""

    async def write(self, writes: Sequence[Write], *, together: bool = False) -> Sequence[Stored]:
        """As `Repository.write`."""
