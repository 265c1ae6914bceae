"""The product where tokens are asked for, on the world of two patients, started once for a module."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import pytest_asyncio

from app.main import create_app
from app.settings import read_settings
from app.store.repository import Write
from app.stores import store_of
from tests.authorization.world import BASE, documents
from tests.conftest import schema_of
from tests.issuer import AUDIENCE, NAME, jwks

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    import pytest
    from starlette.applications import Starlette

    from app.schema.build import DmiSchema
    from app.store.repository import Repository
    from tests.authorization.holders import Holder

ENVIRONMENT = {
    "DMI_STORE": "memory:",
    "DMI_EXAMPLE_DATA": "off",
    "DMI_AUTH": "jwt",
    "DMI_JWT_ISSUER": NAME,
    "DMI_JWT_AUDIENCE": AUDIENCE,
    "DMI_JWT_ORGANIZATION": "org",
    "DMI_MAX_SUBSCRIPTIONS": "100",
    "DMI_BASE_URL": BASE,
    "DMI_MAX_ALIASES": "1000",
    "DMI_MAX_ROOT_FIELDS": "1000",
    "DMI_MAX_COST": "1000000",
}


@dataclass(frozen=True)
class Guarded:
    """The started application: it, its HTTP client, the store behind it, and the schema that it answers by."""

    app: Starlette
    http: httpx.AsyncClient
    store: Repository
    schema: DmiSchema

    async def asked(self, holder: Holder, query: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The answer to a GraphQL request of a holder."""
        body = {"query": query, "variables": variables}
        response = await self.http.post("/graphql", json=body, headers=holder.headers)
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer


def codes(answer: Mapping[str, Any]) -> dict[tuple[Any, ...], str]:
    """The code of each error by its path."""
    return {tuple(each.get("path", ())): each["extensions"]["code"] for each in answer.get("errors", ())}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def guarded(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Guarded]:
    keys = tmp_path_factory.mktemp("issuer") / "keys.json"
    keys.write_bytes(jwks())
    settings = read_settings({**ENVIRONMENT, "DMI_JWT_KEYS": str(keys)})
    store, schema = store_of(settings), schema_of(settings)
    app = create_app(settings, store, schema)
    async with app.router.lifespan_context(app):
        await store.write([Write(each["resourceType"], each["id"], each) for each in documents()])
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
            yield Guarded(app, http, store, schema)
