"""A command of the store, as it is told to those who watch a request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable


class Command(NamedTuple):
    """A method of `Repository` with what it was given (the type apart, "" where there are several), when it began and
    ended (`perf_counter_ns`), and what it answered or raised."""

    method: str
    type: str
    arguments: tuple[Any, ...]
    begun: int
    ended: int
    answer: Any = None
    error: BaseException | None = None


Watcher: TypeAlias = "Callable[[Command], None]"
