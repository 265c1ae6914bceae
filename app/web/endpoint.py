"""One path ahead of all routes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from starlette.types import ASGIApp, Receive, Scope, Send


class Endpoint:
    """ASGI middleware: HTTP requests of one path go to an application of their own, the others on.

    Starlette's routing, and its handling of the exceptions that routes raise, take as long as reading a resource."""

    def __init__(self, app: ASGIApp, path: str, endpoint: ASGIApp) -> None:
        self._app = app
        self._path = path
        self._endpoint = endpoint

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """As ASGI has it."""
        is_here = scope["type"] == "http" and scope["path"] == self._path
        return (self._endpoint if is_here else self._app)(scope, receive, send)
