"""The composition root: everything is wired here, from a Settings value."""

from __future__ import annotations

import contextlib
from collections import Counter
from datetime import UTC, datetime
from functools import partial, reduce
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.routing import WebSocketRoute

from app import __version__
from app.access.guarded import seen_by
from app.access.watching import watched
from app.errors import DmiError, MalformedJson, SettingsError, StoreUnusable
from app.fhir.served import SERVED
from app.intake.verdict import Rules
from app.profiles import Validator, defaults_from, load_profiles
from app.schema.build import build_schema
from app.schema.context import Context
from app.schema.live.feed import Feed
from app.schema.loaders import Loaders
from app.search.capability import Offer, capability_statement
from app.settings import all_of
from app.stores import prepare_store, store_of
from app.usage.use import PATIENT_ELEMENTS
from app.usage.witness import attended
from app.web.auditing import Auditing
from app.web.authentication.keys import Keys, key_set
from app.web.authentication.middleware import Authentication, bearer, named, principal_in
from app.web.authentication.smart import security, smart_configuration, smart_routes
from app.web.authentication.source import Unreadable, is_address, read_source
from app.web.authentication.tokens import Tokens
from app.web.documents import Documents
from app.web.endpoint import Endpoint
from app.web.failures import not_routed, unexpected
from app.web.fhir_graphql import fhir_routes
from app.web.graphql import GraphQLView, Wiring
from app.web.headers import text_of
from app.web.health import health_routes
from app.web.hosts import AllowedHosts
from app.web.live.audiences import Audiences
from app.web.live.endpoint import LiveEndpoint
from app.web.live.wiring import LiveWiring
from app.web.live.wiring import limits_of as live_limits_of
from app.web.metadata import metadata_route
from app.web.metrics import metrics_route
from app.web.origins import Origins, cross_origin
from app.web.page import STATIC, Page, page_documents, page_routes
from app.web.published import operations_directory, read_operations, trusted_operations
from app.web.recall_csv import recall_routes
from app.web.recording import Recording, use_of
from app.web.repeats import Repeats
from app.web.rest import exchange as rest
from app.web.rest.routes import rest_routes
from app.web.turns import Turns, limits_of
from app.witnesses import check_access_log, check_spans, witnesses_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from starlette.types import Scope

    from app.access.principal import PrincipalRepository
    from app.fhir.resource import Json
    from app.intake.identity import NewId
    from app.schema.build import DmiSchema
    from app.settings import Settings
    from app.store.repository import Repository
    from app.usage.course import Course
    from app.web.authentication.middleware import Identify
    from app.web.headers import Headers
    from app.web.published import Operation


def create_app(settings: Settings, store: Repository | None = None, schema: DmiSchema | None = None) -> Starlette:
    """The ASGI application, on the store that the settings name unless one is given; `schema` is one that was built for
    such settings before. Its start opens the store; an error there is kept in `app.state.failure`. Raises
    SettingsError."""
    store = store or store_of(settings)
    rules = rules_of(settings)
    smart, operations = _smart_of(settings), _operations_of(settings)
    shown = settings.introspection and not settings.trusted_operations
    page = Page(STATIC, operations, introspection=shown) if settings.page else None
    schema = schema or build_schema(settings)
    identify = _identify_of(settings)
    context_of = _context_of(settings, store, rules)
    shown_by_page = page_documents(STATIC) if page else ()
    documents = Documents(operations, only=settings.trusted_operations, page=shown_by_page)
    figures: Counter[str] = Counter()
    witnesses = witnesses_of(settings, store, schema, operations, figures)
    audit = witnesses.audit
    audiences = Audiences(
        LiveWiring(
            schema=schema,
            context_of=context_of,
            documents=documents,
            base=settings.base_url,
            feed=Feed(store),
            identify=identify,
            limits=live_limits_of(settings),
            use_of=witnesses.use_of,
            note=witnesses.log.note if witnesses.log else None,
            keep=audit.keep_or_note if audit else None,
            figures=figures,
        )
    )
    wiring = Wiring(
        schema=schema,
        context_of=context_of,
        repeats=Repeats(store),
        documents=documents,
        max_body=settings.max_body,
        max_answer=settings.max_answer,
        store=store,
        explains=settings.explain,
    )

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        try:
            await prepare_store(settings, store)
            async with attended(witnesses.all):
                yield
        except Exception as error:
            app.state.failure = error
            raise
        finally:
            audiences.close()
            await store.close()

    routes = [
        *([WebSocketRoute("/graphql", LiveEndpoint(audiences))] if settings.subscriptions else ()),
        *(page_routes(page) if page else ()),
        *fhir_routes(wiring),
        metadata_route(partial(capability_statement, _offer_of(settings, smart)), partial(_base_of, settings)),
        *(smart_routes(smart) if smart else ()),
        *rest_routes(_rest_wiring(settings, store, rules, wiring.repeats)),
        *recall_routes(partial(_repository_of, settings, store), settings.base_url),
        *health_routes(store, audit),
        *([metrics_route(witnesses.metrics)] if witnesses.metrics else []),
    ]
    layers = [
        Middleware(
            Recording,
            unexpected,
            use_of=witnesses.use_of,
            told=[each.note for each in witnesses.all],
            sampled=settings.otel,
        ),
        *([Middleware(Auditing, keep=audit.keep)] if audit and settings.audit == "required" else []),
        Middleware(AllowedHosts, allowed_hosts=settings.hosts),
        *([Middleware(cross_origin, settings.origins)] if settings.origins else ()),
        Middleware(Origins, settings.origins),
        Middleware(Authentication, identify=identify),
        Middleware(Turns, limits_of(settings)),
        Middleware(Endpoint, "/graphql", GraphQLView(wiring, page=page.response if page else None)),
        Middleware(ExceptionMiddleware, handlers={HTTPException: not_routed}),
    ]
    app = Starlette(routes=routes, lifespan=lifespan)
    # Starlette's own stack has a layer for unexpected errors ahead of all, which Recording sees to.
    app.middleware_stack = reduce(
        lambda inner, layer: layer.cls(inner, *layer.args, **layer.kwargs), layers[::-1], app.router
    )
    return app


def check(settings: Settings) -> None:
    """Raise SettingsError with all that is wrong with settings that can be read, as far as this needs no store."""
    problems: list[DmiError] = []
    for part in (store_of, validator_of, _identify_of, _smart_of, _operations_of, check_access_log, check_spans):
        try:
            part(settings)
        except (SettingsError, StoreUnusable) as problem:
            problems.append(problem)
    if problems:
        raise all_of(problems)


def _smart_of(settings: Settings) -> dict[str, Json] | None:
    return smart_configuration(settings.tokens) if settings.tokens else None


def _operations_of(settings: Settings) -> Sequence[Operation]:
    return (trusted_operations if settings.trusted_operations else read_operations)(operations_directory())


def rules_of(settings: Settings) -> Rules:
    """What a resource that comes in has to meet. Raises SettingsError."""
    return Rules(
        validator_of(settings),
        settings.references,
        settings.base_url,
        unique=settings.unique_interventions,
        update_create=settings.update_create,
    )


def validator_of(settings: Settings) -> Validator:
    """The validator with the project's profiles and the defaults of DMI_PROFILES. Raises SettingsError."""
    profiles = load_profiles()
    return Validator(profiles, defaults_from(settings.profiles, profiles))


def _offer_of(settings: Settings, smart: Mapping[str, Json] | None) -> Offer:
    profiles = load_profiles()
    return Offer(
        version=__version__,
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        profiles={name: [each.url for each in profiles.values() if each.type == name] for name in SERVED},
        demanded=defaults_from(settings.profiles, profiles),
        references_enforced=settings.references == "enforce",
        update_create=settings.update_create,
        security=security(smart) if smart else None,
    )


def _base_of(settings: Settings, scope: Scope, headers: Headers) -> str:
    """The address of this server's FHIR resources: as it is set, else as the client names the server."""
    return settings.base_url or f"{scope['scheme']}://{text_of(headers, b'host')}/fhir"


def _identify_of(settings: Settings) -> Identify:
    """How this server finds out who asks. Raises SettingsError."""
    if settings.tokens is None:
        return named
    source = settings.tokens.keys
    if not is_address(source):
        _check_keys(source)
    return bearer(Tokens(settings.tokens, Keys(partial(read_source, source)), settings.base_url))


def _check_keys(path: str) -> None:
    """What is wrong with the file of keys is known at the start; an issuer that is away may come back. Raises
    SettingsError."""
    try:
        key_set(read_source(path))
    except (OSError, Unreadable) as error:
        raise SettingsError(
            f"The file that DMI_JWT_KEYS names cannot be read: {error}.",
            f"Le fichier que nomme DMI_JWT_KEYS ne peut pas être lu : {error}.",
        ) from None
    except MalformedJson as error:
        raise SettingsError(
            f"The file that DMI_JWT_KEYS names has no keys. {error.en}",
            f"Le fichier que nomme DMI_JWT_KEYS ne contient pas de clés. {error.fr}",
        ) from None


def _repository_of(
    settings: Settings, store: Repository, scope: Scope, course: Course | None = None
) -> PrincipalRepository:
    """The store as the one who asks may see it; what it is asked is noted in the course, if there is one."""
    use = use_of(scope)
    course = course or (use.course if use else None)
    noted = watched(store, [course.did] if course else ())
    repository = seen_by(noted, principal_in(scope), settings.base_url)
    if use is None:
        return repository
    return watched(repository, (use.did,), PATIENT_ELEMENTS if use.audited else frozenset())


def _rest_wiring(settings: Settings, store: Repository, rules: Rules, repeats: Repeats) -> rest.Wiring:
    return rest.Wiring(
        rules=rules,
        repository_of=partial(_repository_of, settings, store),
        base_of=partial(_base_of, settings),
        repeats=repeats,
        max_body=settings.max_body,
        max_answer=settings.max_answer,
        max_rows=settings.max_rows,
        procedure_systems=settings.procedure_systems,
    )


def _context_of(
    settings: Settings, store: Repository, rules: Rules
) -> Callable[[Scope, Headers, str, NewId, Course | None], Context]:
    def context_of(scope: Scope, headers: Headers, language: str, new_id: NewId, course: Course | None) -> Context:
        repository = _repository_of(settings, store, scope, course)
        return Context(
            repository=repository,
            loaders=Loaders(repository),
            rules=rules,
            language=language,
            max_rows=settings.max_rows,
            base=_base_of(settings, scope, headers),
            search_base=settings.base_url,
            procedure_systems=settings.procedure_systems,
            max_answer=settings.max_answer,
            new_id=new_id,
            course=course,
        )

    return context_of
