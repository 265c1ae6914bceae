"""How large an answer may become, found out before it is written out.

Objects and texts are shared: a patient to whom a thousand procedures refer is built once, and written out a thousand
times. What stands at few places takes as much memory as it has to be written, so only the others are counted.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from app.errors import AnswerTooLarge
from app.fhir.json import encode

if TYPE_CHECKING:
    from app.fhir.resource import Json

OFTEN: Final = 16
"""Places from which on a resource is counted: then to find out its size costs a sixteenth of writing it."""

AT_ONCE: Final = 10_000
"""Values that are looked at before others get a turn: about a millisecond."""


class Room:
    """What is left of the bytes that an answer may have."""

    __slots__ = ("_left", "_most")

    def __init__(self, most: int) -> None:
        self._most = most
        self._left = most

    def take(self, value: Json, places: int) -> None:
        """Count a value that stands at so many places; `check` tells whether it was too much."""
        if self._left >= 0:
            self._left -= len(encode(value)) * places

    def check(self) -> None:
        """Raises AnswerTooLarge."""
        if self._left < 0:
            raise AnswerTooLarge(self._most)

    async def look(self, data: Json) -> None:
        """Look at every value of an answer. Raises AnswerTooLarge."""
        waiting: list[Any] = [data]
        size = looked_at = 0
        while waiting:
            value = waiting.pop()
            looked_at += 1
            kind = type(value)
            if kind is str:
                size += len(value) + 2
            elif kind is dict:
                size += sum(map(len, value)) + 4 * len(value)
                waiting.extend(value.values())
            elif kind is list:
                size += len(value) + 1
                waiting.extend(value)
            else:
                size += 4
            if size > self._most:
                raise AnswerTooLarge(self._most)
            if looked_at % AT_ONCE == 0:
                await asyncio.sleep(0)
