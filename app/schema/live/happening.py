"""A change, and what it is found by: found out once, for all who may want to be told of it."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from app.search.algebra import ID, And, Eq
from app.search.matching import linked_ids, links_of, verdict
from app.search.values import search_values

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable, Iterator, Mapping, Sequence

    from app.fhir.resource import Resource
    from app.search.algebra import Filter, Linked, SearchValues
    from app.store.repository import Change, Repository, Version

R = TypeVar("R")


class Shared:
    """Answers that many wait for and one asks for; one that failed is asked for again."""

    def __init__(self) -> None:
        self._asked: dict[Hashable, asyncio.Task[Any]] = {}

    async def get(self, key: Hashable, ask: Callable[[], Awaitable[R]]) -> R:
        """The answer under a key. Whoever waits no longer leaves the others alone."""
        task = self._asked.get(key)
        if task is None:
            task = self._asked[key] = asyncio.ensure_future(ask())
            task.add_done_callback(lambda done: self._forget(key, done))
        answer: R = await asyncio.shield(task)
        return answer

    def _forget(self, key: Hashable, done: asyncio.Task[Any]) -> None:
        if done.cancelled() or done.exception() is not None:
            self._asked.pop(key, None)


class Happenings:
    """The changes of one type that were read at once, in their order; what they refer to is read at once too."""

    def __init__(self, store: Repository, changes: Sequence[Change]) -> None:
        self.store = store
        self._changes = changes
        self._values: dict[str, SearchValues | None] = {}
        self._shared = Shared()

    def __iter__(self) -> Iterator[Happening]:
        # None of them is kept here: in a ring of references they would stay until somebody looks for such rings.
        return (Happening(self, change) for change in self._changes)

    async def values(self, change: Change) -> SearchValues | None:
        """What the resource of a change is found by in this version, a deleted one in the version before; None where
        that is not kept any more."""
        if change.cursor not in self._values:
            resource = change.version.resource or await self._before(change.version)
            self._values[change.cursor] = search_values(resource) if resource else None
        return self._values[change.cursor]

    async def linked(self, link: Linked) -> Mapping[str, SearchValues]:
        """The search values of the current resources that the changes refer to by the link, by id."""
        key = (link.parameter, link.type, link.prefixes)
        return await self._shared.get(key, partial(self._linked, link))

    async def _linked(self, link: Linked) -> Mapping[str, SearchValues]:
        found = [await self.values(each) for each in self._changes]
        ids = {id_ for values in found if values for id_ in linked_ids(link, values.values.get(link.parameter, ()))}
        resources = await self.store.read(link.type, ids) if ids else {}
        return {id_: search_values(resource) for id_, resource in resources.items()}

    async def _before(self, version: Version) -> Resource | None:
        previous = version.type, version.id, version.version - 1
        before = await self._shared.get(previous, partial(self.store.version, *previous))
        return before.resource if before else None


class Happening:
    """One change. `cursor` is its place in the feed."""

    __slots__ = ("_together", "change", "cursor")

    def __init__(self, together: Happenings, change: Change) -> None:
        self.change = change
        self.cursor = change.cursor
        self._together = together

    @property
    def version(self) -> Version:
        """What was stored."""
        return self.change.version

    async def meets(self, filter: Filter) -> bool:  # noqa: A002 - the algebra's word
        """Whether a filter matches it. What it refers to counts as it is now; beyond the first step of a chain the
        store is asked, which knows what is current."""
        values = await self._together.values(self.change)
        if values is None:
            return False
        known = {(link.type, link): await self._together.linked(link) for link in links_of(filter)}
        linked = {(name, id_): found for (name, _), all_ in known.items() for id_, found in all_.items()}
        found = verdict(filter, values, self.version.id, lambda name, id_: linked.get((name, id_)))
        if found is None:
            asked = And((Eq(ID, self.version.id), filter))
            return await self._together.store.count(self.version.type, asked) > 0
        return found
