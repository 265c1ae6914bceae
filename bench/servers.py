"""Servers to compare the product with, on uvicorn as the product is: bench/servers.py KIND WHAT

`stock STORE` is the same graph as Strawberry executes and serves it. `dictionaries PROCEDURES` is the product over so
many procedures in memory. `bare FILE` answers every request with the bytes of a file."""

from __future__ import annotations

import sys
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
from strawberry.asgi import GraphQL

from app.commands.garbage import SECONDS, Search, search_seldom
from app.main import create_app
from app.schema.context import Context
from app.settings import read_settings
from app.stores import store_of
from bench.dataset import Dictionaries, documents
from bench.graph import Graph
from bench.stock import DataLoaders, stock_schema

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from starlette.requests import Request

    from app.store.repository import Repository


class StockView(GraphQL[Context, None]):
    """Strawberry's own view, with our context."""

    def __init__(self, store: Repository) -> None:
        super().__init__(stock_schema())
        self._graph = Graph(store, DataLoaders)

    async def get_context(self, request: Any, response: Any) -> Context:
        """As Strawberry's."""
        return self._graph.context()


def stock(name: str) -> Starlette:
    """What a user of Strawberry has without our executor and our HTTP layer, over the same store."""
    store = store_of(read_settings({"DMI_STORE": name}))

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await store.open()
        yield
        await store.close()

    return Starlette(routes=[Route("/graphql", StockView(store))], lifespan=lifespan)


def dictionaries(procedures: str) -> Starlette:
    """The product with nothing to read from a store."""
    store = cast("Repository", Dictionaries(documents(int(procedures))))
    return create_app(read_settings({"DMI_STORE": "memory:", "DMI_EXAMPLE_DATA": "off"}), store)


def bare(file: str) -> Starlette:
    """One route that looks at nothing."""
    body = Path(file).read_bytes()

    async def answer(_request: Request) -> Response:
        return Response(body, media_type="application/json")

    return Starlette(routes=[Route("/graphql", answer, methods=["POST"])])


KINDS: Final[Mapping[str, Callable[[str], Starlette]]] = {"stock": stock, "dictionaries": dictionaries, "bare": bare}


class Announced(uvicorn.Server):
    """Prints its address once it listens; what lives long is out of garbage collection then, as `serve` has it."""

    async def startup(self, sockets: object = None) -> None:
        """As uvicorn's."""
        await super().startup()
        search_seldom()
        print(f"http://127.0.0.1:{self.servers[0].sockets[0].getsockname()[1]}", flush=True)


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in KINDS:
        raise SystemExit(__doc__)
    app = KINDS[sys.argv[1]](sys.argv[2])
    quiet: Final[dict[str, Any]] = {"access_log": False, "log_level": "critical", "server_header": False, "ws": "none"}
    Announced(uvicorn.Config(app, port=0, callback_notify=Search(), timeout_notify=SECONDS, **quiet)).run()
