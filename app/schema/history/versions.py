"""One version of a resource: the current one, one by its number, or the one of a moment.

What is not there is null; what was deleted is null with the error `deleted`.
https://hl7.org/fhir/R4/http.html#vread, https://hl7.org/fhir/R4/valueset-issue-type.html"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from app.errors import Gone, RequestError
from app.fhir.dates import EARLIEST, InvalidDate, date_bounds
from app.fhir.reference import ID
from app.store.version import instant

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from app.fhir.resource import Json, Resource
    from app.schema.context import Context
    from app.store.repository import Version

_NUMBER: Final = re.compile(r"[1-9][0-9]{0,14}")
_ZONED: Final = re.compile(r"[^T]*|.*(Z|[+-][0-9]{2}:[0-9]{2})")
_RESOLUTION: Final = timedelta(microseconds=1)


def read_one(
    context: Context,
    type: str,  # noqa: A002 - FHIR's word
    id: str,  # noqa: A002 - FHIR's word
    version: str | None = None,
    as_of: Json = None,
) -> Awaitable[Resource | None]:
    """The resource as it is, as it was in a version (a versionId), or as it was at a moment (a FHIR dateTime).

    None where there is none. Raises Gone for a deleted one, RequestError for arguments that mean nothing."""
    if not ID.fullmatch(id):
        raise _no_id("id")
    if version is None and as_of is None:
        return _current(context, type, id)
    if version is None:
        return _past(context, type, id, last_moment(as_of))
    if not ID.fullmatch(version):
        raise _no_id("version")
    if as_of is not None:
        raise _both()
    return versioned(context, type, id, version)


async def versioned(
    context: Context,
    type: str,  # noqa: A002 - FHIR's word
    id: str,  # noqa: A002 - FHIR's word
    version: str,
) -> Resource | None:
    """The resource in the version of that versionId; None where there is none. Raises Gone for a tombstone."""
    number = number_of(version)
    return None if number is None else _resource_of(await context.repository.version(type, id, number))


async def _past(context: Context, type: str, id: str, moment: str) -> Resource | None:  # noqa: A002 - FHIR's words
    return _resource_of(await context.repository.version(type, id, as_of=moment))


def number_of(version: str) -> int | None:
    """The number of a versionId, None where it can be none of this server's."""
    return int(version) if _NUMBER.fullmatch(version) else None


def last_moment(value: Json) -> str:
    """The last millisecond that a FHIR dateTime covers, as the store writes its times: "2024-02" is
    "2024-02-29T23:59:59.999Z". A date is one in UTC, a time needs its zone. Raises RequestError."""
    try:
        _, end = date_bounds(value if isinstance(value, str) and _ZONED.fullmatch(value) else "")
    except InvalidDate:
        raise _no_date() from None
    return instant(max(end, EARLIEST + _RESOLUTION) - _RESOLUTION)


async def _current(context: Context, type: str, id: str) -> Resource | None:  # noqa: A002 - FHIR's words
    resource = await context.loaders.load(type, id)
    if resource is None:
        await absent(context, type, id)
    return resource


async def absent(context: Context, type: str, id: str) -> None:  # noqa: A002 - FHIR's words
    """Raises Gone where a resource is not there because it was deleted."""
    head = (await context.repository.heads(type, [id])).get(id)
    if head is not None and head.deleted:
        raise Gone(f"{type}/{id}")


def _resource_of(found: Version | None) -> Resource | None:
    if found is not None and found.resource is None:
        raise Gone(f"{found.type}/{found.id}")
    return found.resource if found else None


def _no_id(name: str) -> RequestError:
    one, un = ("An id", "Un id") if name == "id" else ("A versionId", "Un versionId")
    return RequestError(
        f"{one} has 1 to 64 characters out of A–Z, a–z, 0–9, - and . (period).",
        f"{un} comporte de 1 à 64 caractères parmi A–Z, a–z, 0–9, - et . (point).",
        rule=name,
    )


def _no_date() -> RequestError:
    return RequestError(
        "asOf is a FHIR dateTime: 2024, 2024-02, 2024-02-29, or with a time and a zone 2024-02-29T13:28:17+01:00.",
        "asOf est un dateTime FHIR : 2024, 2024-02, 2024-02-29, ou avec une heure et un fuseau "
        "2024-02-29T13:28:17+01:00.",
        rule="asOf",
    )


def _both() -> RequestError:
    return RequestError(
        "Ask for a version by its number or by a moment: give version or asOf, not both.",
        "Demandez une version par son numéro ou par un moment : donnez version ou asOf, pas les deux.",
        rule="asOf",
    )
