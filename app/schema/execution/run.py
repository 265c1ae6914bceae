"""One execution of a plan, level by level.

Building an object takes what is there: it never waits. References, lists of many items and what resolvers promise are
noted on the way, and make the next level: one store command for each type that is referred to, whatever the number of
rows, and all of them at once.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NamedTuple

from app.errors import AnswerTooLarge, OutOfTime
from app.schema.execution.failures import Failures
from app.schema.execution.places import nullified
from app.schema.execution.references import ROWS, build, located
from app.schema.execution.room import Room
from app.store.deadline import time_left

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from graphql import FieldNode, GraphQLError
    from graphql.execution.values import VariableValues

    from app.schema.context import Context
    from app.schema.execution.places import Above, Place
    from app.schema.execution.plan import Asked, ObjectPlan, Operation
    from app.schema.execution.references import Followed, Reference


class Nulled(Exception):
    """A required value is null, and what holds it must be; the error that made it so is noted already."""


class Promise(NamedTuple):
    """What a resolver will answer, and what to do with it then."""

    answer: Awaitable[Any]
    asked: Asked
    place: Place
    weight: int


class Items(NamedTuple):
    """The items of a long list that are still to be built into the list of the answer."""

    items: Sequence[Any]
    build: Callable[[Any, int, list[Any], Place, Run], None]
    answer: list[Any]
    place: Place
    weight: int


class Run:
    """The state of one execution. `weight` is in how many places of the answer stands what is being built. One that is
    `lasting` is built to its end, whatever the time: its answer tells what was stored."""

    __slots__ = (
        "context",
        "failures",
        "fragments",
        "given",
        "lasting",
        "long",
        "promises",
        "references",
        "room",
        "variables",
        "weight",
    )

    def __init__(self, operation: Operation, variables: VariableValues, context: Context) -> None:
        self.context = context
        self.variables = variables
        self.fragments = operation.fragments
        self.lasting = operation.serial
        self.room = Room(context.max_answer)
        self.weight = 1
        self.references: list[Reference] = []
        self.promises: list[Promise] = []
        self.long: list[Items] = []
        self.given: dict[Asked, Mapping[str, Any] | Exception] = {}
        self.failures = Failures()

    def failed(self, error: Exception, nodes: Sequence[FieldNode], place: Above) -> None:
        """Note an error, unless it is one that is noted already."""
        if not isinstance(error, Nulled):
            self.failures.note(error, nodes, place)

    def put(self, place: Place, value: Any) -> None:
        """Put a value that came later at its place."""
        place[2][place[1]] = value

    def fail(self, error: Exception, nodes: Sequence[FieldNode], place: Place) -> None:
        """Note an error of a value that came later; where it is required, null goes up from its place."""
        self.failed(error, nodes, place)
        self._nullify(place)

    async def turn(self) -> None:
        """Give others a turn. Raises OutOfTime, AnswerTooLarge."""
        await asyncio.sleep(0)
        self.room.check()
        if not self.lasting:
            time_left()

    async def answer(
        self, data: dict[str, Any] | None, *, repeats: bool
    ) -> tuple[dict[str, Any] | None, list[GraphQLError]]:
        """The data and the errors, where all is built; `repeats` as in `Operation`. Raises AnswerTooLarge."""
        self.room.check()
        if repeats:
            await self.room.look(data)
        return None if self.failures.everything else data, self.failures.errors()

    async def abandon(self) -> None:
        """Take what was promised, of which nobody will hear."""
        await asyncio.gather(*(each.answer for each in self.promises), return_exceptions=True)

    async def finish(self) -> None:
        """Build level after level until nothing is left to wait for. Raises OutOfTime."""
        while self.long or self.references or self.promises:
            while self.long:
                await self._build_items(self.long.pop())
            if self.references or self.promises:
                await self._next_level()

    async def _build_items(self, list_: Items) -> None:
        items, build, answer, place, weight = list_
        self.context.to_empty.append(answer)
        for start in range(0, len(items), ROWS):
            self.weight = weight
            try:
                for index in range(start, min(start + ROWS, len(items))):
                    build(items[index], index, answer, place, self)
            except Nulled:
                self._nullify(place)
                return
            if place[0] is not None:
                self.room.take(answer[start : start + ROWS], weight)
            await self.turn()

    def _nullify(self, place: Place) -> None:
        above = nullified(place)
        if above is not place:
            self.failures.nulled(above)

    async def _next_level(self) -> None:
        references, self.references = self.references, []
        promises, self.promises = self.promises, []
        followed = await located(references, self) if references else []
        searched = [each for each in followed if each.searched]
        await self._wait(promises, searched)
        if followed:
            await build(followed, self)
        if self.context.course:
            self.context.course.mark("level")

    async def _wait(self, promises: Sequence[Promise], searched: Sequence[Followed]) -> None:
        """Read what is asked for, and take what was promised."""
        waiting = [each.answer for each in promises]
        waiting += [each.searched for each in searched if each.searched]
        loaders = self.context.loaders
        loaders.wait(len(waiting))
        answers = await _answers(waiting) if waiting else []
        if loaders.reading:  # before anything of the next level asks for more
            await loaders.flush()
        for each, answer in zip(searched, answers[len(promises) :], strict=True):
            each.answer = answer
        for promise, answer in zip(promises, answers, strict=False):
            self._keep(promise, answer)

    def _keep(self, promise: Promise, answer: Any) -> None:
        """Complete what a resolver answered, or note that it failed."""
        self.weight = promise.weight
        asked, place = promise.asked, promise.place
        if isinstance(answer, Exception):
            self.fail(answer, asked.nodes, place)
            return
        try:
            if answer is not None or asked.required:
                value = asked.complete(answer, place, self)
                self.put(place, value)
                if place[0] is not None:  # what the root answers stands there once
                    self.room.take(value, promise.weight)
        except Exception as error:  # noqa: BLE001 - whatever a resolver raises is an error of its field
            self.fail(error, asked.nodes, place)


async def run(
    operation: Operation, root: ObjectPlan, variables: VariableValues, context: Context, source: Any = None
) -> tuple[dict[str, Any] | None, list[GraphQLError]]:
    """The data and the errors of an operation, whose root is planned; `source` is what its fields are read from, if
    anything. Raises OutOfTime, AnswerTooLarge."""
    state = Run(operation, variables, context)
    context.loaders.elements = operation.elements
    try:
        try:
            data = await _serial(root, state) if operation.serial else root.build(source, None, state)
        except Nulled:
            data = None
        await state.finish()  # what was promised is waited for even where nobody will see it
    except (OutOfTime, AnswerTooLarge):
        await state.abandon()
        raise
    return await state.answer(data, repeats=operation.repeats)


async def _serial(root: ObjectPlan, state: Run) -> dict[str, Any]:
    """The fields of a mutation: each is finished before the next one begins."""
    data: dict[str, Any] = {}
    for part in root.parts():
        state.weight = 1  # the last document of the part before may have stood at many places
        built = part.build(None, None, state)
        await state.finish()
        data.update(built)
    return data


async def _answers(waiting: Sequence[Awaitable[Any]]) -> list[Any]:
    """What was awaited, or the exceptions that were raised instead."""
    if len(waiting) > 1:
        return await asyncio.gather(*waiting, return_exceptions=True)
    try:
        return [await waiting[0]]
    except Exception as error:  # noqa: BLE001 - it is an error of a field
        return [error]
