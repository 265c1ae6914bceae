"""The names under which this server may be asked: Starlette's check, which reads the header Host anew for each request,
asked once for each way in which a client writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.middleware.trustedhost import TrustedHostMiddleware

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import ASGIApp, Receive, Scope, Send

KEPT: Final = 64
"""Headers remembered; a name may be written with or without its port, in capitals …"""


class AllowedHosts:
    """ASGI middleware: 400 under a name that is not allowed."""

    def __init__(self, app: ASGIApp, allowed_hosts: Sequence[str]) -> None:
        self._app = app
        self._checking = TrustedHostMiddleware(self._allowed, allowed_hosts)
        self._known: set[bytes] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it."""
        app = self._app if _host(scope) in self._known else self._checking
        await app(scope, receive, send)

    async def _allowed(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Behind Starlette's check."""
        host = _host(scope)
        if host and len(self._known) < KEPT:
            self._known.add(host)
        await self._app(scope, receive, send)


def _host(scope: Scope) -> bytes:
    """The first header Host, the one that Starlette reads; empty where there is none, as at the start of the server."""
    return next((value for name, value in scope.get("headers", ()) if name == b"host"), b"")
