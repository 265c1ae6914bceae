"""Who is told of requests, as the settings have it."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from app.usage.record import Record


class Witness(Protocol):
    """Is told of every request that has ended."""

    def note(self, record: Record) -> None:
        """Take note of a request, at once."""

    async def open(self) -> None:
        """Make ready. Raises SettingsError."""

    async def close(self) -> None:
        """Tell what is still to be told."""


@asynccontextmanager
async def attended(witnesses: Sequence[Witness]) -> AsyncIterator[None]:
    """While this lasts, they take notes; what they have opened is closed, also where another one cannot be opened."""
    async with AsyncExitStack() as stack:
        for witness in witnesses:
            stack.push_async_callback(witness.close)
            await witness.open()
        yield
