"""`serve`: the ASGI application on uvicorn, one line when it is ready."""

from __future__ import annotations

import gc
from socket import SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET, getaddrinfo, socket
from typing import TYPE_CHECKING, Any

import typer
import uvicorn

from app.errors import SettingsError
from app.main import create_app

if TYPE_CHECKING:
    from app.settings import Settings


def run(settings: Settings) -> int:
    """Serve until a signal stops it; answers the exit code. Raises what prevented the start, a DmiError mostly."""
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        access_log=False,
        log_config=_LOGGING,
        server_header=False,
        ws="none",
        timeout_graceful_shutdown=20,
    )
    server = AnnouncedServer(config, settings)
    with _listening(settings) as listener:
        try:
            server.run(sockets=[listener])
        except SystemExit:
            failure: Exception | None = getattr(app.state, "failure", None)
            if failure is None:
                raise
            raise failure from None
    return 0 if server.started else 1


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
    """Prints the address once it listens."""

    def __init__(self, config: uvicorn.Config, settings: Settings) -> None:
        super().__init__(config)
        self._settings = settings

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """As uvicorn's."""
        await super().startup(sockets)
        # The schema is a million objects that live as long as the server: looking through them all, again and again,
        # would stop every request for a tenth of a second. https://docs.python.org/3/library/gc.html#gc.freeze
        gc.collect()
        gc.freeze()
        if self.started:
            port = self.servers[0].sockets[0].getsockname()[1]
            host = f"[{self._settings.host}]" if ":" in self._settings.host else self._settings.host
            typer.echo(f"dmi-graph is ready: http://{host}:{port}  ({_store_name(self._settings)}; stop with Ctrl-C)")


def _store_name(settings: Settings) -> str:
    """The store without what a MongoDB URI holds beside hosts and database."""
    kind, _, rest = settings.store.partition("://")
    return f"store {kind}://{rest.rpartition('@')[2].partition('?')[0]}" if rest else f"store {settings.store}"


# uvicorn would print tracebacks, which may hold data: a start that failed is one sentence here, and an error in a
# request is logged by `app.web.failures`. Our own log goes to standard error.
_LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "loggers": {
        "dmi": {"handlers": ["stderr"], "level": "INFO"},
        "uvicorn.error": {"handlers": ["stderr"], "level": "CRITICAL"},
    },
}
