"""What the store holds: sound resources that refer to each other, some of them replaced by random ones when read.

Odd documents cannot be told to an index, so the store is asked about the sound ones, and what it answers is swapped.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from app.fhir import json
from app.fhir.elements import type_definition
from app.fhir.served import SERVED
from app.search.index import search_index
from app.store.repository import Row, Write
from app.store.sqlite import SqliteStore
from tests.exactness.references import IDS, OWN, SHARED

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from app.fhir.resource import Resource
    from app.search.algebra import Search
    from app.store.repository import Page

ALWAYS: Final = frozenset({"resourceType", "id", "meta", "contained"})
"""What a store reads whatever elements are asked for."""

_NOW: Final = datetime(2024, 2, 29, 10, tzinfo=UTC)
_INDEX: Final = search_index()


async def sound_store() -> SqliteStore:
    """A store in memory with three resources of every served type."""
    store = SqliteStore(None, _INDEX, clock=lambda: _NOW)
    await store.open()
    await store.write(_sound_writes())
    return store


class World:
    """The repository that the graph reads: a store's answers, with some documents in place of those it holds.

    Each answer is a copy of its own, as a store's is, and has no element beyond those that were asked for. With
    `told`, answers of reads are kept there: they are the same as long as nothing is written."""

    def __init__(
        self,
        store: SqliteStore,
        documents: Mapping[tuple[str, str], Resource],
        told: dict[object, Any] | None = None,
    ) -> None:
        self._store = store
        self._texts = {key: json.encode(document) for key, document in documents.items()}
        self._told = told

    async def read(
        self,
        type: str,  # noqa: A002 - FHIR's word
        ids: Collection[str],
        elements: Collection[str] | None = None,
    ) -> Mapping[str, Resource]:
        """As `Repository.read`."""
        found: Mapping[str, Resource] = await self._ask("read", type, tuple(ids))
        return {id_: self._shown(resource, elements) for id_, resource in found.items()}

    async def search(self, type: str, search: Search) -> Page:  # noqa: A002 - FHIR's word
        """As `Repository.search`."""
        return self._page(await self._ask("search", type, replace(search, elements=None)), search.elements)

    async def related(
        self,
        type: str,  # noqa: A002 - FHIR's word
        parameter: str,
        targets: Sequence[Sequence[str]],
        search: Search,
    ) -> Sequence[Page]:
        """As `Repository.related`."""
        asked = tuple(tuple(target) for target in targets)
        pages: Sequence[Page] = await self._ask("related", type, parameter, asked, replace(search, elements=None))
        return [self._page(page, search.elements) for page in pages]

    def __getattr__(self, name: str) -> Any:
        """Counts, writes and whatever else a repository has are the store's."""
        return getattr(self._store, name)

    async def _ask(self, method: str, *arguments: Any) -> Any:
        await asyncio.sleep(0)  # others get a turn, as they do while a store reads
        key = (method, *arguments)
        if self._told is None:
            return await getattr(self._store, method)(*arguments)
        if key not in self._told:
            self._told[key] = await getattr(self._store, method)(*arguments)
        return self._told[key]

    def _page(self, page: Page, elements: Collection[str] | None) -> Page:
        return replace(page, rows=[Row(self._shown(row.resource, elements), row.position) for row in page.rows])

    def _shown(self, resource: Resource, elements: Collection[str] | None) -> Resource:
        text = self._texts.get((resource["resourceType"], resource["id"])) or json.encode(resource)
        shown: Resource = json.decode(text)
        if elements is None:
            return shown
        return {name: value for name, value in shown.items() if name in ALWAYS or name in elements}


@lru_cache(maxsize=1)
def _sound_writes() -> Sequence[Write]:
    each = [(name, id_) for id_ in IDS for name in SERVED]
    kept = {key: {**_sound(*key), **_MORE.get(key[0], {}), "resourceType": key[0], "id": key[1]} for key in each}
    return [Write(*key, resource) for key, resource in kept.items()]


def _sound(name: str, id_: str) -> Resource:
    """A resource with its identifiers, that refers wherever it may: "a" and "b" to those with the id "a"."""
    target_id = "a" if id_ == "b" else id_
    found: Resource = {}
    for element in type_definition(name).elements.values():
        if element.name == "identifier":
            identifiers = [{"system": OWN, "value": f"{name}-{id_}"}, {"system": SHARED, "value": "x"}]
            found["identifier"] = identifiers if element.many else identifiers[0]
        served = [target for target in element.targets if target in SERVED]
        if element.type == "Reference" and served:
            references = [{"reference": f"{target}/{target_id}"} for target in served[:2]]
            found[element.name] = references if element.many else references[0]
    return found


_MORE: Final[Mapping[str, Resource]] = {
    "Procedure": {
        "status": "completed",
        "performedDateTime": "2024-02-29",
        "focalDevice": [{"manipulated": {"reference": f"Device/{id_}"}} for id_ in IDS],
    },
    "Patient": {"name": [{"family": "Martin", "given": ["Zoé"]}], "birthDate": "1980-07-01"},
    "Device": {"lotNumber": "LOT-1"},
    "Organization": {"name": "CHU"},
}
"""What lists, recalls and statistics go by, besides identifiers and references."""
