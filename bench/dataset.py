"""The synthetic hospital that all benchmarks read, and a store that keeps it in dictionaries, where reading is free."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from app.commands.store import opened
from app.demo.hospital import hospital
from app.intake.keep import keep
from app.search.algebra import Position
from app.search.values import search_values
from app.settings import read_settings
from app.store.repository import Page, Row
from app.store.version import stamped

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from app.fhir.resource import Resource
    from app.search.algebra import Filter, Search

SEED: Final = 1
LOADED_AT: Final = "2026-01-01T00:00:00.000Z"


def documents(procedures: int) -> list[Resource]:
    """The hospital's resources as a store would answer them."""
    return [stamped(each, each["id"], 1, LOADED_AT) for each in hospital(procedures, SEED)]


async def fill(store: str, procedures: int) -> None:
    """Load the hospital into the store of that name, which is empty."""
    async with opened(read_settings({"DMI_STORE": store}), new=True) as repository:
        async for _ in keep(repository, hospital(procedures, SEED)):
            pass


def latest_first(resources: list[Resource]) -> list[Row]:
    """The procedures among the resources, sorted as by `_sort: "-date"`."""
    dated = [(search_values(each).sort["date"], each) for each in resources if each["resourceType"] == "Procedure"]
    dated.sort(key=lambda pair: pair[1]["id"])
    dated.sort(key=lambda pair: pair[0], reverse=True)
    return [Row(each, Position((date,), each["id"])) for date, each in dated]


class Dictionaries:
    """The part of a repository that the pages of these benchmarks need: resources by id, and procedures by date.

    Every search is answered as if it asked for the latest procedures, or if `turning`, for those after the last page:
    what was not looked at lately has to come into the processor's caches first, whatever the size of a page."""

    in_process = True

    def __init__(self, resources: list[Resource], *, turning: bool = False) -> None:
        self._turning = turning
        self._start = 0
        self._types: Mapping[str, dict[str, Resource]] = defaultdict(dict)
        for each in resources:
            self._types[each["resourceType"]][each["id"]] = each
        self._procedures = latest_first(resources)

    async def open(self) -> None:
        """As `Repository.open`."""

    async def close(self) -> None:
        """As `Repository.close`."""

    async def read(
        self,
        type: str,  # noqa: A002 - FHIR's word
        ids: Collection[str],
        _elements: Collection[str] | None = None,
    ) -> Mapping[str, Resource]:
        """As `Repository.read`."""
        known = self._types[type]
        return {id_: known[id_] for id_ in ids if id_ in known}

    async def search(self, _type: str, search: Search) -> Page:
        """As `Repository.search`."""
        start, end = self._start, self._start + search.count
        if self._turning:
            self._start = end if end + search.count <= len(self._procedures) else 0
        return Page(self._procedures[start:end], has_previous=start > 0, has_next=end < len(self._procedures))

    async def count(self, type: str, _filter: Filter) -> int:  # noqa: A002 - FHIR's word
        """As `Repository.count`."""
        return len(self._types[type])
