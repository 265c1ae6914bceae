"""What went wrong in an execution: which errors are told, at which paths, and how many at the most.

A document that stands a thousand times in an answer has each of its errors a thousand times: what one error tells costs
more than what a thousand values do.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from graphql import GraphQLError, located_error
from msgspec import Struct, field

from app.errors import TooCostly
from app.schema.execution.places import paths

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from graphql import FieldNode

    from app.schema.execution.places import Above

MOST_ERRORS: Final = 1_000
"""Errors that an answer tells: one for each row of the largest page."""


class Failure(NamedTuple):
    """An error, the fields that it is of, and where it happened."""

    error: Exception
    nodes: Sequence[FieldNode]
    place: Above


class Failures(Struct, eq=False):
    """The errors of one execution, in their order, and the places that null went up to, in theirs."""

    _noted: list[Failure] = field(default_factory=list)
    _nulled: list[tuple[int, Above]] = field(default_factory=list)

    def note(self, error: Exception, nodes: Sequence[FieldNode], place: Above) -> None:
        """Note an error; nobody asks for more than one beyond those that are told."""
        if len(self._noted) <= MOST_ERRORS:
            self._noted.append(Failure(error, nodes, place))

    def nulled(self, above: Above) -> None:
        """Note that null went up to a place: what fails below it from here on is not seen."""
        self._nulled.append((len(self._noted), above))

    @property
    def everything(self) -> bool:
        """Whether null went up to the root of the answer."""
        return any(place is None for _, place in self._nulled)

    def errors(self) -> list[GraphQLError]:
        """The errors, one for each place of the answer; those of places that had become null before are left out.

        One more than are told, where there are more (`told`)."""
        if not self._noted:
            return []
        return list(islice(self._located(), MOST_ERRORS + 1))

    def _located(self) -> Iterator[GraphQLError]:
        since: dict[tuple[str | int, ...], int] = {}
        for number, place in self._nulled:
            for path in paths(place):
                since.setdefault(path, number)
        for number, failure in enumerate(self._noted):
            for path in paths(failure.place):
                if not any(since.get(path[:depth], len(self._noted)) <= number for depth in range(len(path) + 1)):
                    yield located_error(failure.error, failure.nodes, list(path))


def told(errors: Sequence[GraphQLError]) -> list[GraphQLError]:
    """The errors that an answer tells; where there are more, the first one beyond them says so, and no other."""
    listed = list(errors[: MOST_ERRORS + 1])
    if len(listed) > MOST_ERRORS:
        last = listed[-1]
        listed[-1] = GraphQLError(last.message, last.nodes, path=last.path, original_error=_too_many())
    return listed


def _too_many() -> TooCostly:
    return TooCostly(
        f"The answer has more than {MOST_ERRORS} errors; those of this value and all after it are not told. "
        "Ask for fewer rows or fewer levels at once.",
        f"La réponse comporte plus de {MOST_ERRORS} erreurs ; celles de cette valeur et des suivantes ne sont pas "
        "données. Demandez moins de lignes ou moins de niveaux à la fois.",
        rule="errors",
    )
