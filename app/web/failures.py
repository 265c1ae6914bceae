"""Answers that are no answer: FHIR's OperationOutcome, in the language of the client."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from app.errors import UNEXPECTED, NotFound, RequestError, origin
from app.fhir import json
from app.fhir.outcome import operation_outcome
from app.usage.use import ERRORS
from app.web.negotiation import preferred_language
from app.web.recording import record_of, use_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.types import ASGIApp, Scope

    from app.errors import DmiError, Issue
    from app.fhir.resource import Resource

LOGGER = logging.getLogger("dmi")

_SAID: Final[Mapping[int, DmiError]] = {
    404: NotFound(
        "There is nothing at this address. /fhir/metadata tells what this server offers.",
        "Il n’y a rien à cette adresse. /fhir/metadata indique ce qu’offre ce serveur.",
    ),
    405: RequestError(
        "This address is not asked by that method. The header Allow names those that it knows.",
        "Cette adresse ne s’interroge pas par cette méthode. L’en-tête Allow indique celles qu’elle connaît.",
    ),
}


def outcome_response(
    request: Request, issues: Sequence[Issue], status: int, headers: Mapping[str, str] | None = None
) -> Response:
    """An OperationOutcome as the whole answer; its id is that of the request."""
    body = json.encode(outcome_of(request, issues))
    return Response(body, status, media_type="application/fhir+json", headers=headers)


def outcome_of(request: Request, issues: Sequence[Issue]) -> Resource:
    """The OperationOutcome in the language of the request, whose id it has. What it tells is noted as met."""
    outcome = operation_outcome(issues, preferred_language(request.headers.get("accept-language", "")))
    if use := use_of(request.scope):
        use.met(next((issue.code for issue in issues if issue.severity in ERRORS), ""), outcome["issue"])
    return {"resourceType": outcome["resourceType"], "id": record_of(request.scope).id, **outcome}


def unexpected(scope: Scope, error: Exception) -> ASGIApp:
    """The answer to an error that nobody expected: logged by place, told without its text."""
    LOGGER.error("unexpected %s, %s %s", origin(error), scope["method"], scope["path"])
    return outcome_response(Request(scope), [UNEXPECTED], 500)


def not_routed(request: Request, error: Exception) -> Response:
    """The answer where no route fits: for FHIR's clients an OperationOutcome, else a word. Starlette's handler."""
    if not isinstance(error, HTTPException):
        raise error
    said = _SAID.get(error.status_code)
    if said and f"{request.url.path}/".startswith("/fhir/"):
        return outcome_response(request, said.issues, error.status_code, error.headers)
    return PlainTextResponse(error.detail, error.status_code, error.headers)
