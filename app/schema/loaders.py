"""Batches of one request: all resources of a type that one level of the query refers to come by one store command."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from app.errors import Forbidden, MultipleMatches
from app.recall.holders import holders
from app.schema.batches import Batches, Ticket
from app.schema.history.versions import number_of
from app.schema.rows import ALONE, Rows
from app.search.normal import token

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence

    from app.fhir.resource import Resource
    from app.schema.batches import Kind
    from app.schema.context import Source
    from app.search.algebra import Filter, Search
    from app.store.repository import Page

Target: TypeAlias = tuple[str, ...]
"""The texts by which a reference may name one resource."""


class Loaders:
    """Loads resources by type and id, by type and identifier, or by what they refer to; what is asked for twice in a
    request is read once.

    The methods are to be called, not awaited, while a level is resolved: a batch closes when the event loop gets its
    turn. `elements` are what the operation reads of each type of resource, where that is known.

    What reads a batch does not refer to the loaders, which have it: Python would free such a circle, and the documents
    in it, after a search only, and these are seldom (`app.commands.garbage`)."""

    __slots__ = ("_batches", "_reader", "_rows", "elements")

    def __init__(self, reader: Source) -> None:
        self._reader = reader
        self._rows = Rows()
        self._batches = Batches()
        self.elements: Mapping[str, frozenset[str]] = {}

    def load(self, type: str, id: str) -> Ticket[Resource | None]:  # noqa: A002 - FHIR's words
        """The resource, or None where there is none."""
        return Ticket(self.resources(type).batch(id), id)

    def resources(self, type: str) -> Kind:  # noqa: A002 - FHIR's word
        """What was asked for of the resources of a type, by id."""
        key = ("id", type)
        kind = self._batches.known(key)
        if kind is None:
            reader, elements = self._reader, self.elements.get(type)

            async def batch(ids: list[str]) -> list[Resource | None]:
                found = await reader.read(type, ids, elements)
                return [found.get(id_) for id_ in ids]

            kind = self._batches.of(key, batch)
        return kind

    def versioned(self, type: str, id: str, version: str) -> Ticket[Resource | None]:  # noqa: A002 - FHIR's words
        """The resource as it was in the version of that versionId, or None; those of a level are read together, each by
        its own command."""
        reader = self._reader

        async def batch(keys: list[tuple[str, int]]) -> list[Resource | Forbidden | None]:
            return await asyncio.gather(*(_version(reader, type, *key) for key in keys))

        return self._batches.ask(("version", type), (id, number_of(version) or 0), batch)

    def identified(self, type: str, system: str, value: str) -> Ticket[Resource | None]:  # noqa: A002 - FHIR's word
        """The one resource with that business identifier, or None. The ticket raises MultipleMatches."""
        reader = self._reader

        async def batch(keys: list[str]) -> list[Resource | MultipleMatches | None]:
            found = await holders(partial(reader.search, type), keys)
            return [_only(found[key]) for key in keys]

        return self._batches.ask(("identifier", type), token(system, value), batch)

    def related(self, type: str, parameter: str, target: Target, search: Search) -> Ticket[Page]:  # noqa: A002 - FHIR's word
        """The first page of the resources that refer to the target, as in `Repository.related`. Raises TooCostly, also
        from the ticket."""
        reader, rows = self._reader, self._rows
        rows.take(search.offset + search.count)

        async def batch(targets: list[Target]) -> list[Page]:
            rows.check()
            return list(await reader.related(type, parameter, targets, search))

        return self._batches.ask(("related", type, parameter, search), target, batch)

    def count_related(self, type: str, parameter: str, target: Target, filter: Filter) -> Ticket[int]:  # noqa: A002 - FHIR's word, the algebra's
        """How many resources refer to the target, as in `Repository.count_related`."""
        reader = self._reader

        async def batch(targets: list[Target]) -> list[int]:
            return list(await reader.count_related(type, parameter, targets, filter))

        return self._batches.ask(("count", type, parameter, filter), target, batch)

    def page(self, type: str, search: Search) -> Ticket[Page]:  # noqa: A002 - FHIR's word
        """A page below one parent that a cursor leads to; those of a level are read together, each by its own command.
        Raises TooCostly, also from the ticket."""
        reader, rows = self._reader, self._rows
        rows.take(max(search.offset + search.count, ALONE))

        async def batch(searches: list[Search]) -> list[Page]:
            rows.check()
            return await asyncio.gather(*(reader.search(type, each) for each in searches))

        return self._batches.ask(("page", type), search, batch)

    def held(self) -> Iterable[dict[Hashable, Any]]:
        """What was read, by its keys; whoever takes from it ends the loading."""
        return self._batches.held()

    def forget(self) -> None:
        """Read everything anew from here on, because something was written."""
        self._batches.forget()

    def wait(self, number: int) -> None:
        """Note that so many who may ask for something are waited for at once."""
        self._batches.others.may_ask = number > 1

    @property
    def reading(self) -> bool:
        """Whether something is asked for that is not there yet."""
        return self._batches.others.unread > 0

    async def flush(self) -> None:
        """Read what is asked for so far, and wait for what is being read."""
        await self._batches.flush(at_once=not self._reader.in_process)


async def _version(reader: Source, type: str, id: str, version: int) -> Resource | Forbidden | None:  # noqa: A002 - FHIR's words
    try:
        found = await reader.version(type, id, version)
    except Forbidden as error:  # others of the level may be reached
        return error
    return found.resource if found else None


def _only(matches: Sequence[Resource]) -> Resource | MultipleMatches | None:
    if len(matches) > 1:
        return MultipleMatches(
            "Several resources have the identifier that the reference gives; it must name one of them by id.",
            "Plusieurs ressources portent l’identifiant donné par la référence ; elle doit en désigner une par son id.",
        )
    return matches[0] if matches else None
