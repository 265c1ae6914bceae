"""The composition root: everything is wired here, from a Settings value."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import Route

from app import __version__
from app.access.principal import Principal, PrincipalRepository
from app.demo.examples import example_data
from app.errors import SettingsError
from app.fhir.served import SERVED
from app.intake.keep import as_write
from app.intake.verdict import Rules
from app.profiles import Validator, defaults_from, load_profiles
from app.schema.build import build_schema
from app.schema.context import Context
from app.schema.loaders import Loaders
from app.search.algebra import And
from app.search.capability import Offer, capability_statement
from app.search.index import search_index
from app.web.failures import not_routed, unexpected
from app.web.fhir_graphql import fhir_routes
from app.web.graphql import GraphQLView
from app.web.health import health_routes
from app.web.metadata import metadata_route
from app.web.page import STATIC, Page, operations_directory, page_routes, read_operations
from app.web.recall_csv import recall_routes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from starlette.requests import Request

    from app.schema.build import DmiSchema
    from app.settings import Settings
    from app.store.repository import Repository


def create_app(settings: Settings, store: Repository | None = None, schema: DmiSchema | None = None) -> Starlette:
    """The ASGI application, on the store that the settings name unless one is given; `schema` is one that was built for
    such settings before. Its start opens the store; an error there is kept in `app.state.failure`. Raises
    SettingsError."""
    store = store or store_of(settings)
    rules = Rules(validator_of(settings), settings.references, settings.base_url)
    page = Page(STATIC, read_operations(operations_directory()))
    base_of = _base_of(settings)
    schema, context_of = schema or build_schema(settings), _context_of(settings, store, rules, base_of)
    view = GraphQLView(schema, context_of=context_of, page=page.response, max_body=settings.max_body)

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        try:
            await store.open()
            if settings.example_data and is_embedded(settings):
                await _fill_when_empty(store)
            yield
        except Exception as error:
            app.state.failure = error
            raise
        finally:
            await store.close()

    routes = [
        *page_routes(page),
        Route("/graphql", view),
        *fhir_routes(schema, context_of=context_of, max_body=settings.max_body),
        metadata_route(partial(capability_statement, _offer_of(settings)), base_of),
        *recall_routes(lambda request: _repository_of(store, request), settings.base_url),
        *health_routes(store),
    ]
    return Starlette(
        routes=routes,
        lifespan=lifespan,
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=settings.hosts)],
        exception_handlers={HTTPException: not_routed, Exception: unexpected},
    )


def store_of(settings: Settings) -> Repository:
    """The store that DMI_STORE names, not yet opened. Drivers are imported only for the store in use."""
    index = search_index()
    kind, _, rest = settings.store.partition(":")
    if kind in ("mongodb", "mongodb+srv"):
        from app.store.mongo import MongoStore

        return MongoStore(settings.store, index)
    from app.store.sqlite import SqliteStore

    if kind == "embedded" and rest:
        return SqliteStore(Path(rest), index)
    if settings.store == "memory:":
        return SqliteStore(None, index)
    raise SettingsError(
        "DMI_STORE must be embedded:DIRECTORY, mongodb://… or memory:.",
        "DMI_STORE doit être embedded:DOSSIER, mongodb://… ou memory:.",
    )


def is_embedded(settings: Settings) -> bool:
    """Whether the store runs in this process."""
    return not settings.store.startswith("mongodb")


def validator_of(settings: Settings) -> Validator:
    """The validator with the project's profiles and the defaults of DMI_PROFILES. Raises SettingsError."""
    profiles = load_profiles()
    return Validator(profiles, defaults_from(settings.profiles, profiles))


async def _fill_when_empty(store: Repository) -> None:
    for name in SERVED:
        if await store.count(name, And()):
            return
    # One transaction: a start that is killed leaves an empty store, which the next one fills.
    await store.write([as_write(resource) for resource in example_data()])


def _offer_of(settings: Settings) -> Offer:
    profiles = load_profiles()
    return Offer(
        version=__version__,
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        profiles={name: [each.url for each in profiles.values() if each.type == name] for name in SERVED},
        demanded=defaults_from(settings.profiles, profiles),
        references_enforced=settings.references == "enforce",
    )


def _base_of(settings: Settings) -> Callable[[Request], str]:
    """The address of this server's FHIR resources: as it is set, else as the client names the server."""

    def base_of(request: Request) -> str:
        return settings.base_url or f"{request.url.scheme}://{request.url.netloc}/fhir"

    return base_of


def _repository_of(store: Repository, request: Request) -> PrincipalRepository:
    """The store as the one who asks may see it."""
    return PrincipalRepository(store, Principal(request.headers.get("x-intake-system", "")[:200]))


def _context_of(
    settings: Settings, store: Repository, rules: Rules, base_of: Callable[[Request], str]
) -> Callable[[Request, str], Context]:
    def context_of(request: Request, language: str) -> Context:
        repository = _repository_of(store, request)
        return Context(
            repository=repository,
            loaders=Loaders(repository),
            rules=rules,
            language=language,
            max_rows=settings.max_rows,
            base=base_of(request),
            search_base=settings.base_url,
            procedure_systems=settings.procedure_systems,
        )

    return context_of
