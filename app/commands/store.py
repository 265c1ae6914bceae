"""The store as a command uses it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from app.errors import StoreUnusable
from app.stores import embedded_store_of, store_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from app.settings import Settings
    from app.store.repository import Repository
    from app.store.sqlite import SqliteStore


@contextlib.asynccontextmanager
async def opened(settings: Settings, *, new: bool = False) -> AsyncIterator[Repository]:
    """The store, which must answer: a command does not wait for it as a server does.

    An embedded one must be there unless it may be `new`: whoever reads one that is not would find nothing wrong, and
    nobody who carries a lot. Raises StoreUnusable."""
    if not new:
        _check_there(settings)
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
    _check_there(settings)
    await store.open()
    try:
        yield store
    finally:
        await store.close()


def _check_there(settings: Settings) -> None:
    store = embedded_store_of(settings)
    if store and not store.is_there():
        raise StoreUnusable(
            f"There is no store in {settings.store}. Set DMI_STORE to the one that is meant.",
            f"Il n’y a pas de base dans {settings.store}. Indiquez dans DMI_STORE celle dont il s’agit.",
        )
