"""Pages of implants: first those of procedures, in their order, then those that only a device tells of, by its id.

One procedure may give several implants, or none. A place is where the procedure (or device) stands and, inside the
procedure, the number of the implant: what comes or goes elsewhere does not move it.
"""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol

from app.search.algebra import ID, And, Eq, Position, Search, SortKey
from app.search.cursor import decode, encode, fingerprint
from app.search.problems import foreign_cursor, unsortable

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence

    from app.fhir.resource import Resource
    from app.recall.implants import Implant
    from app.search.algebra import Filter
    from app.store.repository import Page, Row


class Source(Protocol):
    """Where a listing reads from, and what it makes of what it finds."""

    async def walk(self, type: str, search: Search) -> Page:  # noqa: A002 - FHIR's word
        """As `Repository.search`."""

    async def of_procedures(self, procedures: Sequence[Resource]) -> Sequence[Sequence[Implant]]:
        """The implants of each procedure."""

    async def of_devices(self, devices: Sequence[Resource]) -> Sequence[Sequence[Implant]]:
        """What each device tells by itself: one implant, or none."""


NEWEST: Final = (SortKey("date", descending=True),)
SORTS: Final = {"-date": NEWEST, "date": (SortKey("date"),)}

_MARKED: Final = (SortKey("type"), SortKey("number"))  # what a cursor holds ahead of the sort's own keys


@dataclass(frozen=True, slots=True)
class Place:
    """A procedure or a device by its position; `number` counts the implants of a procedure, None is its last one."""

    type: str
    position: Position
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """Which procedures and, after them, which devices without a procedure; None for no such devices.

    `mark` binds cursors to all of it."""

    procedures: Filter
    devices: Filter | None
    sort: tuple[SortKey, ...]
    mark: str

    @classmethod
    def of(cls, name: str, procedures: Filter, devices: Filter | None, sort: tuple[SortKey, ...] = NEWEST) -> Listing:
        """The listing whose cursors are good for the field of that name, these filters and this sort only."""
        found = And((procedures, *(() if devices is None else (devices,))))
        return cls(procedures, devices, sort, fingerprint(name, found, (*_MARKED, *sort)))

    def cursor(self, place: Place) -> str:
        """The opaque text of a place."""
        number = None if place.number is None else str(place.number)
        keys = place.position.keys or (None,) * len(self.sort)
        return encode(Position((place.type, number, *keys), place.position.id), self.mark)

    def place(self, cursor: str) -> Place:
        """The place of a cursor. Raises InvalidSearch for one of another listing, and for anything else."""
        match decode(cursor, self.mark).position:
            case Position(("Procedure", None, *keys), id):
                return Place("Procedure", Position(tuple(keys), id))
            case Position(("Procedure", str(number), *keys), id) if number.isascii() and number.isdigit():
                return Place("Procedure", Position(tuple(keys), id), int(number[:9]))
            case Position(("Device", None, *_), id):
                return Place("Device", Position((), id))
        raise foreign_cursor()


@dataclass(frozen=True, slots=True)
class Edge:
    """An implant and its place."""

    implant: Implant
    place: Place


@dataclass(frozen=True, slots=True)
class ImplantPage:
    """Edges in order, and whether others follow."""

    edges: list[Edge]
    has_next: bool


def sort_of(text: str | None) -> tuple[SortKey, ...]:
    """The sort that `_sort` names: -date, which is the default, or date. Raises InvalidSearch."""
    sort = SORTS.get(text or "-date")
    if sort is None or text == "":
        raise unsortable("ImplantRecall", ("date",))
    return sort


async def page_of(listing: Listing, source: Source, first: int, after: Place | None) -> ImplantPage:
    """The first edges after a place, or from the start."""
    edges: list[Edge] = []
    async with aclosing(edges_of(listing, source, first + 1, after)) as found:
        async for edge in found:
            edges.append(edge)
            if len(edges) > first:
                break
    return ImplantPage(edges[:first], len(edges) > first)


async def edges_of(
    listing: Listing, source: Source, at_once: int, after: Place | None = None
) -> AsyncGenerator[Edge, None]:
    """All edges after a place; `at_once` procedures or devices are read by one command."""
    if after is None or after.type == "Procedure":
        search = Search(listing.procedures, listing.sort, at_once, after=after.position if after else None)
        if after is not None and after.number is not None:
            begun = Search(And((listing.procedures, Eq(ID, after.position.id))), listing.sort, 1)
            page = await source.walk("Procedure", begun)
            for edge in await _edges("Procedure", page.rows, source.of_procedures, after.number + 1):
                yield edge
        async for rows in _chunks(source, "Procedure", search):
            for edge in await _edges("Procedure", rows, source.of_procedures):
                yield edge
    if listing.devices is not None:
        start = after.position if after is not None and after.type == "Device" else None
        async for rows in _chunks(source, "Device", Search(listing.devices, count=at_once, after=start)):
            for edge in await _edges("Device", rows, source.of_devices):
                yield edge


async def _chunks(source: Source, type_name: str, search: Search) -> AsyncIterator[Sequence[Row]]:
    while True:
        page = await source.walk(type_name, search)
        if page.rows:
            yield page.rows
        if not page.has_next:
            return
        search = replace(search, after=page.rows[-1].position)


async def _edges(
    type_name: str,
    rows: Sequence[Row],
    implants_of: Callable[[Sequence[Resource]], Awaitable[Sequence[Sequence[Implant]]]],
    skipped: int = 0,
) -> list[Edge]:
    """The edges of the rows, without the first ones of each."""
    found = await implants_of([row.resource for row in rows])
    return [
        Edge(implant, Place(type_name, row.position, None if number == len(own) - 1 else number))
        for row, own in zip(rows, found, strict=True)
        for number, implant in enumerate(own)
        if number >= skipped
    ]
