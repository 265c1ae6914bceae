"""Where the data of a server under test is, and a look into it that no server takes part in."""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from pymongo import MongoClient

from app.settings import read_settings
from app.stores import store_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from app.store.repository import Flaw, Repository, Version

PLACES = ("embedded", "secantusdb", "mongodb")
ALL = 1_000_000
WRITTEN = ("Device", "Patient", "Procedure")
"""The types of all that these tests write."""


@contextmanager
def own_database() -> Iterator[str]:
    """The address of a database of the test's own on the server of MONGODB_URI."""
    if "MONGODB_URI" not in os.environ:
        pytest.skip("MONGODB_URI is not set")
    address, name = urlsplit(os.environ["MONGODB_URI"]), f"dmi_test_{uuid4().hex}"
    try:
        yield address._replace(path=f"/{name}").geturl()
    finally:
        with MongoClient[dict[str, object]](address.geturl()) as client:
            client.drop_database(name)


@dataclass(frozen=True)
class Content:
    """Every version of every resource, the first one first, by Type/id; and all that is wrong with them."""

    histories: dict[str, Sequence[Version]]
    flaws: list[Flaw]


def look_into(store: str) -> Content:
    """All that is in a store."""
    return asyncio.run(_look_into(store))


async def _look_into(place: str) -> Content:
    async with _opened(place) as store:
        histories = {
            f"{name}/{history[0].id}": history for name in WRITTEN for history in await store.histories(name, "", ALL)
        }
        return Content(histories, [flaw for name in WRITTEN for flaw in (await store.inspect(name, "", ALL))[1]])


@asynccontextmanager
async def _opened(place: str) -> AsyncIterator[Repository]:
    store = store_of(read_settings({"DMI_STORE": place}))
    await store.open()
    try:
        yield store
    finally:
        await store.close()
