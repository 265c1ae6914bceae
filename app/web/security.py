"""The header fields that every answer has, whoever makes it: it is not kept on the way, taken for something else, shown
in a frame, run as a script, or embedded by another site.

https://owasp.org/www-project-secure-headers/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from app.web.answer import Field

FIELDS: Final[tuple[Field, ...]] = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)
_NAMES: Final = frozenset(name for name, _ in FIELDS)


class SecurityHeaders:
    """ASGI middleware: adds the fields that an answer does not have of its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = dict(message["headers"])
                missing = FIELDS if own.keys().isdisjoint(_NAMES) else [each for each in FIELDS if each[0] not in own]
                message["headers"] = [*message["headers"], *missing]
            await send(message)

        await self._app(scope, receive, secured)
