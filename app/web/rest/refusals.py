"""Refusals as FHIR tells them: a status, and an OperationOutcome with every issue.

https://hl7.org/fhir/R4/http.html#Status-Codes, https://hl7.org/fhir/R4/http.html#concurrency
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.errors import (
    DmiError,
    DuplicateKey,
    Forbidden,
    Gone,
    InProgress,
    InvalidResource,
    KeyReused,
    NotAcceptable,
    NotFound,
    NoTransactions,
    OutOfTime,
    PreconditionFailed,
    RequestError,
    StoreFull,
    StoreUnavailable,
    TooLarge,
    UnsupportedMedia,
    VersionConflict,
)
from app.web.authentication.middleware import INSUFFICIENT
from app.web.rest.exchange import IF_MATCH

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.web.headers import Headers

STATUS: Final[Mapping[type[DmiError], int]] = {
    TooLarge: 413,
    UnsupportedMedia: 415,
    NotAcceptable: 406,
    RequestError: 400,
    Forbidden: 403,
    InvalidResource: 422,
    NotFound: 404,
    Gone: 410,
    VersionConflict: 409,
    DuplicateKey: 409,
    InProgress: 409,
    KeyReused: 422,
    PreconditionFailed: 412,
    NoTransactions: 501,
    OutOfTime: 503,
    StoreFull: 507,
    StoreUnavailable: 503,
}
"""The first that an error is one of tells its status."""


def status_of(error: DmiError, headers: Headers) -> int:
    """The status of a refusal. A version that the client demanded by If-Match, or in the entries of a transaction, is a
    precondition; one that another request went past without that is a conflict."""
    if isinstance(error, VersionConflict) and IF_MATCH in headers:
        return 412
    if isinstance(error, InvalidResource) and {each.code for each in error.issues if each.severity == "error"} == {
        PreconditionFailed.code
    }:
        return 412
    return next(status for kind, status in STATUS.items() if isinstance(error, kind))


def fields_of(error: DmiError) -> dict[str, str]:
    """Header fields that say more: the version to read again, when to come back, that a token does not do."""
    if isinstance(error, VersionConflict) and error.current:
        return {"ETag": f'W/"{error.current}"'}
    if isinstance(error, Forbidden):
        return {"WWW-Authenticate": INSUFFICIENT}
    return {"Retry-After": "1"} if isinstance(error, InProgress | StoreUnavailable) else {}
