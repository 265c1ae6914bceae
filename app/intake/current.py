"""The version of a resource that a request is about: what is there, and what If-Match expects to be there.

Source: https://hl7.org/fhir/R4/http.html#concurrency
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from app.errors import Gone, NotFound, RequestError, VersionConflict
from app.fhir.reference import ID

if TYPE_CHECKING:
    from app.intake.writer import Writer
    from app.store.repository import Head

Expected: TypeAlias = int | Literal["*"] | None
"""The version that must be current; "*" is any, so long as there is one; None is any, or none."""

_ETAG: Final = re.compile(r'(?:W/)?(?P<quote>"?)(?P<version>[0-9]{1,18})(?P=quote)')


def expected_version(if_match: str | None, expression: str = "ifMatch") -> Expected:
    """The version that `3`, `"3"` or `W/"3"` names, or `*`; None without a condition. Raises RequestError."""
    if if_match is None:
        return None
    if if_match.strip() == "*":
        return "*"
    found = _ETAG.fullmatch(if_match.strip())
    if not found:
        raise RequestError(
            f'{expression} must name one version, as in W/"3" or 3. Take it from meta.versionId or the ETag.',
            f'{expression} doit nommer une version, comme W/"3" ou 3. Prenez-la dans meta.versionId ou l’ETag.',
            expression=expression,
            rule="if-match",
        )
    return int(found["version"])


def place_of(type: str, id: str) -> str:  # noqa: A002 - FHIR's words
    """Type/id. Raises NotFound for what cannot be an id, as nothing is stored under it."""
    if not ID.fullmatch(id):
        raise not_found(f"{type}/{id}")
    return f"{type}/{id}"


async def head_of(writer: Writer, type: str, id: str) -> Head | None:  # noqa: A002 - FHIR's words
    """The last version of a resource, which may be a tombstone; None where there never was one."""
    return (await writer.heads(type, [id])).get(id)


def version(head: Head | None) -> int:
    """The number of the last version, 0 where there is none."""
    return head.version if head else 0


def meets(head: Head | None, expected: Expected) -> bool:
    """Whether what stands at the head is what a request expects."""
    if expected == "*":
        return head is not None and not head.deleted
    return expected in (None, version(head))


def check_match(place: str, head: Head | None, expected: Expected) -> None:
    """Raises VersionConflict where something else is expected than what stands at the head."""
    if not meets(head, expected):
        raise VersionConflict(place, version(head))


def due(head: Head | None, expected: Expected) -> int | None:
    """What `Write.expected` is for an update of what stands at the head."""
    if head is None or head.deleted:
        return 0
    return head.version if expected == "*" else expected


def known(place: str, head: Head | None) -> Head:
    """The head of a resource that must have been there at some time. Raises NotFound."""
    if head is None:
        raise not_found(place)
    return head


def alive(place: str, head: Head | None) -> Head:
    """The head of a resource that must be there. Raises NotFound, Gone."""
    if known(place, head).deleted:
        raise Gone(place)
    return known(place, head)


def not_found(place: str) -> NotFound:
    """Nothing was ever stored under that type and id; `place` is Type/id."""
    return NotFound(
        f"There is no {place.partition('/')[0]} with that id here. Check the id, or create the resource.",
        f"Il n’y a pas de {place.partition('/')[0]} avec cet id ici. Vérifiez l’id, ou créez la ressource.",
    )
