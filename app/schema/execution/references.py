"""The step from one level to the next: what the references of a level lead to.

References of one text that stand in one field lead to one document, which is read once and, where nothing in it depends
on its place, built once: fifty procedures of one surgeon have one object for her in their answer.
"""

from __future__ import annotations

import asyncio
from types import NoneType
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias, TypeVar, cast

from app.errors import MultipleMatches
from app.fhir.reference import Target, literal
from app.schema.batches import Ticket
from app.schema.execution.places import Shared
from app.schema.execution.room import OFTEN
from app.schema.references import ANY, accepted, is_current, locate
from app.schema.types.target import wanted

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from app.fhir.resource import Json, Resource
    from app.schema.batches import Kind
    from app.schema.context import Context
    from app.schema.execution.places import Place
    from app.schema.execution.plan import Asked
    from app.schema.execution.run import Run
    from app.schema.references import Found, Wanted

LONG: Final = 64
"""Rows of a list that are built, and written, at once; of more, others get a turn after each ROWS."""
ROWS: Final = 8
"""Rows, and documents, that are built between two turns of others, and rows that are written: a quarter of a
millisecond at the most."""
REFERENCES: Final = 500
"""References of a level that are looked at at once; of more, others get a turn after each AT_ONCE."""
AT_ONCE: Final = 64
DOCUMENTS: Final = 256
"""Documents that a level leads to which are built at once; of more, others get a turn after each ROWS.

What is done at once is a page of 50 rows: others in between would take the processor's caches, and all would take
longer."""


T = TypeVar("T")

_KNOWN: Final = frozenset({Ticket, dict, NoneType})

Reference: TypeAlias = "tuple[Asked, Json, Place, int]"
"""A reference of a document, to be followed: the field that asks for what it leads to, the Reference itself, the place
of what it leads to, and how often that stands there."""


class Followed(Shared, eq=False):
    """Where references lead that mean the same, and the places where that is to stand.

    `answer` is what came of it where it has to be awaited by itself: all others have a ticket of a batch, or stand in
    the document."""

    asked: Asked
    wanted: Wanted
    found: Found
    answer: Resource | Exception | None = None

    @property
    def searched(self) -> Awaitable[Resource | None] | None:
        """What has to be awaited by itself, if it has to be."""
        return None if type(self.found) in _KNOWN else cast("Awaitable[Resource | None]", self.found)

    def resource(self, context: Context) -> Resource | None:
        """What the references lead to. Raises NotFound, MultipleMatches, and what reading raised."""
        found, answer = self.found, self.answer
        if type(found) is Ticket:
            answer = found.batch.answer(found.key)
            if answer is not None and self.wanted.type is None:
                name = answer["resourceType"]
                plan = self.asked.objects.get(name)
                if plan is not None and self.wanted.expected in (name, ANY):
                    return context.containers.enter(answer) if plan.refers else answer
        elif isinstance(answer, MultipleMatches) and self.wanted.optional:
            return None
        elif isinstance(answer, Exception):
            raise answer
        elif found is None or isinstance(found, dict):
            answer = found
        return accepted(answer, found, self.wanted, context)


async def located(references: list[Reference], run: Run) -> list[Followed]:
    """Where the references lead, which are taken from their list; what has to be read for it is asked for, and not
    read yet."""
    search = _Search(run, endless=run.context.following.goes_on(sum(weight for _, _, _, weight in references)))
    at_once = AT_ONCE if len(references) > REFERENCES else REFERENCES
    while references:
        _locate(_taken(references, at_once), search, run)
        if references:
            await asyncio.sleep(0)
    return search.found


def _taken(items: list[T], number: int) -> list[T]:
    """The first items of a list, which has the others from here on: to free all of many at once takes its time."""
    first = items[:number]
    del items[:number]
    return first


def _locate(references: Sequence[Reference], search: _Search, run: Run) -> None:
    fields = search.fields
    for asked, source, place, weight in references:
        # Most references lead to what their text alone tells, and many of a page where another one has led already.
        field = fields.get(asked)
        if field is not None and type(source) is dict and type(text := source.get("reference")) is str:
            followed = field.same.get(text) or search.elsewhere(field, text)
            if followed is not None:
                followed.places.append(place)
                followed.weight += weight
                continue
        try:
            search.follow(asked, source, place, weight)
        except Exception as error:  # noqa: BLE001 - whatever is raised is an error of the field
            run.fail(error, asked.nodes, place)


class _Field(NamedTuple):
    """A field in which the text of a reference tells all that it means; `same` is what is found by these texts."""

    asked: Asked
    wanted: Wanted
    same: dict[str, Followed]


class _Search:
    """What the references of one level lead to, as far as it is known by looking at them.

    `endless`: all of them may be followed. Inside a Bundle no text tells what it means by itself."""

    def __init__(self, run: Run, *, endless: bool) -> None:
        self.found: list[Followed] = []
        self.fields: dict[Asked, _Field] = {}
        self._run = run
        self._context = run.context
        self._endless = endless
        self._by_text = endless and not run.context.containers.sites.bundles
        self._wants: dict[Asked, Wanted] = {}
        self._kinds: dict[str, Kind] = {}

    def follow(self, asked: Asked, source: Json, place: Place, weight: int) -> None:
        """Look at one reference. Raises TooCostly, and what is wrong with its arguments."""
        if not self._endless and self._context.following.ends(weight):
            return
        want = self._wants.get(asked)
        if want is None:
            want = self._wants[asked] = wanted(asked.expected, asked.arguments(self._run))
            if self._by_text and asked.single:
                self.fields[asked] = _Field(asked, want, {})
        there = locate(source, want, self._context)
        if there is None:  # it is of another type than is wanted
            return
        followed = Followed([place], weight, asked, want._replace(optional=there.optional), there.found)
        text = source.get("reference") if asked in self.fields and isinstance(source, dict) else None
        if isinstance(text, str) and text[:1] != "#":
            self.fields[asked].same[text] = followed
        self.found.append(followed)

    def elsewhere(self, field: _Field, text: str) -> Followed | None:
        """What a literal reference to a current resource of this server leads to, as most do, with no place yet; None
        for others."""
        target, want = literal(text), field.wanted
        if type(target) is not Target or (want.type is not None and want.type != target.type):
            return None
        kind = self._kinds.get(target.type)
        if kind is None or target.version or target.base:
            if not is_current(target, self._context):
                return None
            kind = self._kinds[target.type] = self._context.loaders.resources(target.type)
        followed = field.same[text] = Followed([], 0, field.asked, want, Ticket(kind.batch(target.id), target.id))
        self.found.append(followed)
        return followed


async def build(followed: list[Followed], run: Run) -> None:
    """Build what the references lead to, which are taken from their list; all of it is read."""
    at_once = ROWS if len(followed) > DOCUMENTS else DOCUMENTS
    while followed:
        _build(_taken(followed, at_once), run)
        if followed:
            await run.turn()


def _build(followed: Sequence[Followed], run: Run) -> None:
    context = run.context
    for each in followed:
        asked, places = each.asked, each.places
        try:
            resource = each.resource(context)
            if resource is None:
                continue
            run.weight = each.weight
            place = places[0] if len(places) == 1 else each
            name = resource.get("resourceType")
            plan = asked.objects.get(name) if type(name) is str else None
            value = plan.build(resource, place, run) if plan else asked.complete(resource, place, run)
        except Exception as error:  # noqa: BLE001 - whatever is raised is an error of the field
            for place in places:
                run.fail(error, asked.nodes, place)
        else:
            for place in places:
                place[2][place[1]] = value
            # Of others than those that are found by their text, several may lead to one document.
            if each.weight >= OFTEN or not asked.single or type(each.found) is not Ticket:
                run.room.take(value, each.weight)
