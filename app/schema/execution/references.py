"""The step from one level to the next: what the references of a level lead to.

References of one text that stand in one field lead to one document, which is read once and, where nothing in it depends
on its place, built once: fifty procedures of one surgeon have one object for her in their answer.
"""

from __future__ import annotations

import asyncio
from types import NoneType
from typing import TYPE_CHECKING, Final, TypeAlias, cast

from app.errors import MultipleMatches
from app.fhir.reference import Target, parse
from app.schema.batches import Ticket
from app.schema.execution.places import Shared
from app.schema.references import accepted, is_current, locate
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

AT_ONCE: Final = 500
"""References that are looked at before others get a turn: about a millisecond."""
ROWS: Final = 64
"""Objects that are built before others get a turn: about a millisecond."""


_KNOWN: Final = frozenset({Ticket, dict, NoneType})

Reference: TypeAlias = "tuple[Asked, str, Json, Place, int]"
"""A reference of a document, to be followed: the field that asks for what it leads to, the one type that the schema
promises there or "Resource", the Reference itself, the place of what it leads to, and how often that stands there."""


class Followed(Shared):
    """Where references lead that mean the same, and the places where that is to stand.

    `searched` is what has to be awaited by itself to know it, and `answer` what came of that: all others have a ticket
    of a batch, or stand in the document."""

    __slots__ = ("answer", "asked", "found", "searched", "wanted")

    def __init__(self, asked: Asked, wanted: Wanted, found: Found) -> None:
        self.places = []
        self.weight = 0
        self.asked = asked
        self.wanted = wanted
        self.found = found
        self.answer: Resource | Exception | None = None
        self.searched = None if type(found) in _KNOWN else cast("Awaitable[Resource | None]", found)

    def resource(self, context: Context) -> Resource | None:
        """What the references lead to. Raises NotFound, MultipleMatches, and what reading raised."""
        found, answer = self.found, self.answer
        if type(found) is Ticket:
            answer = found.batch.answer(found.key)
        elif isinstance(answer, MultipleMatches) and self.wanted.optional:
            return None
        elif isinstance(answer, Exception):
            raise answer
        elif not self.searched:
            answer = cast("Resource | None", found)
        return accepted(answer, found, self.wanted, context)


async def located(references: Sequence[Reference], run: Run) -> list[Followed]:
    """Where the references lead; what has to be read for it is asked for, and not read yet."""
    search = _Search(run)
    for number, reference in enumerate(references, 1):
        if number % AT_ONCE == 0:
            await asyncio.sleep(0)
        try:
            search.follow(*reference)
        except Exception as error:  # noqa: BLE001 - whatever is raised is an error of the field
            run.fail(error, reference[0].nodes, reference[3])
    return search.found


class _Search:
    """What the references of one level lead to, as far as it is known by looking at them."""

    def __init__(self, run: Run) -> None:
        self.found: list[Followed] = []
        self._run = run
        self._context = run.context
        self._wants: dict[Asked, Wanted] = {}
        self._same: dict[tuple[Asked, str], Followed] = {}
        self._kinds: dict[str, Kind] = {}

    def follow(self, asked: Asked, expected: str, source: Json, place: Place, weight: int) -> None:
        """Look at one reference. Raises TooCostly, and what is wrong with its arguments."""
        context = self._context
        if context.following.ends(weight):
            return
        text = source.get("reference") if asked.single and type(source) is dict else None
        # The text alone tells what it means, but for "#…" and inside a Bundle.
        same = (asked, text) if type(text) is str and text[:1] != "#" and not context.containers.sites.bundles else None
        followed = self._same.get(same) if same else None
        if followed is None:
            want = self._wants.get(asked)
            if want is None:
                want = self._wants[asked] = wanted(expected, asked.arguments(self._run))
            followed = self._followed(asked, source, want, alone=same is None)
            if followed is None:
                return
            self.found.append(followed)
            if same:
                self._same[same] = followed
        followed.places.append(place)
        followed.weight += weight

    def _followed(self, asked: Asked, source: Json, want: Wanted, *, alone: bool) -> Followed | None:
        target = None if alone else parse(source)
        if type(target) is Target and want.type in (None, target.type) and is_current(target, self._context):
            kind = self._kinds.get(target.type)
            if kind is None:
                kind = self._kinds[target.type] = self._context.loaders.resources(target.type)
            return Followed(asked, want, Ticket(kind.batch(target.id), target.id))
        there = locate(source, want, self._context)
        if there is None:
            return None
        return Followed(asked, want._replace(optional=there.optional), there.found)


async def build(followed: Sequence[Followed], run: Run) -> None:
    """Build what the references lead to; all of it is read."""
    context = run.context
    for number, each in enumerate(followed, 1):
        if number % ROWS == 0:
            await asyncio.sleep(0)
        asked, places = each.asked, each.places
        try:
            resource = each.resource(context)
            if resource is None:
                continue
            run.weight = each.weight
            value = asked.complete(resource, places[0] if len(places) == 1 else each, run)
        except Exception as error:  # noqa: BLE001 - whatever is raised is an error of the field
            for place in places:
                run.fail(error, asked.nodes, place)
        else:
            for place in places:
                place[2][place[1]] = value
