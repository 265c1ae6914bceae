"""Batches of one request: all resources of a type that one level of the query refers to come by one store command."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeAlias

from strawberry.dataloader import DataLoader

from app.errors import MultipleMatches
from app.schema.rows import ALONE, Rows
from app.search.algebra import Eq, In, Search
from app.search.normal import token

if TYPE_CHECKING:
    from asyncio import Future
    from collections.abc import Awaitable, Callable, Hashable

    from app.fhir.resource import Json, Resource
    from app.schema.context import Source
    from app.search.algebra import Filter
    from app.store.repository import Page

Identifier: TypeAlias = tuple[str, str]
"""(system, value); the system may be ""."""

Target: TypeAlias = tuple[str, ...]
"""The texts by which a reference may name one resource."""

ENOUGH = 2
"""Resources with one identifier that tell that it is not unique."""


class Loaders:
    """Loads resources by type and id, by type and identifier, or by what they refer to; what is asked for twice in a
    request is read once.

    The methods are to be called, not awaited, while a level is resolved: a batch closes when the event loop gets its
    turn."""

    def __init__(self, reader: Source) -> None:
        self._reader = reader
        self._rows = Rows()
        self._loaders: dict[Hashable, DataLoader[Any, Any]] = {}

    def load(self, type: str, id: str) -> Future[Resource | None]:  # noqa: A002 - FHIR's words
        """The resource, or None where there is none."""

        async def batch(ids: list[str]) -> list[Resource | None]:
            found = await self._reader.read(type, ids)
            return [found.get(id_) for id_ in ids]

        return self._batched(("id", type), batch, id)

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

        return self._batched(("identifier", type), batch, (system, value))

    def related(self, type: str, parameter: str, target: Target, search: Search) -> Future[Page]:  # noqa: A002 - FHIR's word
        """The first page of the resources that refer to the target, as in `Repository.related`. Raises TooCostly, also
        from the future."""
        self._rows.take(search.offset + search.count)

        async def batch(targets: list[Target]) -> list[Page]:
            self._rows.check()
            return list(await self._reader.related(type, parameter, targets, search))

        return self._batched(("related", type, parameter, search), batch, target)

    def count_related(self, type: str, parameter: str, target: Target, filter: Filter) -> Future[int]:  # noqa: A002 - FHIR's word, the algebra's
        """How many resources refer to the target, as in `Repository.count_related`."""

        async def batch(targets: list[Target]) -> list[int]:
            return list(await self._reader.count_related(type, parameter, targets, filter))

        return self._batched(("count", type, parameter, filter), batch, target)

    def page(self, type: str, search: Search) -> Future[Page]:  # noqa: A002 - FHIR's word
        """A page below one parent that a cursor leads to; those of a level are read together, each by its own command.
        Raises TooCostly, also from the future."""
        self._rows.take(max(search.offset + search.count, ALONE))

        async def batch(searches: list[Search]) -> list[Page]:
            self._rows.check()
            return await asyncio.gather(*(self._reader.search(type, each) for each in searches))

        return self._batched(("page", type), batch, search)

    def forget(self) -> None:
        """Read everything anew from here on, because something was written."""
        self._loaders.clear()

    def _batched(
        self, what: Hashable, batch: Callable[[list[Any]], Awaitable[list[Any]]], key: Hashable
    ) -> Future[Any]:
        loader = self._loaders.get(what) or self._loaders.setdefault(what, DataLoader(load_fn=batch))
        future: Future[Any] = loader.load(key)  # type: ignore[assignment] # documented as awaitable, is a future
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
