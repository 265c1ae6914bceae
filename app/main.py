"""The composition root: everything is wired here, from a Settings value."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import Route

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
from app.search.index import search_index
from app.web.failures import unexpected
from app.web.graphql import GraphQLView
from app.web.health import health_routes
from app.web.page import STATIC, Page, operations_directory, page_routes, read_operations

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from starlette.requests import Request

    from app.settings import Settings
    from app.store.repository import Repository


def create_app(settings: Settings, store: Repository | None = None) -> Starlette:
    """The ASGI application, on the store that the settings name unless one is given. Its start opens the store; an
    error there is kept in `app.state.failure`. Raises SettingsError."""
    store = store or store_of(settings)
    rules = Rules(validator_of(settings), settings.references, settings.base_url)
    page = Page(STATIC, read_operations(operations_directory()))
    view = GraphQLView(
        build_schema(settings),
        context_of=_context_of(settings, store, rules),
        page=page.response,
        max_body=settings.max_body,
    )

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

    routes = [*page_routes(page), Route("/graphql", view), *health_routes(store)]
    return Starlette(
        routes=routes,
        lifespan=lifespan,
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=settings.hosts)],
        exception_handlers={Exception: unexpected},
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


def _context_of(settings: Settings, store: Repository, rules: Rules) -> Callable[[Request, str], Context]:
    def context_of(request: Request, language: str) -> Context:
        principal = Principal(request.headers.get("x-intake-system", "")[:200])
        repository = PrincipalRepository(store, principal)
        return Context(
            repository=repository,
            loaders=Loaders(repository),
            rules=rules,
            language=language,
            max_rows=settings.max_rows,
            base=settings.base_url or f"{request.url.scheme}://{request.url.netloc}/fhir",
            search_base=settings.base_url,
        )

    return context_of
