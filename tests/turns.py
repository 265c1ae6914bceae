"""How often others get their turn while something runs."""

from __future__ import annotations

import asyncio
from typing import Any


class Turns:
    """Counts the turns that others get while something runs."""

    def __init__(self) -> None:
        self.count = 0

    async def during(self, work: Any) -> Any:
        """What the work answers."""
        counting = asyncio.create_task(self._count())
        try:
            return await work
        finally:
            counting.cancel()

    async def _count(self) -> None:
        while True:
            self.count += 1
            await asyncio.sleep(0)
