"""How the versions of resources are told: their header fields, and what the client would have in the body.

https://hl7.org/fhir/R4/http.html#versioning
"""

from __future__ import annotations

import re
from datetime import datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Final

from app.fhir.outcome import operation_outcome
from app.web.rest.exchange import Reply
from app.web.rest.preferences import MINIMAL, OUTCOME, REPRESENTATION, returned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.errors import Issue
    from app.intake.kept import Kept
    from app.web.answer import Field
    from app.web.rest.exchange import Exchange

_TAG: Final = re.compile(r'(?:W/)?"([^"]*)"')


def version_fields(version: int, at: str) -> tuple[Field, ...]:
    """The ETag and Last-Modified of a version; `at` is its meta.lastUpdated."""
    modified = format_datetime(datetime.fromisoformat(at), usegmt=True)
    return (b"etag", b'W/"%d"' % version), (b"last-modified", modified.encode())


def holds(if_none_match: str, version: int) -> bool:
    """Whether a client that has the versions of this header has the current one."""
    return if_none_match.strip() == "*" or str(version) in _TAG.findall(if_none_match)


def kept_reply(exchange: Exchange, kept: Kept) -> Reply:
    """What became of a resource: 201 where there was none, else 200, with the place of its version.

    The body is the resource unless the client would rather have none, or what was noticed."""
    place = (b"location", f"{exchange.base}/{kept.location}".encode())
    fields = (place, *version_fields(kept.version, kept.resource["meta"]["lastUpdated"]))
    preferred = returned(exchange.headers, REPRESENTATION)
    status = 201 if kept.created else 200
    if preferred == MINIMAL:
        return Reply(status, None, fields, stored=kept.changed)
    if preferred == OUTCOME:
        return Reply(status, operation_outcome(kept.issues, exchange.language), fields, stored=kept.changed)
    return Reply(status, kept.resource, fields, stored=kept.changed)


def done_reply(exchange: Exchange, issues: Sequence[Issue], *, stored: bool) -> Reply:
    """What was done where there is no resource to tell of: 200 with the outcome, or 204 for who wants none."""
    if returned(exchange.headers, OUTCOME) == MINIMAL:
        return Reply(204, stored=stored)
    return Reply(200, operation_outcome(issues, exchange.language), stored=stored)
