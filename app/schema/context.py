"""What a resolver may use: made anew for each request, handed over by the HTTP layer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from app.fhir.resource import Json, Resource
    from app.intake.verdict import Rules
    from app.schema.loaders import Loaders
    from app.search.algebra import Filter, Search
    from app.store.repository import Page, Stored, Write


class Source(Protocol):
    """The part of a repository that the graph reads and writes through; `PrincipalRepository` is one."""

    async def read(self, type: str, ids: Collection[str]) -> Mapping[str, Resource]:  # noqa: A002 - FHIR's word
        """As `Repository.read`."""

    async def search(self, type: str, search: Search) -> Page:  # noqa: A002 - FHIR's word
        """As `Repository.search`."""

    async def count(self, type: str, filter: Filter) -> int:  # noqa: A002 - FHIR's word
        """As `Repository.count`."""

    async def write(self, writes: Sequence[Write]) -> Sequence[Stored]:
        """As `Repository.write`."""


class Containers:
    """Which resource a reference stands in, for `#id` references: only resources that contain others are remembered."""

    def __init__(self) -> None:
        self._container_of: dict[int, Resource] = {}
        self._kept: list[Resource] = []

    def enter(self, resource: Resource) -> Resource:
        """Note a resource that comes into the graph, and answer it."""
        if resource.get("contained") or resource.get("resourceType") == "Bundle":
            self._kept.append(resource)  # keeps the ids of its parts from being used again
            self._container_of.update(_parts(resource))
        return resource

    def contained(self, reference: Mapping[str, Json], fragment: str) -> Resource | None:
        """The contained resource of that id in the resource where the reference stands; "" is that resource itself."""
        container = self._container_of.get(id(reference))
        if container is None or not fragment:
            return container
        inner = container.get("contained")
        candidates = inner if isinstance(inner, list) else []
        return next((r for r in candidates if isinstance(r, dict) and r.get("id") == fragment), None)


@dataclass(frozen=True, slots=True)
class Context:
    """One request: its view of the store, its batches, its language ("en" or "fr"), and the page limit."""

    repository: Source
    loaders: Loaders
    rules: Rules
    language: str
    max_rows: int
    base: str  # the address of this server's resources, for absolute references
    search_base: str  # the same where it is set, else "": a cursor must not depend on the name a client uses
    containers: Containers = field(default_factory=Containers)


def _parts(resource: Resource) -> Iterator[tuple[int, Resource]]:
    """(identity of an object, the resource that `#id` means there) for all of a resource: itself, but for what stands
    in a resource of a Bundle's entry, which is a container of its own."""
    waiting: list[tuple[Json, Resource]] = [(resource, resource)]
    while waiting:
        current, container = waiting.pop()
        if isinstance(current, dict):
            yield id(current), container
            for name, value in current.items():
                own = name == "resource" and isinstance(value, dict)
                waiting.append((value, value if own else container))
        elif isinstance(current, list):
            waiting.extend((item, container) for item in current)
