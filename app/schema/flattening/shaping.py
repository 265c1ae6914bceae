"""An executed answer in the shape that was asked for: a pure function of the answer and the plan's shape.

What moves up out of a flattened field goes into the next object above that stays. A field that is null does not move.
https://hl7.org/fhir/R4/graphql.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from graphql import GraphQLError

from app.schema.flattening.collation import Collation
from app.schema.flattening.hidden import PREFIX, TYPE, slice_text
from app.schema.flattening.problems import SINGLETON, problem
from app.schema.flattening.slicing import INDEX

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.fhir.resource import Json
    from app.schema.flattening.collation import Place
    from app.schema.flattening.shape import Field, Shape


def shaped(
    data: dict[str, Any], shape: Shape, errors: Sequence[GraphQLError] = ()
) -> tuple[dict[str, Any], list[GraphQLError]]:
    """The answer in its shape, and its errors: those of items that `@first` left out are gone, new ones are there.

    `data` answers the plan's document; it is not changed. Paths of errors are those of the executed answer."""
    if all(field.plain for field in shape):
        return data, list(errors)
    shaping = _Shaping()
    answer = shaping.answer(data, shape, ())
    kept = [_shown(error) for error in errors if not shaping.left_out(error)]
    return answer, kept + shaping.problems


@dataclass(frozen=True, slots=True)
class _Move:
    """How values come into an object: out of flattened fields or its own, into lists or not, with what suffix."""

    moved: bool
    lists: bool
    suffix: str


_OWN: Final = _Move(moved=False, lists=False, suffix="")


class _Shaping:
    """Shapes one answer, and notes what happened on the way."""

    def __init__(self) -> None:
        self.problems: list[GraphQLError] = []
        self._cut: set[Place] = set()

    def answer(self, data: dict[str, Any], shape: Shape, place: Place) -> dict[str, Json]:
        """An object that stays, with what moves up into it."""
        into = Collation(self.problems)
        self._gather(into, data, shape, place, _OWN)
        return into.answer()

    def left_out(self, error: GraphQLError) -> bool:
        """Whether an error is one of an item that `@first` left out."""
        path = tuple(error.path or ())
        return any(path[:depth] in self._cut and path[depth] != 0 for depth in range(len(path)))

    def _gather(self, into: Collation, data: dict[str, Any], shape: Shape, place: Place, move: _Move) -> None:
        for field in shape:
            value, here = data[field.key], (*place, field.key)
            if field.directives.flatten:
                self._flatten(into, field, value, here, move)
            elif field.directives.slice is not None:
                self._slice(into, field, value, here, move)
            else:
                self._put(into, field, value, here, move)

    def _put(self, into: Collation, field: Field, value: Json, here: Place, move: _Move) -> None:
        name = field.key + move.suffix
        single = field.directives.first or not field.many
        if not move.moved:
            into.reserve(name, field, [] if value == [] and not single else None)
        values = [self._value(field, item, at) for item, at, _ in self._items(field, value, here)]
        if values:
            into.add(name, field, values, here, repeating=move.lists or not single)

    def _slice(self, into: Collation, field: Field, value: Json, here: Place, move: _Move) -> None:
        for item, at, index in self._items(field, value, here):
            if item is not None:
                name = field.key + move.suffix + _suffix(field, item, index)
                values = [self._value(field, item, at)]
                into.add(name, field, values, here, repeating=move.lists or field.many)

    def _flatten(self, into: Collation, field: Field, value: Json, here: Place, move: _Move) -> None:
        directives = field.directives
        items = [each for each in self._items(field, value, here) if each[0] is not None]
        if directives.singleton and len(items) > 1:
            self.problems.append(problem(SINGLETON, field.node, here))
            return
        lists = move.lists or (field.many and not directives.first and not directives.singleton)
        for item, at, index in items:
            suffix = move.suffix + _suffix(field, item, index)
            self._gather(into, item, _below(field, item), at, _Move(moved=True, lists=lists, suffix=suffix))

    def _items(self, field: Field, value: Json, here: Place) -> list[tuple[Any, Place, int]]:
        """The values of a field that count, each with its place and its number."""
        if value is None:
            return []
        if not field.many:
            return [(value, here, 0)]
        if field.directives.first and len(value) > 1:
            self._cut.add(here)
            value = value[:1]
        return [(item, (*here, index), index) for index, item in enumerate(value)]

    def _value(self, field: Field, item: Any, at: Place) -> Json:
        return item if item is None or field.kept else self.answer(item, _below(field, item), at)


def _below(field: Field, item: dict[str, Any]) -> Shape:
    """What is selected in an object, by its type."""
    return field.below[item[TYPE]] if field.abstract else next(iter(field.below.values()))


def _suffix(field: Field, item: Json, index: int) -> str:
    """What a slice appends to names; nothing where the field has none."""
    path = field.directives.slice
    if path is None:
        return ""
    return f".{index}" if path == INDEX else f".{slice_text(item)}"


def _shown(error: GraphQLError) -> GraphQLError:
    """The error at the client's own field where it is one of a hidden field."""
    path = error.path or []
    hidden = next((at for at, key in enumerate(path) if isinstance(key, str) and key.startswith(PREFIX)), None)
    if hidden is None:
        return error
    return GraphQLError(error.message, path=path[:hidden], original_error=error.original_error)
