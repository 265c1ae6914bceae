"""Stores in memory, with a clock that a test moves, and the rules of the product."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from app.intake.verdict import Rules
from app.profiles import DEFAULTS, Validator, load_profiles
from app.search.index import search_index
from app.store.repository import Stored, Write
from app.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable


class Clock:
    """Tells the time it is set to, a second later each time."""

    def __init__(self) -> None:
        self.now = datetime(2024, 5, 6, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


class NewStore(Protocol):
    async def __call__(self) -> SqliteStore: ...


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def new_store(clock: Clock) -> AsyncIterator[NewStore]:
    stores: list[SqliteStore] = []

    async def made() -> SqliteStore:
        store = SqliteStore(None, search_index(), clock=clock)
        stores.append(store)
        await store.open()
        return store

    yield made
    for store in stores:
        await store.close()


@pytest.fixture
async def store(new_store: NewStore) -> SqliteStore:
    return await new_store()


@pytest.fixture
def put(store: SqliteStore) -> Callable[..., Any]:
    """Writes resources under their own ids, one after the other."""

    async def written(*resources: Any, author: str = "bloc-3", keys: tuple[str, ...] = ()) -> list[Stored]:
        writes = [Write(each["resourceType"], each["id"], each, author=author, keys=keys) for each in resources]
        return [(await store.write([write]))[0] for write in writes]

    return written


@pytest.fixture(scope="session")
def rules() -> Rules:
    return Rules(Validator(load_profiles(), DEFAULTS), references="ignore")
