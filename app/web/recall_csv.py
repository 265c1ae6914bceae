"""`GET /recall.csv?lot=…`: a recall as a table, streamed; a parameter given twice is OR.

The first rows are read before the answer begins, so that most failures are an OperationOutcome. One that comes later
breaks the connection off: a table that is cut short never looks complete.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.middleware import Middleware
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from app.errors import DmiError, Forbidden, RequestError
from app.recall.criteria import criteria_of
from app.recall.csv import recall_csv, separator_of
from app.store.deadline import renew
from app.web.compression import Compression
from app.web.failures import outcome_response
from app.web.negotiation import preferred_language
from app.web.recording import use_of
from app.web.rest.refusals import fields_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable

    from starlette.requests import Request
    from starlette.routing import BaseRoute
    from starlette.types import Scope

    from app.recall.reading import Reader

FILE_NAME: Final = {"en": "recall.csv", "fr": "rappel.csv"}


def recall_routes(reader_of: Callable[[Scope], Reader], base: str) -> list[BaseRoute]:
    """The route; `reader_of(scope)` is what a request may read, `base` this server's FHIR address where it is set."""

    async def recall(request: Request) -> Response:
        language = preferred_language(request.headers.get("accept-language", ""))
        if use := use_of(request.scope):
            use.interaction = "recall"
        try:
            pieces = _pieces(request, reader_of(request.scope), base, language)
            first = await anext(pieces)
        except DmiError as error:
            status = 403 if isinstance(error, Forbidden) else 400 if isinstance(error, RequestError) else 503
            return outcome_response(request, error.issues, status, fields_of(error))
        headers = {"Content-Disposition": f'attachment; filename="{FILE_NAME[language]}"'}
        if request.method == "HEAD":
            await pieces.aclose()
            return Response(media_type=_MEDIA_TYPE, headers=headers)
        return StreamingResponse(_joined(first, pieces), media_type=_MEDIA_TYPE, headers=headers)

    return [Route("/recall.csv", recall, methods=["GET"], middleware=[Middleware(Compression)])]


_MEDIA_TYPE: Final = "text/csv; charset=utf-8; header=present"


def _pieces(request: Request, reader: Reader, base: str, language: str) -> AsyncGenerator[bytes, None]:
    given: dict[str, list[str]] = {}
    for name, value in request.query_params.multi_items():
        given.setdefault(name, []).append(value)
    separator = separator_of(given.pop("separator", []))
    return recall_csv(reader, criteria_of(given), base, language, separator)


async def _joined(first: bytes, pieces: AsyncGenerator[bytes, None]) -> AsyncIterator[bytes]:
    """All of them; each may take as long as a request, and not those who read them."""
    yield first
    renew()
    async for piece in pieces:
        yield piece
        renew()
