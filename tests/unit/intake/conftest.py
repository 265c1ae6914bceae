"""A store in memory, as a named client sees it, and the rules of the product."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.access.principal import Principal, PrincipalRepository
from app.intake.verdict import Rules
from app.profiles import DEFAULTS, Validator, load_profiles
from app.search.index import search_index
from app.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture(scope="session")
def rules() -> Rules:
    return Rules(Validator(load_profiles(), DEFAULTS), references="ignore", base="https://dmi.example/fhir")


@pytest.fixture
async def writer() -> AsyncIterator[PrincipalRepository]:
    store = SqliteStore(None, search_index())
    await store.open()
    yield PrincipalRepository(store, Principal("bloc-3"))
    await store.close()
