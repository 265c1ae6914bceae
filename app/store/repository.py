"""The protocol of a store. Nothing above it knows which store it has.

Every method may raise StoreUnavailable: the store does not answer for now, and nothing is known to have changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from app.fhir.resource import Resource
    from app.search.algebra import Filter, Position, Search


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

    async def write(self, writes: Sequence[Write]) -> Sequence[Stored]:
        """Keep each resource as the next version, in that order, and answer what is stored. Durable on return.

        One write is whole or absent. Several are one transaction on the embedded store; on MongoDB each stands alone.
        Raises VersionConflict at the first write whose expected version is not the current one."""
