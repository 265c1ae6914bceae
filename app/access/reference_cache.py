"""Reference data that is asked for by every page and changes by the month, kept in memory for some seconds.

It lies below `PrincipalRepository`: what a principal may see is decided anew for each request. Requests share the
resources, which nobody changes in place. Patients and procedures are never kept, nor is what was not found.
"""

from __future__ import annotations

from collections import OrderedDict
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from app.fhir.resource import Resource
    from app.store.repository import LastLook, Repository, Stored, Version, Write

CACHED: Final = frozenset({"Practitioner", "Organization", "DeviceDefinition", "Location"})

MOST: Final = 5_000
"""Resources that are kept, the last ones that were read: some 50 MB."""

Place: TypeAlias = tuple[str, str]


def cached(repository: Repository, seconds: float, clock: Callable[[], float] = monotonic) -> Repository:
    """The repository, whose `read` may answer what it has read in so many seconds before, whatever others wrote since.

    What is written through it is read anew at once; `heads` and `version` are never from memory. With 0 seconds it is
    the repository itself."""
    return cast("Repository", ReferenceCache(repository, seconds, clock)) if seconds else repository


class ReferenceCache:
    """A Repository: what is not told here, the one behind it does."""

    def __init__(self, repository: Repository, seconds: float, clock: Callable[[], float], most: int = MOST) -> None:
        self._repository = repository
        self._seconds = seconds
        self._clock = clock
        self._most = most
        self._kept: OrderedDict[Place, tuple[float, Resource]] = OrderedDict()  # by the end of their time
        self._writes = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._repository, name)

    async def read(
        self,
        type: str,  # noqa: A002 - FHIR's word
        ids: Collection[str],
        elements: Collection[str] | None = None,
    ) -> Mapping[str, Resource]:
        """As `Repository.read`; of the cached types always all elements."""
        if type not in CACHED:
            return await self._repository.read(type, ids, elements)
        now = self._clock()
        found: dict[str, Resource] = {}
        missing: list[str] = []
        for id_ in ids:
            until, resource = self._kept.get((type, id_), (now, {}))
            if until > now:
                found[id_] = resource
            else:
                missing.append(id_)
        if missing:
            writes = self._writes
            read = await self._repository.read(type, missing)
            if writes == self._writes:  # else some of it may be from before a write
                self._keep(type, read, now)
            found.update(read)
        return found

    async def write(self, writes: Sequence[Write], *, together: bool = False) -> Sequence[Stored]:
        """As `Repository.write`."""
        try:
            return await self._repository.write(writes, together=together)
        finally:  # also of a failure: the version that is in conflict is a newer one
            self._forget((write.type, write.id) for write in writes)

    async def restore(self, histories: Sequence[Sequence[Version]]) -> int:
        """As `Repository.restore`."""
        try:
            return await self._repository.restore(histories)
        finally:
            self._forget((version.type, version.id) for history in histories for version in history)

    async def erase(self, type: str, ids: Collection[str], look: LastLook | None = None) -> int:  # noqa: A002 - FHIR's word
        """As `Repository.erase`."""
        try:
            return await self._repository.erase(type, ids, look)
        finally:
            self._forget((type, id_) for id_ in ids)

    async def close(self) -> None:
        """As `Repository.close`."""
        self._kept.clear()
        await self._repository.close()

    def _keep(self, type_name: str, read: Mapping[str, Resource], now: float) -> None:
        for id_, resource in read.items():
            self._kept[type_name, id_] = (now + self._seconds, resource)
            self._kept.move_to_end((type_name, id_))
        while self._kept:
            first, (until, _) = next(iter(self._kept.items()))
            if until > now and len(self._kept) <= self._most:
                break
            del self._kept[first]

    def _forget(self, places: Iterable[Place]) -> None:
        for place in places:
            if place[0] in CACHED:
                self._writes += 1
                self._kept.pop(place, None)
