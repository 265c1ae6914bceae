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
            if answer is not None and self.wanted.type is None:
                name = answer["resourceType"]
                plan = self.asked.objects.get(name)
                if plan is not None and self.wanted.expected in (name, ANY):
                    return context.containers.enter(answer) if plan.refers else answer
        elif isinstance(answer, MultipleMatches) and self.wanted.optional:
            return None
        elif isinstance(answer, Exception):
            raise answer
        elif not self.searched:
            answer = cast("Resource | None", found)
        return accepted(answer, found, self.wanted, context)


async def located(references: Sequence[Reference], run: Run) -> list[Followed]:
    """Where the references lead; what has to be read for it is asked for, and not read yet."""
    search = _Search(run, endless=run.context.following.goes_on(sum(reference[4] for reference in references)))
    same = search.same
    for number, (asked, expected, source, place, weight) in enumerate(references, 1):
        if number % AT_ONCE == 0:
            await asyncio.sleep(0)
        # Most references of a page lead where another one has led already.
        if asked in same and type(source) is dict and type(text := source.get("reference")) is str:
            followed = same[asked].get(text)
            if followed is not None:
                followed.places.append(place)
                followed.weight += weight
                continue
        try:
            search.follow(asked, expected, source, place, weight)
        except Exception as error:  # noqa: BLE001 - whatever is raised is an error of the field
            run.fail(error, asked.nodes, place)
    return search.found


class _Search:
    """What the references of one level lead to, as far as it is known by looking at them.

    `endless`: all of them may be followed. `same` is what is found by the text of a reference: that alone tells what it
    means, but for "#…" and inside a Bundle."""

    def __init__(self, run: Run, *, endless: bool) -> None:
        self.found: list[Followed] = []
        self.same: dict[Asked, dict[str, Followed]] = {}
        self._run = run
        self._context = run.context
        self._endless = endless
        self._by_text = endless and not run.context.containers.sites.bundles
        self._wants: dict[Asked, Wanted] = {}
        self._kinds: dict[str, Kind] = {}

    def follow(self, asked: Asked, expected: str, source: Json, place: Place, weight: int) -> None:
        """Look at one reference. Raises TooCostly, and what is wrong with its arguments."""
        if not self._endless and self._context.following.ends(weight):
            return
        want = self._wants.get(asked)
        if want is None:
            want = self._wants[asked] = wanted(expected, asked.arguments(self._run))
        text = source.get("reference") if self._by_text and asked.single and isinstance(source, dict) else None
        if isinstance(text, str) and text[:1] != "#":
            followed = self._elsewhere(asked, text, want) or self._located(asked, source, want)
            if followed:
                self.same.setdefault(asked, {})[text] = followed
        else:
            followed = self._located(asked, source, want)
        if followed:
            followed.places.append(place)
            followed.weight += weight
            self.found.append(followed)

    def _elsewhere(self, asked: Asked, text: str, want: Wanted) -> Followed | None:
        """What a literal reference to a current resource of this server leads to, as most do; None for others."""
        target = parse(text)
        if type(target) is not Target or (want.type is not None and want.type != target.type):
            return None
        kind = self._kinds.get(target.type)
        if target.version or target.base or kind is None:
            if not is_current(target, self._context):
                return None
            kind = self._kinds[target.type] = self._context.loaders.resources(target.type)
        return Followed(asked, want, Ticket(kind.batch(target.id), target.id))

    def _located(self, asked: Asked, source: Json, want: Wanted) -> Followed | None:
        """What any reference leads to; None where it is of another type than is wanted."""
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
