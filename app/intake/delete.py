"""Delete: a tombstone follows the last version; the history stays. https://hl7.org/fhir/R4/http.html#delete"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.errors import Issue
from app.intake.current import check_match, expected_version, head_of, known, place_of
from app.store.repository import Write

if TYPE_CHECKING:
    from app.intake.writer import Writer

DELETED: Final = Issue(
    "information",
    "informational",
    "The resource is deleted. Its history is kept, and an update restores it.",
    "La ressource est supprimée. Son historique est conservé, et une mise à jour la rétablit.",
    rule="deleted",
)
DELETED_BEFORE: Final = Issue(
    "information",
    "informational",
    "The resource was deleted before; nothing was changed.",
    "La ressource était déjà supprimée ; rien n’a été modifié.",
    rule="deleted-before",
)


async def delete(
    writer: Writer,
    type: str,  # noqa: A002 - FHIR's words
    id: str,  # noqa: A002
    if_match: str | None = None,
) -> Issue:
    """Delete a resource and tell what was done: DELETED, or DELETED_BEFORE, which changes nothing.

    Raises NotFound for an id that was never there, VersionConflict where `if_match` is not the current version."""
    writer.demand(type, "d")
    expected, place = expected_version(if_match), place_of(type, id)
    head = known(place, await head_of(writer, type, id))
    if head.deleted:
        return DELETED_BEFORE
    check_match(place, head, expected)
    [stored] = await writer.write([Write(type, id, None, expected=None if expected == "*" else expected)])
    return DELETED if stored.changed else DELETED_BEFORE
