"""Authentication: every request has a Principal before any route sees it, or is refused.

https://www.rfc-editor.org/rfc/rfc6750, https://hl7.org/fhir/R4/security.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeAlias

from app.access.principal import NOBODY, OPEN, Principal
from app.errors import IssuerUnavailable, NotAuthenticated, RequestError
from app.web.authentication.smart import PATHS as SMART_CONFIGURATION
from app.web.author import HEADER, author_of
from app.web.headers import headers_of, text_of
from app.web.page import wants_page
from app.web.recording import use_of
from app.web.refusal import refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.types import ASGIApp, Receive, Scope, Send

    from app.web.answer import Field
    from app.web.authentication.tokens import Tokens

Identify: TypeAlias = "Callable[[Scope], Awaitable[Principal]]"
"""Tells who asks. Raises NotAuthenticated, IssuerUnavailable, RequestError."""

PUBLIC: Final = frozenset(
    {
        "/",
        "/page.json",
        "/health",
        "/ready",
        "/fhir/metadata",
        *SMART_CONFIGURATION,
    }
)
"""What everybody may ask for: the page, without any data in it, how the server is, and what it offers."""
_ASSETS: Final = "/assets/"

_PRINCIPAL: Final = "dmi.principal"
_BEARER: Final = re.compile(r"bearer +([A-Za-z0-9._~+/=-]+)", re.IGNORECASE)
_POLICY_VIOLATION: Final = 1008  # https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1
_REALM: Final = 'Bearer realm="dmi-graph"'
INSUFFICIENT: Final = f'{_REALM}, error="insufficient_scope"'
"""What 403 tells beside: https://www.rfc-editor.org/rfc/rfc6750#section-3.1"""


class Authentication:
    """ASGI middleware: finds out who asks, by `identify`."""

    def __init__(self, app: ASGIApp, identify: Identify) -> None:
        self._app = app
        self._identify = identify

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it."""
        if scope["type"] == "lifespan":
            return await self._app(scope, receive, send)
        if scope["type"] == "websocket" and b"authorization" not in headers_of(scope):
            scope[_PRINCIPAL] = NOBODY  # until its first message tells who it is
            return await self._app(scope, receive, send)
        try:
            principal = scope[_PRINCIPAL] = await self._identify(scope)
        except (NotAuthenticated, IssuerUnavailable, RequestError) as error:
            return await _refuse(error, scope, receive, send)
        if use := use_of(scope):
            use.principal = principal.name
        return await self._app(scope, receive, send)


def of_principal(scope: Scope, principal: Principal) -> Scope:
    """The same connection as one that the principal has made."""
    return {**scope, _PRINCIPAL: principal}


def principal_in(scope: Scope) -> Principal:
    """Who asks: what Authentication has found out."""
    principal: Principal = scope[_PRINCIPAL]
    return principal


async def named(scope: Scope) -> Principal:
    """Who asks an open server: who it says it is. Raises RequestError for a name that is none."""
    headers = headers_of(scope)
    if HEADER not in headers or is_public(scope):
        return OPEN
    name = author_of(headers)
    return Principal(name, identity=name)


def bearer(tokens: Tokens) -> Identify:
    """Asks every request for a token, but for what is public."""

    async def identify(scope: Scope) -> Principal:
        if is_public(scope):
            return NOBODY
        given = text_of(headers_of(scope), b"authorization")
        if not given:
            raise NotAuthenticated
        found = _BEARER.fullmatch(given)
        if not found:
            raise NotAuthenticated("it is no bearer token")
        return await tokens.principal(found[1])

    return identify


def is_public(scope: Scope) -> bool:
    """Whether a request is for something that everybody may have."""
    path: str = scope["path"]
    return path in PUBLIC or path.startswith(_ASSETS) or (path == "/graphql" and wants_page(scope))


async def _refuse(
    error: NotAuthenticated | IssuerUnavailable | RequestError, scope: Scope, receive: Receive, send: Send
) -> None:
    if scope["type"] == "websocket":  # one that is closed ahead of its handshake is answered with 403
        await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
        return
    match error:
        case NotAuthenticated():
            answer = refusal(scope, error, 401, (_challenge(error),))
        case IssuerUnavailable():
            answer = refusal(scope, error, 503, ((b"retry-after", b"1"),))
        case _:
            answer = refusal(scope, error, 400)
    await answer(scope, receive, send)


def _challenge(error: NotAuthenticated) -> Field:
    """https://www.rfc-editor.org/rfc/rfc6750#section-3"""
    told = f', error="invalid_token", error_description="{error.reason}"' if error.reason else ""
    return b"www-authenticate", f"{_REALM}{told}".encode()
