"""How the tests run; and the product itself, in process: a real application on a real store in memory."""

from __future__ import annotations

import gc
import os
import shutil
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import httpx
import pytest
from hypothesis import settings

from app.main import create_app
from app.schema.build import build_schema
from app.settings import read_settings
from app.store.repository import Write
from app.stores import store_of
from tests.store import secantusd

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

    from starlette.applications import Starlette

    from app.schema.build import DmiSchema
    from app.settings import Settings
    from app.store.repository import Repository
    from tests.builders import Document

settings.register_profile("untimed", deadline=None)  # no test asserts how long something takes
settings.load_profile("untimed")

Answer = dict[str, Any]

MEMORY: Final = Path("/dev/shm")  # noqa: S108 - pytest makes a directory of the user's own in it
ROOM: Final = 2 << 30
"""Bytes that a run of all tests does not fill."""

LONGEST: Final = ("tests/exactness/", "tests/end_to_end/survival/", "tests/end_to_end/", "tests/store/")


def pytest_configure() -> None:
    """Files of tests are kept in memory where there is room, so that nobody waits for a disk at every commit.

    A process that is killed leaves them there as on a disk; that the power fails is no matter of these tests."""
    if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take long come first, so that no process is left with one in the end."""
    items.sort(key=lambda item: next((at for at, each in enumerate(LONGEST) if item.nodeid.startswith(each)), 9))


def pytest_collection_finish() -> None:
    """The models of FHIR and all tests stay to the end: no collection of garbage need look through them again."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


@dataclass(frozen=True)
class Product:
    """A started application: it, its HTTP client, the store behind it, and the schema that it answers by."""

    app: Starlette
    http: httpx.AsyncClient
    store: Repository
    schema: DmiSchema

    async def ask(self, query: str, variables: Mapping[str, Any] | None = None, **headers: str) -> Answer:
        """The JSON answer to a GraphQL request."""
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        response = await self.http.post("/graphql", json={"query": query, "variables": variables}, headers=names)
        answer: Answer = response.json()
        return answer

    async def data(self, query: str, variables: Mapping[str, Any] | None = None) -> Answer:
        """The data of a request that must have no error."""
        answer = await self.ask(query, variables)
        assert "errors" not in answer, answer["errors"]
        data: Answer = answer["data"]
        return data


class Start(Protocol):
    """Starts the product with these resources in its store."""

    async def __call__(
        self, *resources: Document, environment: Mapping[str, str] = ..., wrap: Any = ...
    ) -> Product: ...


_built = lru_cache(maxsize=16)(build_schema)
_PLAIN: Final = read_settings({"DMI_STORE": "memory:", "DMI_EXAMPLE_DATA": "off"})
_NOT_OF_THE_SCHEMA: Final = (
    "access_log",
    "audit",
    "base_url",
    "example_data",
    "explain",
    "max_body",
    "max_sockets",
    "max_subscriptions",
    "max_unread",
    "metrics",
    "otel",
    "procedure_systems",
    "profiles",
    "reference_cache",
    "references",
    "subscriptions",
    "tokens",
    "unique_interventions",
    "update_create",
)


def schema_of(settings: Settings) -> DmiSchema:
    """The schema for such settings. Building it takes most of a start; it keeps nothing of a request."""
    return _built(replace(settings, **{name: getattr(_PLAIN, name) for name in _NOT_OF_THE_SCHEMA}))


@pytest.fixture(scope="session")
def secantusd_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a MongoDB wire server for all tests that do not kill it, each with databases of its own."""
    if not secantusd.BINARY.exists():
        pytest.skip("secantusdb has no wheel for this platform")
    port = secantusd.free_port()
    with secantusd.running(tmp_path_factory.mktemp("secantusd") / "data", port):
        yield port


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    async with AsyncExitStack() as stack:

        async def started(
            *resources: Document, environment: Mapping[str, str] | None = None, wrap: Any = lambda store: store
        ) -> Product:
            settings = read_settings({"DMI_STORE": "memory:", "DMI_EXAMPLE_DATA": "off", **(environment or {})})
            store = wrap(store_of(settings))
            schema = schema_of(settings)
            app = create_app(settings, store, schema)
            await stack.enter_async_context(app.router.lifespan_context(app))
            await store.write([Write(each["resourceType"], each["id"], each) for each in resources])
            transport = httpx.ASGITransport(app)
            http = await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url="http://localhost"))
            return Product(app, http, store, schema)

        yield started
