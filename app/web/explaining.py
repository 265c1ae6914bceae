"""What a request was for the store: asked for by `{"extensions": {"explain": true}}`, told as `extensions.explain`.

It tells no value of a document, a variable or a resource; but how many resources each command of the store found, also
of those that the one who asks may not see. So it is for those who run the server, not for those who use it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from app.access.watching import OF_A_TYPE
from app.errors import NotExplained, StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from app.access.principal import Principal
    from app.fhir.resource import Json
    from app.store.repository import Repository
    from app.usage.command import Command
    from app.usage.course import Course, Step

ASKED: Final = "explain"
SCOPE: Final = "dmi-graph/explain"
"""The scope of an access token with which explanations are given, where the server asks for tokens."""

MOST: Final = 50
"""Commands that are told with what they are in the store, which is done again for that."""

_ASKED_OF: Final[Mapping[str, Callable[[Command], int]]] = {
    "read": lambda command: len(command.arguments[0]),
    "heads": lambda command: len(command.arguments[0]),
    "search": lambda command: int(command.arguments[0].count),
    "related": lambda command: len(command.arguments[1]),
    "count_related": lambda command: len(command.arguments[1]),
}
_FOUND_BY: Final[Mapping[str, Callable[[Command], int]]] = {
    "read": lambda command: len(command.answer),
    "search": lambda command: len(command.answer.rows),
    "related": lambda command: sum(len(page.rows) for page in command.answer),
    "history": lambda command: len(command.answer),
}
"""How many were asked for and found, by the method; what is not told here is one."""


def wants(extensions: Mapping[str, Json] | None, principal: Principal, *, given: bool) -> bool:
    """Whether a request is to be explained; `given`: this server does so. Raises NotExplained."""
    if not extensions or extensions.get(ASKED) is not True:
        return False
    if not given or (principal.scopes is not None and SCOPE not in principal.scopes):
        raise NotExplained
    return True


async def explanation(course: Course, store: Repository) -> dict[str, Any]:
    """The steps with their milliseconds, and the commands with the level of the answer that they were for."""
    steps = list(course.steps())
    levels = [step for step in steps if step.name == "level"]
    return {
        "prepared": _milliseconds(steps, "plan"),
        "levels": [round((step.ended - step.begun) / 1e6, 3) for step in levels],
        "finished": _milliseconds(steps, "finish", "graphql-core"),
        "executedBy": "graphql-core" if any(step.name == "graphql-core" for step in steps) else "plan",
        "commands": [
            {
                "level": sum(level.ended <= command.begun for level in levels) + 1,
                "command": command.method,
                "type": command.type or None,
                "asked": _number(_ASKED_OF, command),
                "found": 0 if command.answer is None else _number(_FOUND_BY, command),
                "ms": round((command.ended - command.begun) / 1e6, 3),
                "statements": await _statements(command, store) if number < MOST else [],
            }
            for number, command in enumerate(list(course.commands))
        ],
    }


async def _statements(command: Command, store: Repository) -> list[dict[str, Any]]:
    if command.method not in OF_A_TYPE or command.error is not None:
        return []
    try:
        found = await store.explain(command.method, command.type, *command.arguments)
    except StoreUnavailable:  # the answer itself is there
        return []
    return [{"statement": each.text, "plan": list(each.plan)} for each in found]


def _number(numbers: Mapping[str, Callable[[Command], int]], command: Command) -> int:
    number = numbers.get(command.method)
    return number(command) if number else 1


def _milliseconds(steps: Sequence[Step], *names: str) -> float:
    return round(sum(step.ended - step.begun for step in steps if step.name in names) / 1e6, 3)
