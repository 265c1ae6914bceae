"""What a resolver may use: made anew for each request, handed over by the HTTP layer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, TypeAlias, TypeVar

from msgspec import Struct, field

from app.errors import DmiError
from app.fhir.fhirpath import FhirPaths
from app.intake.identity import random_id
from app.intake.writer import Writer
from app.recall.reading import Reader
from app.schema.following import Following
from app.schema.sites import Sites

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence

    from app.fhir.resource import Json, Resource
    from app.intake.identity import NewId
    from app.intake.verdict import Rules
    from app.schema.loaders import Loaders
    from app.search.algebra import Filter
    from app.store.repository import Version
    from app.usage.course import Course

Place: TypeAlias = Literal["stored", "contained", "entry"]

Answer = TypeVar("Answer")

MANY: Final = 500
"""Resources of one kind that are freed at once; of more, others get a turn after each FEW."""
FEW: Final = 32

MOST_BYTES: Final = 33_554_432
"""The largest answer, where nobody tells another."""


class Source(Reader, Writer, Protocol):
    """The part of a repository that the graph reads and writes through; `PrincipalRepository` is one."""

    @property
    def partial(self) -> bool:
        """As `PrincipalRepository.partial`."""

    @property
    def in_process(self) -> bool:
        """As `Repository.in_process`."""

    def heard(self, type: str, filter: Filter) -> Filter:  # noqa: A002 - FHIR's word, and the algebra's
        """As `PrincipalRepository.heard`."""

    async def hears(self, version: Version) -> bool:
        """As `PrincipalRepository.hears`."""

    async def read(
        self,
        type: str,  # noqa: A002 - FHIR's word
        ids: Collection[str],
        elements: Collection[str] | None = None,
    ) -> Mapping[str, Resource]:
        """As `Repository.read`."""

    async def count_related(
        self,
        type: str,  # noqa: A002 - FHIR's word
        parameter: str,
        targets: Sequence[Sequence[str]],
        filter: Filter,  # noqa: A002 - the algebra's word
    ) -> Sequence[int]:
        """As `Repository.count_related`."""

    async def history(
        self,
        type: str,  # noqa: A002 - FHIR's word
        id: str,  # noqa: A002 - FHIR's word
        count: int,
        before: int | None = None,
    ) -> Sequence[Version]:
        """As `Repository.history`."""


class Containers(Struct, eq=False):
    """What is inside what, for `#id` references and reverse lists: only resources that hold others are remembered."""

    _container_of: dict[int, Resource] = field(default_factory=dict)
    _entries: set[int] = field(default_factory=set)
    _inside: dict[int, Mapping[str, Resource]] = field(default_factory=dict)
    # It keeps the resources, so that the ids of their parts are not used again.
    sites: Sites = field(default_factory=Sites)

    def enter(self, resource: Resource) -> Resource:
        """Note a resource that comes into the graph, and answer it."""
        if self.sites.enter(resource):
            bundle = resource.get("resourceType") == "Bundle"
            if bundle:
                self.sites.enter_bundle(resource)
            if (bundle or "contained" in resource) and id(resource) not in self._container_of:
                self._hold(resource)
        return resource

    def _hold(self, resource: Resource) -> None:
        for part, container in _parts(resource):
            self._container_of[part] = container
            if part == id(container) != id(resource):
                self._entries.add(part)

    def place(self, resource: Resource) -> Place:
        """Whether a resource is one of the store, is contained in another, or stands in an entry of a Bundle."""
        if id(resource) in self._entries:
            return "entry"
        return "stored" if self._container_of.get(id(resource), resource) is resource else "contained"

    def contained(self, reference: Mapping[str, Json], fragment: str) -> Resource | None:
        """The contained resource of that id in the resource where the reference stands; "" is that resource itself."""
        container = self._container_of.get(id(reference))
        if container is None or not fragment:
            return container
        inside = self._inside.get(id(container))
        if inside is None:
            inside = self._inside[id(container)] = _by_id(container.get("contained"))
        return inside.get(fragment)


def _by_id(contained: Json) -> dict[str, Resource]:
    """The first contained resource of each id."""
    listed = contained if isinstance(contained, list) else []
    return {r["id"]: r for r in reversed(listed) if isinstance(r, dict) and isinstance(r.get("id"), str)}


class Once(Struct, eq=False):
    """Answers of pure functions, kept for one request: below 1,000 rows a field has the same arguments 1,000 times."""

    _answers: dict[Hashable, Any] = field(default_factory=dict)

    def __call__(self, function: Callable[..., Answer], *arguments: Hashable) -> Answer:
        """function(*arguments), called once; a DmiError that it raised is raised each time."""
        key = (function, arguments)
        if key not in self._answers:
            try:
                self._answers[key] = function(*arguments)
            except DmiError as error:
                self._answers[key] = error
        answer = self._answers[key]
        if isinstance(answer, DmiError):
            raise answer.with_traceback(None)
        found: Answer = answer
        return found


class Context(Struct, eq=False):
    """One request: its view of the store, its batches, its language ("en" or "fr"), and the page limit."""

    repository: Source
    loaders: Loaders
    rules: Rules
    language: str
    max_rows: int
    base: str  # the address of this server's resources, for absolute references
    search_base: str  # the same where it is set, else "": a cursor must not depend on the name a client uses
    procedure_systems: tuple[str, ...] = ()  # code systems of the procedures that a list shows unless asked for a code
    max_answer: int = MOST_BYTES
    new_id: NewId = random_id
    containers: Containers = field(default_factory=Containers)
    following: Following = field(default_factory=Following)
    once: Once = field(default_factory=Once)
    course: Course | None = None  # what goes on is noted there, where somebody wants to know
    cost: int | None = None  # of the operation, once that is known
    to_empty: list[list[Any]] = field(default_factory=list)  # long lists of the answer, which were made for it alone
    fhirpaths: FhirPaths = field(default_factory=FhirPaths)

    async def let_go(self) -> None:
        """Let go of all resources that were read where they are many, a few at a time: to free a thousand at once would
        keep others waiting for milliseconds. Nothing can be read by this context any more."""
        every: list[dict[Any, Any]] = [*self.loaders.held(), self.containers.sites.held()]
        for held in every:
            if len(held) > MANY:
                while held:
                    for _ in range(min(FEW, len(held))):
                        held.popitem()
                    await asyncio.sleep(0)


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
