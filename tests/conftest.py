"""The product itself, in process: a real application on a real store in memory."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

import httpx
import pytest

from app.main import create_app, store_of
from app.schema.build import build_schema
from app.settings import read_settings
from app.store.repository import Write

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from app.schema.build import DmiSchema
    from app.settings import Settings
    from app.store.repository import Repository
    from tests.builders import Document

Answer = dict[str, Any]


@dataclass(frozen=True)
class Product:
    """A started application: its HTTP client, the store behind it, and the schema that it answers by."""

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


_built = lru_cache(maxsize=8)(build_schema)


def schema_of(settings: Settings) -> DmiSchema:
    """The schema, built once whoever may ask: that takes most of a start, and it keeps nothing of a request."""
    return _built(replace(settings, tokens=None))


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    async with AsyncExitStack() as stack:

        async def started(
            *resources: Document, environment: Mapping[str, str] | None = None, wrap: Any = lambda store: store
        ) -> Product:
            settings = read_settings({"DMI_STORE": "memory:", "DMI_EXAMPLE_DATA": "off", **(environment or {})})
            store = wrap(store_of(settings))
            schema = schema_of(replace(settings, access_log="", metrics=False))  # the schema knows nothing of it
            app = create_app(settings, store, schema)
            await stack.enter_async_context(app.router.lifespan_context(app))
            await store.write([Write(each["resourceType"], each["id"], each) for each in resources])
            transport = httpx.ASGITransport(app)
            http = await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url="http://localhost"))
            return Product(http, store, schema)

        yield started
