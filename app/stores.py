"""The store that the settings name: made, opened and, where it is empty, filled with example data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app.access.reference_cache import cached
from app.demo.examples import example_data
from app.errors import SettingsError
from app.fhir.served import SERVED
from app.intake.keep import as_write
from app.search.algebra import And
from app.search.index import search_index

if TYPE_CHECKING:
    from app.settings import Settings
    from app.store.mongo import MongoStore
    from app.store.repository import Repository
    from app.store.sqlite import SqliteStore


def store_of(settings: Settings) -> Repository:
    """The store that DMI_STORE names, not yet opened, behind the cache of reference data."""
    return cached(_store_of(settings), settings.reference_cache)


def _store_of(settings: Settings) -> Repository:
    if mongodb := mongodb_store_of(settings):
        return mongodb
    if embedded := embedded_store_of(settings):
        return embedded
    raise SettingsError(
        "DMI_STORE must be embedded:DIRECTORY, mongodb://… or memory:.",
        "DMI_STORE doit être embedded:DOSSIER, mongodb://… ou memory:.",
    )


def mongodb_store_of(settings: Settings) -> MongoStore | None:
    """The store on a MongoDB, not yet opened; None where the settings name another one."""
    if settings.store.partition(":")[0] not in ("mongodb", "mongodb+srv"):
        return None
    from app.store.mongo import MongoStore  # drivers are imported only for the store in use

    return MongoStore(settings.store, search_index())


def embedded_store_of(settings: Settings) -> SqliteStore | None:
    """The store that runs in this process, not yet opened; None where a server has it."""
    from app.store.sqlite import SqliteStore

    kind, _, rest = settings.store.partition(":")
    if kind == "embedded" and rest:
        return SqliteStore(Path(rest), search_index())
    return SqliteStore(None, search_index()) if settings.store == "memory:" else None


def is_embedded(settings: Settings) -> bool:
    """Whether the store runs in this process."""
    return not settings.store.startswith("mongodb")


async def prepare_store(settings: Settings, store: Repository) -> None:
    """Open the store and, where the settings want that, fill an empty embedded one. Raises StoreUnusable."""
    await store.open()
    if settings.example_data and is_embedded(settings):
        await _fill_when_empty(store)


async def _fill_when_empty(store: Repository) -> None:
    for name in SERVED:
        if await store.count(name, And()):
            return
    # One transaction: a start that is killed leaves an empty store, which the next one fills.
    await store.write([as_write(resource) for resource in example_data()])
