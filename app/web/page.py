"""The page for people: files built from web/ by `make page`, served with nothing from outside this server.

Every address in the page is relative, so that it works behind a path prefix, at `/` and at `/graphql`. Its views stand
after the `#` of the address: they need no route here, and what is looked for is in no log.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from app.fhir import json
from app.web.compression import Compression
from app.web.headers import headers_of, text_of
from app.web.negotiation import accepts_html

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.types import Scope

    from app.web.published import Operation

STATIC = Path(__file__).parent / "static"

_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "worker-src": "'self'",
    "connect-src": "'self'",
    "style-src": "'self' 'unsafe-inline'",  # Monaco writes its theme into style elements
    "font-src": "'self' data:",  # GraphiQL's style sheet carries its fonts
    "img-src": "'self' data:",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
_SECURITY = {"Content-Security-Policy": "; ".join(f"{name} {sources}" for name, sources in _POLICY.items())}
_FRESH = {**_SECURITY, "Cache-Control": "no-cache"}
_NEGOTIATED = {**_FRESH, "Vary": "Accept"}  # /graphql answers the same GET with JSON
_IMMUTABLE = {**_SECURITY, "Cache-Control": "public, max-age=31536000, immutable"}  # names carry a hash

# What the build writes; said here because the types that Python knows differ between systems.
_MEDIA_TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
    ".woff2": "font/woff2",
}

_ASSET_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")

_NOT_BUILT = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>dmi-graph</title>
<p>The GraphQL API works at <code>/graphql</code>; to see a page here, install npm, run <code>make page</code>
and reload.</p>
<p lang="fr">L’API GraphQL fonctionne à l’adresse <code>/graphql</code> ; pour voir une page ici, installez
npm, lancez <code>make page</code> et rechargez.</p>
</html>
"""


def page_routes(page: Page) -> list[BaseRoute]:
    """GET `/`, `/page.json` and `/assets/…`."""
    return [
        Route("/", page.response, methods=["GET"]),
        Route("/page.json", page.settings, methods=["GET"]),
        Route("/assets/{name}", page.asset, methods=["GET"], middleware=[Middleware(Compression)]),
    ]


def wants_page(scope: Scope) -> bool:
    """Whether a GET that GraphQL could answer is a browser's that opens a page."""
    if scope.get("method") != "GET" or not accepts_html(text_of(headers_of(scope), b"accept")):
        return False
    asked = QueryParams(scope["query_string"])
    return "query" not in asked and "documentId" not in asked


def page_documents(static: Path) -> list[str]:
    """The GraphQL documents of the views of the built page, to the letter; none where it is not built."""
    listed = static / "documents.json"
    found: list[str] = json.decode(listed.read_bytes()) if listed.is_file() else []
    return found


class Page:
    """The built page in `static` with the operations it offers.

    `endpoint` is the GraphQL endpoint relative to the page; without `introspection` the page does not ask for the
    schema. The folder is looked at with every request: the page may be built while the server runs."""

    def __init__(
        self, static: Path, operations: Sequence[Operation], endpoint: str = "graphql", *, introspection: bool = True
    ) -> None:
        self._static = static
        offered = [_offered(each) for each in operations]
        told = {"endpoint": endpoint, "introspection": introspection, "operations": offered}
        self._settings = json.encode(told)

    async def response(self, request: Request) -> Response:
        """The page or, where it is not built, a sentence that tells how to build it."""
        index = self._static / "index.html"
        if await run_in_threadpool(index.is_file):
            return FileResponse(index, media_type="text/html", headers=_NEGOTIATED)
        return HTMLResponse(_NOT_BUILT, headers=_NEGOTIATED)

    async def settings(self, request: Request) -> Response:
        """What the page reads before it shows itself: the endpoint and the operations."""
        return Response(self._settings, media_type="application/json", headers=_FRESH)

    async def asset(self, request: Request) -> Response:
        """A built file; 404 for anything that the build does not write."""
        name = request.path_params["name"]
        path = self._static / "assets" / name
        media_type = _MEDIA_TYPES.get(path.suffix) if _ASSET_NAME.fullmatch(name) else None
        if media_type is None or not await run_in_threadpool(path.is_file):
            raise HTTPException(404)
        return FileResponse(path, media_type=media_type, headers=_IMMUTABLE)


def _offered(operation: Operation) -> dict[str, str | None]:
    """An operation as the page reads it."""
    return {
        "name": operation.name,
        "description": operation.description,
        "query": operation.query,
        "variables": operation.variables,
    }
