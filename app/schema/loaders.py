"""Batches of one request: all resources of a type that one level of the query refers to come by one store command."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

from strawberry.dataloader import DataLoader

from app.errors import MultipleMatches
from app.search.algebra import Eq, In, Search
from app.search.normal import token

if TYPE_CHECKING:
    from asyncio import Future
    from collections.abc import Collection, Mapping

    from app.fhir.resource import Json, Resource
    from app.store.repository import Page

Identifier: TypeAlias = tuple[str, str]
"""(system, value); the system may be ""."""

Key = TypeVar("Key")

ENOUGH = 2
"""Resources with one identifier that tell that it is not unique."""


class Reader(Protocol):
    """The part of a repository that batches read through."""

    async def read(self, type: str, ids: Collection[str]) -> Mapping[str, Resource]:  # noqa: A002 - FHIR's word
        """As `Repository.read`."""

    async def search(self, type: str, search: Search) -> Page:  # noqa: A002 - FHIR's word
        """As `Repository.search`."""


class Loaders:
    """Loads resources by type and id, or by type and identifier; one asked for twice in a request is read once.

    The methods are to be called, not awaited, while a level is resolved: a batch closes when the event loop gets its
    turn."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._by_id: dict[str, DataLoader[str, Resource | None]] = {}
        self._by_identifier: dict[str, DataLoader[Identifier, Resource | None]] = {}

    def load(self, type: str, id: str) -> Future[Resource | None]:  # noqa: A002 - FHIR's words
        """The resource, or None where there is none."""

        async def batch(ids: list[str]) -> list[Resource | None]:
            found = await self._reader.read(type, ids)
            return [found.get(id_) for id_ in ids]

        loader = self._by_id.get(type) or self._by_id.setdefault(type, DataLoader(load_fn=batch))
        return _future(loader, id)

    def identified(self, type: str, system: str, value: str) -> Future[Resource | None]:  # noqa: A002 - FHIR's word
        """The one resource with that business identifier, or None. The future raises MultipleMatches."""

        async def batch(keys: list[Identifier]) -> list[Any]:
            search = Search(In("identifier", tuple(token(*key) for key in keys)), count=ENOUGH * len(keys))
            page = await self._reader.search(type, search)
            if not page.has_next:
                return [_only(key, page) for key in keys]
            # Some identifier is carried by many, and may have crowded the others out of the page.
            pages = (self._reader.search(type, Search(Eq("identifier", token(*key)), count=ENOUGH)) for key in keys)
            return [_only(key, page) for key, page in zip(keys, await asyncio.gather(*pages), strict=True)]

        loader = self._by_identifier.get(type) or self._by_identifier.setdefault(type, DataLoader(load_fn=batch))
        return _future(loader, (system, value))

    def forget(self) -> None:
        """Read everything anew from here on, because something was written."""
        self._by_id.clear()
        self._by_identifier.clear()


def _future(loader: DataLoader[Key, Resource | None], key: Key) -> Future[Resource | None]:
    future: Future[Resource | None] = loader.load(key)  # type: ignore[assignment] # documented as awaitable, is a future
    return future


def _only(key: Identifier, page: Page) -> Resource | MultipleMatches | None:
    matches = [row.resource for row in page.rows if key in _identifiers(row.resource)]
    if len(matches) > 1:
        return MultipleMatches(
            "Several resources have the identifier that the reference gives; it must name one of them by id.",
            "Plusieurs ressources portent l’identifiant donné par la référence ; elle doit en désigner une par son id.",
        )
    return matches[0] if matches else None


def _identifiers(resource: Json) -> list[Identifier]:
    identifiers = resource.get("identifier")
    listed = identifiers if isinstance(identifiers, list) else [identifiers]
    return [(i.get("system", ""), i.get("value", "")) for i in listed if isinstance(i, dict)]
