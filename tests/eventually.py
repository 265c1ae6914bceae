"""Waiting for what another thread does."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


async def eventually(holds: Callable[[], bool], seconds: float = 60) -> None:
    """Return when it holds; fail after some seconds."""
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110 - another thread knows nothing of this loop's events
            await asyncio.sleep(0.001)
