"""The repository of one request, whose commands are told to those who want to know. It stands outside of
`PrincipalRepository`: what is told is what the principal was given."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from app.search.algebra import Search
from app.usage.command import Command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.usage.command import Watcher

R = TypeVar("R")

OF_A_TYPE: Final = frozenset(
    {"read", "heads", "version", "history", "search", "count", "related", "count_related", "tally"}
)
"""Commands whose first argument is a resource type."""


def watched(repository: R, watchers: Sequence[Watcher], also: frozenset[str] = frozenset()) -> R:
    """The repository; where nobody watches, it is the repository itself. The elements `also` are read with those that
    are asked for."""
    return cast("R", WatchedRepository(repository, watchers, also)) if watchers else repository


class WatchedRepository:
    """Hands everything on to a repository, and tells of the commands that read or write resources."""

    def __init__(self, repository: Any, watchers: Sequence[Watcher], also: frozenset[str]) -> None:
        self._repository = repository
        self._watchers = watchers
        self._also = also

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._repository, name)
        if name not in OF_A_TYPE and name != "write":
            return method

        async def telling(*arguments: Any, **named: Any) -> Any:
            if self._also:
                arguments = tuple(self._widened(each) for each in arguments)
                named = {key: self._widened(each) for key, each in named.items()}
            type_name, rest = (arguments[0], arguments[1:]) if name in OF_A_TYPE else ("", arguments)
            rest = (*rest, *named.values())
            begun = perf_counter_ns()
            try:
                answer = await method(*arguments, **named)
            except BaseException as error:
                self._tell(Command(name, type_name, rest, begun, perf_counter_ns(), error=error))
                raise
            self._tell(Command(name, type_name, rest, begun, perf_counter_ns(), answer))
            return answer

        setattr(self, name, telling)  # what is asked for again is found at once
        return telling

    def _widened(self, argument: Any) -> Any:
        """Elements, or a search for them, with those that are read too; any other argument as it is."""
        if isinstance(argument, frozenset):
            return argument | self._also
        if isinstance(argument, Search) and argument.elements is not None:
            return replace(argument, elements=argument.elements | self._also)
        return argument

    def _tell(self, command: Command) -> None:
        for watcher in self._watchers:
            watcher(command)
