"""The store as a command uses it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from app.errors import StoreUnusable
from app.main import embedded_store_of, store_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from app.settings import Settings
    from app.store.repository import Repository
    from app.store.sqlite import SqliteStore


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


@contextlib.asynccontextmanager
async def opened_embedded(settings: Settings) -> AsyncIterator[SqliteStore]:
    """The store as the one file it is. Raises StoreUnusable where a server has it, and SettingsError."""
    store = embedded_store_of(settings)
    if store is None:
        store_of(settings)  # says what is wrong with the setting
        raise StoreUnusable(
            "Only the embedded store is one file. Use the tools of MongoDB (mongodump), or `dmi-graph export`.",
            "Seule la base embarquée est un fichier. Utilisez les outils de MongoDB (mongodump), ou "
            "`dmi-graph export`.",
        )
    await store.open()
    try:
        yield store
    finally:
        await store.close()
