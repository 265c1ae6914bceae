"""The store as a command uses it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from app.main import store_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from app.settings import Settings
    from app.store.repository import Repository


@contextlib.asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Repository]:
    """The store, which must answer: a command does not wait for it as a server does."""
    store = store_of(settings)
    await store.open()
    try:
        await store.ready()
        yield store
    finally:
        await store.close()
