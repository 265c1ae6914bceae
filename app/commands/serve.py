"""`serve`: the ASGI application on uvicorn, one line when it is ready."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import replace
from functools import partial
from socket import SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET, getaddrinfo, socket
from typing import TYPE_CHECKING, Any

import typer
import uvicorn

from app.commands.connections import Connection
from app.commands.cores import cores
from app.commands.figures import shared_figures
from app.commands.garbage import SECONDS, Search, search_seldom
from app.commands.sending import Outgoing
from app.commands.sockets import Socket
from app.commands.workers import Workers, stop_with_supervisor
from app.errors import SettingsError, StoreUnusable
from app.main import create_app
from app.stores import prepare_store, store_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.applications import Starlette

    from app.settings import Settings


def run(settings: Settings) -> int:
    """Serve until a signal stops it; answers the exit code. Raises what prevented the start, a DmiError mostly."""
    workers = 1 if settings.store == "memory:" else settings.workers or cores()
    with _listening(settings) as listener:
        announce = partial(_announce, settings, listener)
        return (
            _serve(settings, listener, announce) if workers == 1 else _supervise(settings, workers, listener, announce)
        )


def application(settings: Settings) -> Starlette:
    """The application, in a process that does nothing else."""
    stop_with_supervisor()
    app = create_app(settings)
    search_seldom()
    return app


def _serve(settings: Settings, listener: socket, announce: Callable[[], None]) -> int:
    app = application(settings)
    server = AnnouncedServer(uvicorn.Config(app, **_uvicorn(settings)), announce)
    # A signal that stopped uvicorn is sent once more when all has ended: a stop that was asked for is no failure.
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, signal.SIG_IGN)
    try:
        server.run(sockets=[listener])
    except SystemExit:
        failure: Exception | None = getattr(app.state, "failure", None)
        if failure is None:
            raise
        raise failure from None
    return 0 if server.started else 1


def _supervise(settings: Settings, count: int, listener: socket, announce: Callable[[], None]) -> int:
    """Serve with so many processes. What can be wrong with the settings is found before they start, and the example
    data are stored once."""
    asyncio.run(_prepare(settings))
    worker = partial(application, replace(settings, example_data=False))
    with shared_figures(wanted=settings.metrics):
        workers = Workers(
            uvicorn.Config(worker, factory=True, workers=count, **_uvicorn(settings)), [listener], announce
        )
        workers.run()
    if workers.failed:
        raise StoreUnusable(
            "A worker process could not start. Start with DMI_WORKERS=1 to learn why.",
            "Un processus de travail n’a pas pu démarrer. Démarrez avec DMI_WORKERS=1 pour en connaître la raison.",
        )
    return 0


async def _prepare(settings: Settings) -> None:
    store = store_of(settings)
    try:
        await prepare_store(settings, store)
    finally:
        await store.close()


def _listening(settings: Settings) -> socket:
    """The socket to serve on, not yet listening. Raises SettingsError where the address cannot be had."""
    try:
        family, kind, protocol, _, address = getaddrinfo(settings.host, settings.port, type=SOCK_STREAM)[0]
        listener = socket(family, kind, protocol)
        listener.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        where = f"{settings.host}:{settings.port}"
        raise SettingsError(
            f"The address {where} cannot be listened on ({error.strerror}). Choose another DMI_HOST or DMI_PORT.",
            f"Impossible d’écouter sur l’adresse {where} ({error.strerror}). Choisissez un autre DMI_HOST ou DMI_PORT.",
        ) from None
    return listener


class AnnouncedServer(uvicorn.Server):
    """Calls `announce` once it listens."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """As uvicorn's."""
        await super().startup(sockets)
        if self.started:
            self._announce()


def _uvicorn(settings: Settings) -> dict[str, Any]:
    """Uvicorn waits for no client for ever, and believes nobody but the listed proxies who asks; its own default is any
    program on this machine."""
    return {
        **_UVICORN,
        "callback_notify": Search(),
        "timeout_notify": SECONDS,
        "http": partial(
            Connection, seconds=settings.max_client_seconds, max_head=settings.max_head, outgoing=Outgoing()
        ),
        "ws": partial(Socket, seconds=settings.max_client_seconds) if settings.subscriptions else "none",
        "ws_max_size": settings.max_body,
        "proxy_headers": bool(settings.proxies),
        "forwarded_allow_ips": list(settings.proxies),
    }


def _announce(settings: Settings, listener: socket) -> None:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    address = f"http://{host}:{listener.getsockname()[1]}"
    typer.echo(f"dmi-graph is ready: {address}  ({_store_name(settings)}; stop with Ctrl-C)")


def _store_name(settings: Settings) -> str:
    """The store without what a MongoDB URI holds beside hosts and database."""
    kind, _, rest = settings.store.partition("://")
    return f"store {kind}://{rest.rpartition('@')[2].partition('?')[0]}" if rest else f"store {settings.store}"


# uvicorn would print tracebacks, which may hold data: a start that failed is one sentence here, and an error in a
# request is logged by `app.web.failures`. Our own log goes to standard error.
_LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s%(request)s"}},
    "filters": {"request": {"()": "app.usage.record.WithRequest"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain", "filters": ["request"]}},
    "loggers": {
        "dmi": {"handlers": ["stderr"], "level": "INFO"},
        "uvicorn.error": {"handlers": ["stderr"], "level": "CRITICAL"},
    },
}

_UVICORN: dict[str, Any] = {
    "access_log": False,
    "log_config": _LOGGING,
    "server_header": False,
    "ws_per_message_deflate": False,  # a message that many are told would be compressed for each
    "timeout_graceful_shutdown": 20,
}
