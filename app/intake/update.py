"""Update: a valid resource becomes the next version under its id. https://hl7.org/fhir/R4/http.html#update"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.errors import Issue, VersionConflict
from app.intake.current import check_match, due, expected_version, head_of, not_found, place_of, version
from app.intake.intervention import natural_keys
from app.intake.kept import kept
from app.intake.verdict import Verdict, examine
from app.store.repository import Write

if TYPE_CHECKING:
    from app.fhir.resource import Json
    from app.intake.kept import Kept
    from app.intake.verdict import Rules
    from app.intake.writer import Writer

TRIES: Final = 10
"""How often a request that names no version is tried again because another one came first."""


async def update(  # noqa: PLR0913, PLR0917 - the parts of FHIR's request
    rules: Rules,
    writer: Writer,
    type: str,  # noqa: A002 - FHIR's words
    id: str,  # noqa: A002
    sent: Json,
    if_match: str | None = None,
) -> Kept:
    """Check a resource and store it in place of the current one; a deleted one is restored.

    The id in the resource is that of the request or is left out. Raises InvalidResource with every issue, NotFound for
    an id that was never there (unless `rules.update_create`), VersionConflict where `if_match` is not the current
    version, DuplicateKey; then nothing is stored."""
    writer.demand(type, "u")
    expected = expected_version(if_match)
    place = place_of(type, id)
    head = await head_of(writer, type, id)
    if head is None and not rules.update_create:
        raise not_found(place)
    check_match(place, head, expected)
    verdict = with_id(await examine(rules, writer, sent, type), id)
    resource = verdict.accepted()
    [keys] = await natural_keys(rules, writer.whole, [resource])
    for _ in range(TRIES):
        write = Write(type, id, resource, expected=due(head, expected), keys=keys)
        try:
            [stored] = await writer.write([write])
        except VersionConflict:
            head = await head_of(writer, type, id)
            check_match(place, head, expected)
        else:
            return kept(stored, verdict.issues, created=head is None or head.deleted)
    raise VersionConflict(place, version(head))


def with_id(verdict: Verdict, id: str, path: str = "") -> Verdict:  # noqa: A002 - FHIR's word
    """The verdict with one issue more where the resource has another id than the request; `path` is its place."""
    sent = verdict.resource
    if not isinstance(sent, dict) or sent.get("id") in (None, id):
        return verdict
    place = f"{path or sent.get('resourceType')}.id"
    issue = Issue(
        "error",
        "invalid",
        f"{place} is not the id that the request names. Make them agree, or leave it out. [update-id]",
        f"{place} n’est pas l’id que nomme la requête. Accordez-les, ou retirez-le. [update-id]",
        place,
        "update-id",
    )
    return Verdict(sent, (*verdict.issues, issue))
