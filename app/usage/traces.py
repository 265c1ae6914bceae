"""Who is told of requests, as the settings have it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from app.usage.access_log import MOST_IDS, AccessLog
from app.usage.use import Use

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.settings import Settings
    from app.usage.record import Record


class Traces:
    """`use_of` makes what is noted of a request, None where nobody wants to know; `told` are called at its end."""

    def __init__(self, settings: Settings) -> None:
        self._log = AccessLog(settings.access_log) if settings.access_log else None
        self.told: list[Callable[[Record], None]] = [self._log.note] if self._log else []
        self.use_of: Callable[[], Use] | None = partial(Use, MOST_IDS) if self.told else None

    async def open(self) -> None:
        """Make ready. Raises SettingsError."""
        if self._log:
            self._log.open()

    async def close(self) -> None:
        """Tell what is still to be told."""
        if self._log:
            await self._log.close()
