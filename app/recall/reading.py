"""What recall reads through, and how references to this server's resources are spelt."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from app.fhir.reference import Target, parse
from app.search import chains
from app.search.normal import limited

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Mapping, Sequence

    from app.fhir.resource import Json, Resource
    from app.search.algebra import Facet, Filter, Search
    from app.store.repository import Page, Row, Tally


class Reader(Protocol):
    """The part of a repository that recall reads through."""

    async def read(self, type: str, ids: Collection[str]) -> Mapping[str, Resource]:  # noqa: A002 - FHIR's word
        """As `Repository.read`."""

    async def search(self, type: str, search: Search) -> Page:  # noqa: A002 - FHIR's word
        """As `Repository.search`."""

    async def count(self, type: str, filter: Filter) -> int:  # noqa: A002 - FHIR's word
        """As `Repository.count`."""

    async def related(
        self,
        type: str,  # noqa: A002 - FHIR's word
        parameter: str,
        targets: Sequence[Sequence[str]],
        search: Search,
    ) -> Sequence[Page]:
        """As `Repository.related`."""

    async def tally(
        self,
        type: str,  # noqa: A002 - FHIR's word
        filter: Filter,  # noqa: A002 - the algebra's word
        facets: Sequence[Facet],
        at_most: int = 1_000,
    ) -> Sequence[Tally]:
        """As `Repository.tally`."""


async def every_page(reader: Reader, type_name: str, search: Search) -> AsyncIterator[Sequence[Row]]:
    """The rows from the search's page on, `search.count` of them by one command."""
    while True:
        page = await reader.search(type_name, search)
        yield page.rows
        if not page.has_next:
            return
        search = replace(search, after=page.rows[-1].position, offset=0)


async def every_row(reader: Reader, type_name: str, search: Search) -> AsyncIterator[Row]:
    """The rows of `every_page`, one by one."""
    async for rows in every_page(reader, type_name, search):
        for row in rows:
            yield row


def forms(type_name: str, id: str, base: str) -> tuple[str, ...]:  # noqa: A002 - FHIR's word
    """The texts by which a reference may name a resource of this server."""
    return tuple(limited(form) for form in chains.forms(f"{type_name}/{id}", base))


def local_id(type_name: str, reference: Json, base: str) -> str | None:
    """The id of the resource of that type, on this server, that a reference names; None where it names another."""
    match parse(reference):
        case Target(type=name, id=id_, base=address) if name == type_name and address in ("", base):
            return id_
    return None
