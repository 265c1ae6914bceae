"""One object of a shaped answer while values come together in it, from its own fields and from flattened ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from app.schema.flattening.problems import SINGLETON, TYPES, problem

if TYPE_CHECKING:
    from graphql import GraphQLError

    from app.fhir.resource import Json
    from app.schema.flattening.shape import Field

Place: TypeAlias = "tuple[str | int, ...]"
"""Where a value stands in the executed answer."""


@dataclass(slots=True)
class _Column:
    """The values under one name."""

    type: str
    singleton: bool
    repeating: bool
    blank: Json = None  # what stands there while no value came: null, or an empty list
    filled: bool = False
    failed: bool = False
    values: list[Json] = field(default_factory=list)

    def broken(self, source: Field) -> str | None:
        """The rule that the values break, now that some of this field came."""
        if self.type != source.type:
            return TYPES
        return SINGLETON if self.singleton and len(self.values) > 1 else None

    def answer(self) -> Json:
        """What is answered under the name."""
        if self.failed or not self.values:
            return None if self.failed or self.singleton else self.blank
        return self.values if self.repeating and not self.singleton else self.values[0]


class Collation:
    """Gathers values by name: equal names append, in the order in which they are met. What cannot be under one name is
    null, and noted in `problems` once."""

    def __init__(self, problems: list[GraphQLError]) -> None:
        self._problems = problems
        self._columns: dict[str, _Column] = {}

    def reserve(self, name: str, source: Field, blank: Json) -> None:
        """Keep a place for a name that is answered even where no value comes."""
        self._column(name, source).blank = blank

    def add(self, name: str, source: Field, values: list[Json], place: Place, *, repeating: bool) -> None:
        """Put values that stand at a place under a name, as a list or, if they stay alone, as a single value."""
        column = self._column(name, source)
        column.repeating = column.repeating or repeating or column.filled
        column.filled = True
        # A singleton has one value besides nulls: an item that is null only has extensions.
        column.values.extend(value for value in values if not (column.singleton and value is None))
        rule = column.broken(source)
        if rule and not column.failed:
            column.failed = True
            self._problems.append(problem(rule, source.node, place))

    def answer(self) -> dict[str, Json]:
        """The object with all that came together."""
        return {name: column.answer() for name, column in self._columns.items()}

    def _column(self, name: str, source: Field) -> _Column:
        singleton = source.directives.singleton
        column = self._columns.get(name)
        if column is None:
            column = self._columns[name] = _Column(source.type, singleton, repeating=False)
        column.singleton = column.singleton or singleton
        return column
