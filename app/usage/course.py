"""The course of one request: its steps, one behind the other, and the commands of the store in them."""

from __future__ import annotations

from time import perf_counter_ns
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.usage.command import Command


class Step(NamedTuple):
    """Something that was done, and when it began and ended (`perf_counter_ns`)."""

    name: str
    begun: int
    ended: int


class Course:
    """The course of what began at a time, or begins now. Commands are those that reached the store, also for what is
    not seen in the end."""

    __slots__ = ("_begun", "_marks", "commands")

    def __init__(self, begun: int | None = None) -> None:
        self._begun = perf_counter_ns() if begun is None else begun
        self._marks: list[tuple[str, int]] = []
        self.commands: list[Command] = []

    def mark(self, name: str) -> None:
        """What was done since the last mark was this."""
        self._marks.append((name, perf_counter_ns()))

    def did(self, command: Command) -> None:
        """Note a command."""
        self.commands.append(command)

    def steps(self) -> Iterator[Step]:
        """What was done, in order."""
        begun = self._begun
        for name, ended in self._marks:
            yield Step(name, begun, ended)
            begun = ended
