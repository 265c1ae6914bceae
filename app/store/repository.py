"""The protocol of a store. Nothing above it knows which store it has.

Every method may raise StoreUnavailable: the store does not answer for now, and nothing is known to have changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from app.fhir.resource import Resource
    from app.search.algebra import Facet, Filter, Position, Search


@dataclass(frozen=True, slots=True)
class Write:
    """A resource to keep as the next version of `type`/`id`.

    `expected` is the version that must be current: None is any, 0 is "there is none yet"."""

    type: str
    id: str
    resource: Resource
    expected: int | None = None
    author: str = ""


@dataclass(frozen=True, slots=True)
class Stored:
    """A resource as it is kept, with its id, `meta.versionId` and `meta.lastUpdated`; `changed` is False where it was
    equal to the current version, and no new one was made."""

    resource: Resource
    version: int
    changed: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """A resource found by a search, and where it stands in the sort."""

    resource: Resource
    position: Position


@dataclass(frozen=True, slots=True)
class Page:
    """Rows in sort order; the flags are exact in both directions."""

    rows: Sequence[Row]
    has_previous: bool
    has_next: bool


@dataclass(frozen=True, slots=True)
class Tally:
    """How many matches have each text of a facet, the most frequent texts first (then by text), and how many different
    texts there are in all, also beyond the listed ones. A match that has several texts counts under each."""

    counts: Mapping[str, int]
    distinct: int


@dataclass(frozen=True, slots=True)
class IndexState:
    """An index of the store: where it is, its name, which never changes for the same index, and whether it is there,
    is missing, or is stale: made by another release and needed by nobody."""

    place: str
    name: str
    state: Literal["present", "missing", "stale"]


class Repository(Protocol):
    """Current and earlier versions of FHIR resources, found by id or by search values."""

    async def open(self) -> None:
        """Connect, and create what is missing (tables, indexes). Raises StoreUnusable where that cannot ever work;
        a server that is away for now is no error here: requests fail until it is back, then work."""

    async def close(self) -> None:
        """Finish what runs and let go of files and connections."""

    async def ready(self) -> None:
        """Return when the store answers; raise StoreUnavailable within seconds when it does not."""

    async def read(self, type: str, ids: Collection[str]) -> Mapping[str, Resource]:  # noqa: A002 - FHIR's word
        """The current resources under those ids, by id, in one command; what is unknown or deleted is left out."""

    async def search(self, type: str, search: Search) -> Page:  # noqa: A002 - FHIR's word
        """One page of the current resources of a type."""

    async def count(self, type: str, filter: Filter) -> int:  # noqa: A002 - FHIR's word
        """How many current resources of a type a filter matches, exactly."""

    async def related(
        self,
        type: str,  # noqa: A002 - FHIR's word
        parameter: str,
        targets: Sequence[Sequence[str]],
        search: Search,
    ) -> Sequence[Page]:
        """For each target, in one command, the first page of the resources of a type that refer to it.

        A target is the texts by which `parameter` may name one resource: ("Patient/x",), or that and its address. The
        search's filter, sort, count and offset hold for each page; it has no `after` and no `before`."""

    async def count_related(
        self,
        type: str,  # noqa: A002 - FHIR's word
        parameter: str,
        targets: Sequence[Sequence[str]],
        filter: Filter,  # noqa: A002 - the algebra's word
    ) -> Sequence[int]:
        """For each target, in one command, how many resources of a type refer to it and match the filter."""

    async def tally(
        self,
        type: str,  # noqa: A002 - FHIR's word
        filter: Filter,  # noqa: A002 - the algebra's word
        facets: Sequence[Facet],
        at_most: int = 1_000,
    ) -> Sequence[Tally]:
        """The current resources of a type that a filter matches, counted by each facet; `at_most` texts are listed.

        Each resource counts once under a text. It may take seconds over millions, and never keeps others waiting."""

    async def indexes(self) -> Sequence[IndexState]:
        """The indexes there are or should be, by place and name."""

    async def drop_stale(self) -> Sequence[IndexState]:
        """Drop the stale indexes, and answer which ones."""

    async def write(self, writes: Sequence[Write]) -> Sequence[Stored]:
        """Keep each resource as the next version, in that order, and answer what is stored. Durable on return.

        One write is whole or absent. Several are one transaction on the embedded store; on MongoDB each stands alone.
        Raises VersionConflict at the first write whose expected version is not the current one."""
