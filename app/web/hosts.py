"""The names under which this server may be asked: Starlette's check, which reads the header Host anew for each request,
asked once for each way in which a client writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.middleware.trustedhost import TrustedHostMiddleware

from app.web.headers import headers_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from starlette.types import ASGIApp, Receive, Scope, Send

KEPT: Final = 64
"""Headers remembered; a name may be written with or without its port, in capitals …"""


class AllowedHosts:
    """ASGI middleware: 400 under a name that is not allowed."""

    def __init__(self, app: ASGIApp, allowed_hosts: Sequence[str]) -> None:
        self._app = app
        self._checking = TrustedHostMiddleware(self._allowed, allowed_hosts)
        self._known: set[bytes] = set()

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """As ASGI has it."""
        known = scope["type"] == "lifespan" or headers_of(scope).get(b"host") in self._known
        return (self._app if known else self._checking)(scope, receive, send)

    async def _allowed(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Behind Starlette's check."""
        host = headers_of(scope).get(b"host")
        if host and b"," not in host and len(self._known) < KEPT:  # one of two that were sent is not the other
            self._known.add(host)
        await self._app(scope, receive, send)
