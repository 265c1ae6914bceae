"""Pages of other sites: what they make a browser ask for is refused, unless their origin is listed.

Nobody needs this to change something – a browser asks for leave before it sends JSON to another site – but a page that
cannot read an answer could still have many made. https://www.w3.org/TR/fetch-metadata/, https://web.dev/articles/fetch-metadata
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.middleware.cors import CORSMiddleware

from app.errors import ForeignOrigin
from app.web.headers import headers_of, text_of
from app.web.refusal import refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from starlette.types import ASGIApp, Receive, Scope, Send

    from app.web.headers import Headers

ORIGIN: Final = b"origin"
SITE: Final = b"sec-fetch-site"
MODE: Final = b"sec-fetch-mode"
DESTINATION: Final = b"sec-fetch-dest"
HOST: Final = b"host"

OWN: Final = frozenset({"same-origin", "none"})
"""The sites of a page of this server, and of what a user has typed."""

SENT: Final = (
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "If-Match",
    "If-None-Exist",
    "If-None-Match",
    "Prefer",
    "Traceparent",
    "X-Intake-System",
    "X-Request-Id",
)
TOLD: Final = (
    "Content-Disposition",
    "ETag",
    "Idempotency-Replayed",
    "Last-Modified",
    "Location",
    "Retry-After",
    "Traceparent",
    "WWW-Authenticate",
    "X-Request-Id",
)
"""Header fields that a page of a listed origin may send, and may read."""

_POLICY_VIOLATION: Final = 1008  # https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1


def cross_origin(app: ASGIApp, origins: Sequence[str]) -> CORSMiddleware:
    """Starlette's CORS for these exact origins, without credentials: there are no cookies here."""
    return CORSMiddleware(
        app,
        allow_origins=origins,
        allow_methods=("GET", "POST", "PUT", "PATCH", "DELETE"),
        allow_headers=SENT,
        expose_headers=TOLD,
    )


class Origins:
    """ASGI middleware: 403 for what a page of another site than this server's and the listed ones asks for.

    Following a link to this server is no such request."""

    def __init__(self, app: ASGIApp, origins: Sequence[str]) -> None:
        self._app = app
        self._origins = frozenset(origins)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """As ASGI has it."""
        if scope["type"] == "lifespan" or not self._is_foreign(scope):
            return self._app(scope, receive, send)
        if scope["type"] == "websocket":  # one that is closed ahead of its handshake is answered with 403
            return send({"type": "websocket.close", "code": _POLICY_VIOLATION})
        return refusal(scope, ForeignOrigin(), 403)(scope, receive, send)

    def _is_foreign(self, scope: Scope) -> bool:
        given = headers_of(scope)
        if ORIGIN not in given and SITE not in given:
            return False  # no browser, or an old one in which a page cannot read the answer either
        origin, site = text_of(given, ORIGIN), text_of(given, SITE)
        if origin in self._origins or site in OWN:
            return False
        if site:
            return not _is_link(scope, given)
        return origin.partition("://")[2] != text_of(given, HOST)  # scheme, host and port: it has nothing else


def _is_link(scope: Scope, given: Headers) -> bool:
    return scope.get("method") == "GET" and given.get(MODE) == b"navigate" and given.get(DESTINATION) == b"document"
