"""What a read is for MongoDB: the commands that the driver sends, and the plan that the server has for each.

The read is done again for it. Of a command only its name, its collection and the names of its stages are told, since
its filters hold values. https://www.mongodb.com/docs/manual/reference/command/explain/
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from pymongo.errors import OperationFailure
from pymongo.monitoring import CommandListener

from app.store.repository import Statement

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from motor.motor_asyncio import AsyncIOMotorDatabase
    from pymongo.monitoring import CommandFailedEvent, CommandStartedEvent, CommandSucceededEvent

Database: TypeAlias = "AsyncIOMotorDatabase[dict[str, Any]]"

MOST: Final = 20
"""Commands of a read that are told."""

READING: Final = ("find", "aggregate", "count")
_PARTS: Final = ("filter", "sort", "limit", "skip", "projection", "pipeline", "query", "cursor", "allowDiskUse")
"""What of a command makes its plan; the rest is of the session."""

_NOTED: ContextVar[list[dict[str, Any]] | None] = ContextVar("noted", default=None)


class Commands(CommandListener):
    """Notes the commands that read, while somebody asks for them; the driver calls it from its threads, each in the
    context of the one who asked."""

    def started(self, event: CommandStartedEvent) -> None:
        """The driver's hook."""
        if (noted := _NOTED.get()) is not None and event.command_name in READING and len(noted) < MOST:
            noted.append({name: event.command[name] for name in (event.command_name, *_PARTS) if name in event.command})

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Nothing to note."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Nothing to note."""


@contextmanager
def noted() -> Iterator[list[dict[str, Any]]]:
    """The commands that are sent from here while this lasts."""
    commands: list[dict[str, Any]] = []
    token = _NOTED.set(commands)
    try:
        yield commands
    finally:
        _NOTED.reset(token)


async def explained(database: Database, commands: Sequence[dict[str, Any]]) -> list[Statement]:
    """What each command is, and how the server carries it out; no plan where it does not tell."""
    found = []
    for command in commands:
        try:
            told = await database.command({"explain": command, "verbosity": "queryPlanner"})
        except OperationFailure:  # a server may not explain a command, such as one that reads no collection
            told = {}
        found.append(Statement(_named(command), tuple(_plan(told))))
    return found


def _named(command: dict[str, Any]) -> str:
    name, collection = next(iter(command.items()))
    stages = [next(iter(stage)) for stage in command.get("pipeline", ())]
    return " ".join([name, str(collection), *stages])


def _plan(value: Any) -> Iterator[str]:
    """The stages of the winning plans in an explanation, with the indexes they use, from the last one to the first."""
    if isinstance(value, list):
        for item in value:
            yield from _plan(item)
    elif isinstance(value, dict):
        if isinstance(stage := value.get("stage"), str):
            yield f"{stage} {value['indexName']}" if "indexName" in value else stage
        for name, member in value.items():
            if name not in ("rejectedPlans", "parsedQuery", "command", "optimizedPipeline"):
                yield from _plan(member)
